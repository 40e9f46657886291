import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {collect, each_sdk, open} from './support.mjs';

let house;
before(async () => { house = await open(); });
after(() => house?.close());

each_sdk(({name, OpenAI}) => describe(`endpoints with ${name}`, () => {
  it('embeddings come as numbers, over the base64 that the SDK asks for', async () => {
    const client = house.client(OpenAI);
    const answer = await client.embeddings.create({model: 'text-embedding-3-small', input: ['one', 'two']});
    assert.equal(answer.data.length, 2);
    assert.ok(answer.data[0].embedding.length > 1);
    assert.ok(answer.data[0].embedding.every(Number.isFinite));
    assert.ok(answer.usage.prompt_tokens > 0);
    assert.equal((await house.last_seen()).body.encoding_format, 'base64');
  });

  it('completions answer with text', async () => {
    const asked = {model: 'gpt-3.5-turbo-instruct', prompt: 'Say hello', max_tokens: 16};
    const answer = await house.client(OpenAI).completions.create(asked);
    assert.equal(answer.object, 'text_completion');
    assert.ok(answer.choices[0].text.length > 0);
    assert.ok(Number(answer.usage.cost_usd) > 0);
  });

  it('completions stream', async () => {
    const asked = {model: 'gpt-3.5-turbo-instruct', prompt: 'Say hello', max_tokens: 16, stream: true};
    const events = await collect(await house.client(OpenAI).completions.create(asked));
    assert.ok(events.map((event) => event.choices[0]?.text ?? '').join('').length > 0);
  });

  it('responses answer with output and usage', async () => {
    const answer = await house.client(OpenAI).responses.create({model: 'gpt-5-mini', input: 'Say hello'});
    assert.equal(answer.status, 'completed');
    assert.ok(answer.output_text.length > 0);
    assert.ok(answer.usage.output_tokens > 0);
    assert.ok(Number(answer.usage.cost_usd) > 0);
  });

  it('responses stream to their completed event', async () => {
    const asked = {model: 'gpt-5-mini', input: 'Say hello', stream: true};
    const events = await collect(await house.client(OpenAI).responses.create(asked));
    assert.equal(events[0].type, 'response.created');
    assert.ok(events.some((event) => event.type === 'response.output_text.delta'));
    assert.equal(events.at(-1).type, 'response.completed');
    assert.ok(events.at(-1).response.usage.output_tokens > 0);
  });

  it('models lists what the key may use', async () => {
    const all = await collect(await house.client(OpenAI).models.list());
    assert.ok(all.map((model) => model.id).includes('gpt-5'));
    const some = (await collect(await house.client(OpenAI, 'economy').models.list())).map((model) => model.id);
    assert.ok(some.includes('gpt-5-nano'));
    assert.equal(some.includes('gpt-5'), false);
  });

  it('models answers for one model and not for an unknown one', async () => {
    const client = house.client(OpenAI);
    assert.equal((await client.models.retrieve('gpt-5-mini')).id, 'gpt-5-mini');
    await assert.rejects(client.models.retrieve('gpt-none'), (error) => error.status === 404);
  });

  it('paths that cannot be metered are not passed on', async () => {
    const before = await house.reached();
    await assert.rejects(house.client(OpenAI).moderations.create({input: 'x'}), (error) => error.status === 404);
    assert.equal(await house.reached(), before);
  });
}));
