import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {collect, each_sdk, failure_of, open, prompt} from './support.mjs';

let house;
before(async () => { house = await open(); });
after(() => house?.close());

const streamed = {...prompt, stream: true};
const text_of = (events) => events.map((event) => event.choices[0]?.delta?.content ?? '').join('');

// The tenant's ledger once nothing is held any more: a stream that was left settles a moment after the client has gone.
async function settled(client) {
  for (let tries = 0; tries < 2000; ++tries) {
    const budget = await client.get('/account/budget');
    if (Number(budget.held) === 0) return budget;
    await new Promise((done) => setImmediate(done));
  }
  throw new Error('money is still held');
}

const spent_of = (budget) => Number(budget.spent);

each_sdk(({name, OpenAI}) => describe(`streams with ${name}`, () => {
  it('arrive in pieces and end with a reason', async () => {
    const events = await collect(await house.client(OpenAI).chat.completions.create(streamed));
    assert.ok(events.length > 2);
    assert.ok(text_of(events).length > 0);
    assert.equal(events.at(-1).choices[0].finish_reason, 'stop');
  });

  it('show no usage that was not asked for', async () => {
    const events = await collect(await house.client(OpenAI).chat.completions.create(streamed));
    assert.deepEqual(events.filter((event) => event.choices.length === 0), []);
    assert.deepEqual(events.filter((event) => 'usage' in event), []);
  });

  it('show usage with its cost when asked', async () => {
    const asked = {...streamed, stream_options: {include_usage: true}};
    const events = await collect(await house.client(OpenAI).chat.completions.create(asked));
    const last = events.at(-1);
    assert.deepEqual(last.choices, []);
    assert.ok(last.usage.completion_tokens > 0);
    assert.ok(Number(last.usage.cost_usd) > 0);
    assert.equal(events.filter((event) => event.usage).length, 1);
  });

  it('cost the same whether usage was asked for or not', async () => {
    const client = house.client(OpenAI);
    const asked = {...streamed, stream_options: {include_usage: true}};
    const events = await collect(await client.chat.completions.create(asked));
    const before = spent_of(await settled(client));
    await collect(await client.chat.completions.create(streamed));
    const difference = spent_of(await settled(client)) - before;
    assert.ok(Math.abs(difference - Number(events.at(-1).usage.cost_usd)) < 1e-9);
  });

  it('are settled when the reader leaves the loop', async () => {
    const client = house.client(OpenAI);
    const before = spent_of(await settled(client));
    const long = {headers: {'x-mock-chunks': '40', 'x-mock-gap-ms': '20'}};
    for await (const event of await client.chat.completions.create(streamed, long)) {
      if (event.choices[0]?.delta?.content) break;
    }
    const after = spent_of(await settled(client));
    assert.ok(after > before, 'what was produced is paid for');
  });

  it('are settled when the reader aborts', async () => {
    const client = house.client(OpenAI);
    const before = spent_of(await settled(client));
    const stop = new AbortController();
    const long = {signal: stop.signal, headers: {'x-mock-chunks': '40', 'x-mock-gap-ms': '20'}};
    const stream = await client.chat.completions.create(streamed, long);
    let seen = 0;
    for await (const event of stream) {
      if (event.choices[0]?.delta?.content && ++seen === 2) stop.abort();
    }
    assert.ok(seen >= 2 && seen < 40);
    assert.ok(spent_of(await settled(client)) > before);
  });

  it('that the provider cuts end with an error, not with silence', async () => {
    const cut = {headers: {'x-mock-chunks': '10', 'x-mock-cut-after': '3'}};
    const stream = await house.client(OpenAI).chat.completions.create(streamed, cut);
    const error = await failure_of(collect(stream));
    assert.equal(error.code, 'stream_truncated');
  });

  it('carry tool calls in fragments', async () => {
    const tools = [{type: 'function', function: {name: 'get_weather', parameters: {type: 'object', properties: {}}}}];
    const asked = {...streamed, tools, tool_choice: 'required'};
    const events = await collect(await house.client(OpenAI).chat.completions.create(asked));
    const calls = events.flatMap((event) => event.choices[0]?.delta?.tool_calls ?? []);
    assert.equal(calls[0].function.name, 'get_weather');
    assert.doesNotThrow(() => JSON.parse(calls.map((call) => call.function?.arguments ?? '').join('')));
  });
}));
