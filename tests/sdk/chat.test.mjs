import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {each_sdk, open, prompt} from './support.mjs';

let house;
before(async () => { house = await open(); });
after(() => house?.close());

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: {type: 'object', properties: {city: {type: 'string'}}, required: ['city']},
  },
};

each_sdk(({name, OpenAI}) => describe(`chat with ${name}`, () => {
  it('answers with text, usage and its cost', async () => {
    const answer = await house.client(OpenAI).chat.completions.create(prompt);
    assert.equal(answer.object, 'chat.completion');
    assert.ok(answer.choices[0].message.content.length > 0);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    assert.match(String(answer.usage.cost_usd), /^0\.\d+$/);
    assert.ok(Number(answer.usage.cost_usd) > 0);
  });

  it('exposes the request id and the headers of the decision', async () => {
    const {data, response} = await house.client(OpenAI).chat.completions.create(prompt).withResponse();
    assert.ok(data._request_id.length > 8);
    assert.equal(data._request_id, response.headers.get('x-request-id'));
    assert.equal(response.headers.get('x-ai-model-requested'), 'gpt-5-mini');
    assert.equal(response.headers.get('x-ai-model-served'), 'gpt-5-mini');
    assert.equal(response.headers.get('x-ai-model-tier'), 'standard');
    assert.equal(response.headers.get('x-ai-budget-state'), 'ok');
    assert.equal(response.headers.get('x-ai-quota-policy'), 'acme-v1');
    assert.ok(Number(response.headers.get('x-ai-cost-estimated-usd')) > 0);
    assert.ok(Number(response.headers.get('x-ai-quota-remaining-usd')) < 1200);
  });

  it('records the request under its id, for its own tenant only', async () => {
    const client = house.client(OpenAI);
    const answer = await client.chat.completions.create({...prompt, user: 'user-7'});
    const record = await client.get(`/account/requests/${answer._request_id}`);
    assert.equal(JSON.stringify(record).includes(answer._request_id), true);
    const other = house.client(OpenAI, 'economy');
    await assert.rejects(other.get(`/account/requests/${answer._request_id}`), (error) => error.status === 404);
  });

  it('carries a tool call and its result', async () => {
    const client = house.client(OpenAI);
    const question = {...prompt, tools: [weather], tool_choice: 'required'};
    const first = await client.chat.completions.create(question);
    const [call] = first.choices[0].message.tool_calls;
    assert.equal(first.choices[0].finish_reason, 'tool_calls');
    assert.equal(call.function.name, 'get_weather');
    assert.doesNotThrow(() => JSON.parse(call.function.arguments));
    const result = {role: 'tool', tool_call_id: call.id, content: '{"sky":"clear"}'};
    const messages = [...prompt.messages, first.choices[0].message, result];
    const second = await client.chat.completions.create({...prompt, messages, tools: [weather]});
    assert.ok(second.choices[0].message.content.length > 0);
  });

  it('answers n choices and charges for all of them', async () => {
    const client = house.client(OpenAI);
    const one = await client.chat.completions.create(prompt);
    const two = await client.chat.completions.create({...prompt, n: 2});
    assert.equal(two.choices.length, 2);
    assert.deepEqual(two.choices.map((choice) => choice.index), [0, 1]);
    assert.ok(two.usage.completion_tokens > one.usage.completion_tokens);
    assert.ok(Number(two.usage.cost_usd) > Number(one.usage.cost_usd));
  });

  it('passes fields on that it does not know', async () => {
    const {data, response} = await house.client(OpenAI).chat.completions
      .create({...prompt, an_unknown_field: {deep: [1, null, 'x']}, temperature: 0.25})
      .withResponse();
    assert.equal(response.status, 200);
    assert.ok(data.choices.length > 0);
    const last = await house.last_seen();
    assert.deepEqual(last.body.an_unknown_field, {deep: [1, null, 'x']});
    assert.equal(last.body.temperature, 0.25);
  });

  it('never shows the provider the key of the tenant', async () => {
    await house.client(OpenAI).chat.completions.create(prompt);
    const last = await house.last_seen();
    assert.deepEqual(last.credentials, {});
    assert.equal(JSON.stringify(last).includes(house.keys.acme), false);
  });
}));
