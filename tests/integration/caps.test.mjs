// What a request asks for, whatever way it says so: how much is held, and what the provider is sent. Output costs 100 USD
// per million tokens, input nothing; the policy's default cap is 4096 tokens, the model's maximum 32,000.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {ask, chat} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';
import {completion, start_provider, whole} from '../support/provider.mjs';

const vectors = {input: 10, output: 0};

let house, provider;
before(async () => {
  provider = await start_provider();
  house = await open_house({policies: {acme: {hard_stop_usd: 100_000}, poor: {hard_stop_usd: 0.05},
                                       few: {hard_stop_usd: 100, limits: [{name: 'day', per: 'key', tokens: 500, window: 'day'}]}},
                            change({catalog, prices}) {
    catalog.providers.mock.base_url = provider.url;
    delete catalog.providers.mock.quirks;
    catalog.models.vectors = {tier: 'standard', provider: 'mock', context_tokens: 8000, capabilities: ['embeddings']};
    catalog.models['org/toll:1'] = {...catalog.models.toll, upstream: 'toll'};
    prices.prices.push({provider: 'mock', model: 'vectors', ...vectors, effective_from: '2024-01-01'});
  }});
  provider.says = () => whole({json: completion({usage: {prompt_tokens: 0, completion_tokens: 0, total_tokens: 0}})});
});
after(async () => {
  await house?.settled('acme');
  await house?.verify();
  await house?.close();
  await provider?.close();
});

async function sent(body, {path = chat, tenant = 'acme'} = {}) {
  const calls = provider.requests.length;
  const answer = await ask(house.gateway.url, {path, key: house.keys[tenant], body});
  const got = provider.requests.length > calls ? provider.last.body : undefined;
  return {answer, got, held: Number(answer.headers['x-ai-cost-estimated-usd']), cap: answer.headers['x-ai-output-cap']};
}

const messages = [{role: 'user', content: 'hi'}];
const ask_for = (more) => ({model: 'toll', messages, ...more});

describe('a cap of the caller\'s own is kept, byte by byte', () => {
  const rows = [
    ['max_tokens', ask_for({max_tokens: 100}), 0.01],
    ['max_completion_tokens', ask_for({max_completion_tokens: 100}), 0.01],
    ['both: the larger is held', ask_for({max_tokens: 100, max_completion_tokens: 50}), 0.01],
    ['one, and null for the other', ask_for({max_tokens: 100, max_completion_tokens: null}), 0.01],
    ['a number with an exponent', `{"model":"toll","max_tokens":1e2,"messages":[]}`, 0.01],
    ['a number with a point', `{"model":"toll","max_tokens":100.0,"messages":[]}`, 0.01],
    ['an escaped name', `{"model":"toll","max_t\\u006fkens":100,"messages":[]}`, 0.01],
    ['the model\'s maximum', ask_for({max_tokens: 32_000}), 3.2],
    ['for each of n choices', ask_for({max_tokens: 100, n: 3}), 0.03],
    ['n of null', ask_for({max_tokens: 100, n: null}), 0.01],
    ['best_of', {model: 'toll', prompt: 'hi', max_tokens: 10, n: 2, best_of: 5}, 0.005, '/v1/completions'],
    ['several prompts', {model: 'toll', prompt: ['a', 'b', 'c'], max_tokens: 10}, 0.003, '/v1/completions'],
    ['a prompt of tokens', {model: 'toll', prompt: [1, 2, 3], max_tokens: 10}, 0.001, '/v1/completions'],
    ['prompts of tokens', {model: 'toll', prompt: [[1, 2, 3], [4]], max_tokens: 10}, 0.002, '/v1/completions'],
    ['no output, for scores', {model: 'toll-both', prompt: 'x'.repeat(90), max_tokens: 0, echo: true, logprobs: 1}, 0.00139, '/v1/completions'],
    ['max_output_tokens', {model: 'toll', input: 'hi', max_output_tokens: 20}, 0.002, '/v1/responses'],
  ];
  for (const [what, body, held, path] of rows) it(what, async () => {
    const got = await sent(body, {path});
    assert.equal(got.answer.status, 200, got.answer.text);
    assert.equal(got.got, typeof body === 'string' ? body : JSON.stringify(body));
    assert.equal(got.held, held);
    assert.equal(got.cap, undefined);
  });
});

it('rejected tokens of a prediction are billed as output, so they are held', async () => {
  const prediction = {type: 'content', content: 'p'.repeat(50)};
  const {answer, held} = await sent(ask_for({max_tokens: 100, prediction}));
  assert.equal(answer.status, 200, answer.text);
  assert.ok(held >= 0.015, String(held));
});

describe('a cap that is ours is sent, held and told', () => {
  const rows = [
    ['none asked', ask_for({}), 'max_completion_tokens', 4096],
    ['null asked', ask_for({max_tokens: null}), 'max_completion_tokens', 4096],
    ['more than the model can', ask_for({max_tokens: 1_000_000}), 'max_completion_tokens', 32_000],
    ['more than the model can, by its new name', ask_for({max_completion_tokens: 32_001}), 'max_completion_tokens', 32_000],
    ['the name of another endpoint', ask_for({max_output_tokens: 5}), 'max_completion_tokens', 4096],
    ['none asked of completions: what they write then', {model: 'toll', prompt: 'hi'}, 'max_tokens', 16, '/v1/completions'],
    ['none asked of responses', {model: 'toll', input: 'hi'}, 'max_output_tokens', 4096, '/v1/responses'],
  ];
  for (const [what, body, name, cap, path] of rows) it(what, async () => {
    const got = await sent(body, {path});
    assert.equal(got.answer.status, 200, got.answer.text);
    const forwarded = JSON.parse(got.got);
    assert.equal(forwarded[name], cap);
    assert.deepEqual(['max_tokens', 'max_completion_tokens', 'max_output_tokens'].filter((each) => each in forwarded), [name]);
    assert.equal(got.cap, String(cap));
    assert.equal(got.held, cap / 10_000);
  });
});

describe('embeddings hold their input', () => {
  const rows = {
    'a text': 'hello', 'texts': ['hello', 'you'], 'tokens': [1, 2, 3, 4, 5], 'lists of tokens': [[1, 2, 3], [4, 5]],
  };
  for (const [what, input] of Object.entries(rows)) it(`of ${what}, unchanged`, async () => {
    const body = {model: 'vectors', input};
    const {answer, got, held} = await sent(body, {path: '/v1/embeddings'});
    assert.equal(answer.status, 200, answer.text);
    assert.equal(got, JSON.stringify(body));
    assert.ok(held >= 5 * vectors.input / 1e6, String(held));
  });
});

describe('what nobody can bound is held at the whole context', () => {
  const rows = [
    ['an earlier response', {model: 'toll-both', input: 'hi', previous_response_id: 'resp_1'}],
    ['a conversation', {model: 'toll-both', input: 'hi', conversation: 'conv_1'}],
    ['a stored prompt', {model: 'toll-both', prompt: {id: 'pmpt_1'}}],
    ['a reference to an item', {model: 'toll-both', input: [{type: 'item_reference', id: 'x'}]}],
    ['a file', {model: 'toll-both', input: [{role: 'user', content: [{type: 'input_file', file_id: 'f-1'}]}]}],
  ];
  for (const [what, body] of rows) it(what, async () => {
    const {answer, held} = await sent({...body, max_output_tokens: 20}, {path: '/v1/responses'});
    assert.equal(answer.status, 200, answer.text);
    assert.ok(held >= 200_000 * 10 / 1e6, String(held));
  });
});

describe('a refusal for what a lower cap would change says so', () => {
  it('of money', async () => {
    const {answer} = await sent(ask_for({max_tokens: 4000}), {tenant: 'poor'});
    assert.equal(answer.status, 402);
    assert.match(answer.json.error.message, /lower max_completion_tokens/);
  });

  it('of tokens', async () => {
    const {answer} = await sent(ask_for({max_tokens: 4000}), {tenant: 'few'});
    assert.equal(answer.status, 429);
    assert.match(answer.json.error.message, /lower max_completion_tokens/);
    assert.equal(answer.headers['retry-after'], undefined);
  });

  it('but not when nothing is left', async () => {
    const long = [{role: 'user', content: 'x '.repeat(4000)}];
    const {answer} = await sent({model: 'toll', messages: long, max_tokens: 10}, {tenant: 'few'});
    assert.equal(answer.status, 429);
    assert.equal(answer.json.error.message.includes('max_completion_tokens'), false);
  });
});

it('a model whose name has a slash or a colon is found however it is written', async () => {
  for (const name of ['org/toll:1', 'org%2Ftoll%3A1', 'org%2ftoll:1']) {
    const answer = await house.get(`/v1/models/${name}`, 'acme');
    assert.equal(answer.status, 200, name);
    assert.equal(answer.json.id, 'org/toll:1');
  }
  for (const name of ['org%2Ftoll', 'org/toll%', 'toll%00']) assert.equal((await house.get(`/v1/models/${name}`, 'acme')).status, 404);
});
