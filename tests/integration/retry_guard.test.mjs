// The retry guard: storms of retries are found and blocked, over both stores, in every process, and across a restart.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ask, chat, hammer, one_cent} from '../support/client.mjs';
import {kill, open_house, stores} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const guard = {same_request: 5, refusals: 10, within: '60s', block: '30s', block_max: '15m'};
const guarded = (more) => ({hard_stop_usd: 1000, retry_guard: guard, ...more});
const policies = {
  same: guarded(),
  parallel: guarded(),
  money: guarded({hard_stop_usd: 0.005}),
  policy: guarded({allowed_model_tiers: ['economy']}),
  pace: guarded({limits: [{name: 'once', per: 'key', requests: 1, window: 'day'}]}),
  sdk: guarded(),
  short: guarded({retry_guard: {...guard, within: '2s', block: '1s', block_max: '60s'}}),
  spread: guarded(),
  restart: guarded(),
  free: {hard_stop_usd: 1000},
  keyed: guarded(),
};
const body = (text) => ({...one_cent, messages: [{role: 'user', content: text}]});

for (const kind of stores) describe(`over ${kind.name}`, () => {
  let store, house;
  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies, nodes: 2});
  });
  after(async () => {
    await house?.verify();
    await house?.close();
    await store?.close();
  });
  const send = (tenant, request = {}, node = house.gateway) =>
    ask(node.url, {key: house.keys[tenant], body: one_cent, ...request});
  const times = async (count, one) => {
    const answers = [];
    for (let i = 0; i < count; ++i) answers.push(await one(i));
    return answers;
  };
  const codes = (answers) => answers.map((answer) => answer.json?.error?.code ?? answer.status);

  it('the sixth of the same request is refused, and another is not', async () => {
    const before = await house.reached();
    const answers = await times(6, () => send('same'));
    assert.deepEqual(codes(answers), [200, 200, 200, 200, 200, 'retry_storm_blocked']);
    assert.equal(await house.reached() - before, 5);
    const {status, headers, json} = answers[5];
    assert.equal(status, 429);
    assert.equal(headers['x-should-retry'], 'false');
    const wait_s = Number(headers['retry-after']);
    assert.ok(wait_s >= 29 && wait_s <= 30, `retry-after ${wait_s}`);
    const {message, type, gateway} = json.error;
    assert.equal(type, 'rate_limit_error');
    assert.match(message, /6 times within 60 s.*until \d{4}-\d\d-\d\dT/);
    assert.equal(gateway.signal, 'same_request');
    assert.equal(gateway.used_count, 6);
    assert.equal(gateway.limit_count, 5);
    assert.equal(gateway.retryable, false);
    const left_ms = Date.parse(gateway.resumes_at) - Date.now();
    assert.ok(left_ms > 25_000 && left_ms <= 30_000, `${left_ms} ms left`);
    assert.equal((await send('same', {body: body('another')})).status, 200);
    const path = '/v1/completions';
    assert.equal((await send('same', {path, body: {model: 'toll', prompt: 'hi', max_tokens: 10}})).status, 200);
  });

  it('is exact at any concurrency, and a refused one reaches no provider', async () => {
    const before = await house.reached();
    const tally = await hammer([house.gateway.url], {total: 60, clients: 60, key: house.keys.parallel});
    assert.deepEqual(tally, {200: 5, '429 retry_storm_blocked': 55});
    assert.equal(await house.reached() - before, 5);
  });

  for (const [tenant, code] of [['money', 'tenant_budget_exceeded'], ['policy', 'model_tier_not_allowed']])
    it(`after ten refusals with ${code} the key is blocked`, async () => {
      const answers = await times(12, (i) => send(tenant, {body: body(`number ${i}`)}));
      assert.deepEqual(codes(answers), [...Array(10).fill(code), 'retry_storm_blocked', 'retry_storm_blocked']);
      const {gateway} = answers[10].json.error;
      assert.equal(gateway.signal, 'refusals');
      assert.equal(gateway.used_count, 10);
      assert.equal(gateway.scope.kind, 'key');
    });

  it('after ten refusals for its rate the key is blocked', async () => {
    const answers = await times(12, (i) => send('pace', {body: body(`number ${i}`)}));
    assert.deepEqual(codes(answers), [200, ...Array(10).fill('rate_limit_exceeded'), 'retry_storm_blocked']);
  });

  it('a third of automatic retries among twenty requests is a storm', async () => {
    const retried = (i) => i % 3 === 2 ? {'x-stainless-retry-count': '1'} : {'x-stainless-retry-count': '0'};
    const answers = await times(21, (i) => send('sdk', {body: body(`number ${i}`), headers: retried(i)}));
    assert.deepEqual(codes(answers), [...Array(19).fill(200), 'retry_storm_blocked', 'retry_storm_blocked']);
    assert.equal(answers[19].json.error.gateway.signal, 'sdk_retries');
  });

  it('a block ends by itself, doubles when it goes on, and an honest repeat passes after it', async () => {
    const block_of = async () => {
      const storm = await times(6, () => send('short'));
      const at = Date.now();
      assert.equal(storm[5].status, 429);
      return Number(storm[5].headers['retry-after-ms']) - (Date.now() - at);
    };
    const passes = async () => (await send('short')).status === 200;
    const wait = (what) => until(what, passes, {within_ms: 6000, every_ms: 50});
    const first = await block_of();
    assert.ok(first > 800 && first <= 1000, `${first} ms`);
    const began = Date.now();
    await wait('the block ends');
    assert.ok(Date.now() - began < 1500, 'what came meanwhile made it longer');
    await times(4, () => send('short'));
    const again = await send('short');
    assert.equal(again.status, 429);
    const second = Number(again.headers['retry-after-ms']);
    assert.ok(second > 1800 && second <= 2000, `${second} ms`);
  });

  it('a block reaches the other process within a second, and the facts are recorded', async () => {
    await times(6, () => send('spread'));
    await until('the other process blocks it', async () => (await send('spread', {}, house.nodes[1])).status === 429,
                {within_ms: 1000, every_ms: 300});     // too few to be a storm there
    const {headers} = await send('spread');
    const log = join(house.folder, 'node0', 'requests.log');
    const id = `"request_id":"${headers['x-request-id']}"`;
    const lines = () => readFileSync(log, 'utf8').split('\n');
    const text = await until('its line in the log', () => lines().find((line) => line.includes(id)));
    assert.match(text, /"retry_same_request":6,/);
    assert.match(text, /"retry_signal":"same_request"/);
    assert.match(text, /"blocked_until_us":\d+/);
    assert.match(text, /"code":"retry_storm_blocked"/);
  });

  it('a tenant without a guard is never blocked', async () => {
    const tally = await hammer([house.gateway.url], {total: 40, clients: 8, key: house.keys.free});
    assert.deepEqual(tally, {200: 40});
  });

  it('a restart forgets no block', async () => {
    await times(6, () => send('restart', {}, house.nodes[1]));
    await until('it is written', async () => (await send('restart')).status === 429, {within_ms: 1000, every_ms: 300});
    await kill(house.nodes[1]);
    await house.start_node(1);
    assert.equal((await send('restart', {}, house.nodes[1])).status, 429);
  });
});
