// What an SDK's retries meet: answers under an Idempotency-Key, and the retry guard.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {collect, each_sdk, failure_of, open, prompt} from './support.mjs';

let house, number = 0;
before(async () => { house = await open(); });
after(() => house?.close());

each_sdk(({name, OpenAI}) => describe(`repeats with ${name}`, () => {
  const named = (more) => ({headers: {'Idempotency-Key': `${name}-${++number}`, ...more}});
  const text_of = (events) => events.map((event) => event.choices[0]?.delta?.content ?? '').join('');

  it('the same completion comes again, plain and streamed', async () => {
    const client = house.client(OpenAI);
    const plain = named(), streamed = named();
    const first = await client.chat.completions.create(prompt, plain);
    const events = await collect(await client.chat.completions.create({...prompt, stream: true}, streamed));
    const reached = await house.reached();
    assert.deepEqual(await client.chat.completions.create(prompt, plain), first);
    const again = await collect(await client.chat.completions.create({...prompt, stream: true}, streamed));
    assert.equal(text_of(again), text_of(events));
    assert.ok(text_of(again).length > 0);
    assert.equal(await house.reached(), reached);
  });

  it('a retry while the first one runs waits for it, and gets its answer', async () => {
    const client = house.client(OpenAI);
    const options = named({'x-mock-delay-ms': '700'});
    const before = await house.reached();
    const [one, two] = await Promise.all([1, 2].map(() => client.chat.completions.create(prompt, options)));
    assert.deepEqual(one, two);
    assert.equal(await house.reached() - before, 1);
    assert.ok(client.sent.length > 2, 'nobody was told to wait');
  });

  it('a key with another body is 422, once', async () => {
    const client = house.client(OpenAI);
    const options = named();
    await client.chat.completions.create(prompt, options);
    client.sent.length = 0;
    const error = await failure_of(client.chat.completions.create({...prompt, max_completion_tokens: 7}, options));
    assert.ok(error instanceof OpenAI.UnprocessableEntityError);
    assert.equal(error.code, 'idempotency_key_reused');
    assert.equal(client.sent.length, 1);
  });

  it('a storm is told once, and the SDK does not send it again', async () => {
    const client = house.client(OpenAI, 'guarded');
    const asked = {...prompt, messages: [{role: 'user', content: `Again, ${name}!`}]};
    for (let i = 0; i < 5; ++i) await client.chat.completions.create(asked);
    client.sent.length = 0;
    const error = await failure_of(client.chat.completions.create(asked));
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.equal(error.code, 'retry_storm_blocked');
    assert.equal(error.error.gateway.signal, 'same_request');
    assert.ok(Date.parse(error.error.gateway.resumes_at) > Date.now());
    assert.equal(client.sent.length, 1);
  });
}));
