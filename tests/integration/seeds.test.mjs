// Counters that a policy adds know what their window has seen: whoever added it, and whatever ran meanwhile.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {ask, one_cent} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const per_feature = (cost_usd) => ({name: 'late', per: 'feature', cost_usd, window: 'month'});
const policies = {
  restarted: {hard_stop_usd: 1},
  returned: {hard_stop_usd: 1, limits: [per_feature(0.03)]},
  running: {hard_stop_usd: 1},
  two: {hard_stop_usd: 1},
};
const worst = {'x-mock-usage': 'worst', 'x-ai-feature': 'f1'};

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
  const send = (tenant, {node = 0, ...headers} = {}) =>
    ask(house.nodes[node].url, {key: house.keys[tenant], body: one_cent, headers: {...worst, ...headers}});
  const code = (answer) => answer.json.error?.code ?? String(answer.status);
  const spend = async (tenant, times, how) => {
    for (let i = 0; i < times; ++i) assert.equal(code(await send(tenant, how)), '200');
  };
  const spent = async (tenant) => {
    const {json} = await house.get('/v1/account/budget?feature=f1', tenant);
    return json.limits.find((limit) => limit.name === 'late').spent;
  };

  it('a limit that is added while nobody serves', async () => {
    await spend('restarted', 2);
    await Promise.all(house.nodes.map((node) => node.stop()));
    house.put_policy('restarted', {policy_version: 'v2', hard_stop_usd: 1, limits: [per_feature(0.03)]});
    await house.start_node(0);
    await house.start_node(1);
    await spend('restarted', 1);
    const over = await send('restarted', {node: 1});
    assert.equal(code(over), 'feature_budget_exceeded');
    assert.equal(over.json.error.gateway.spent_usd, '0.03');
  });

  it('a limit that was away for a while knows what ran without it', async () => {
    await spend('returned', 1);
    await house.change_policy('returned', 'v2', {hard_stop_usd: 1});
    await spend('returned', 1);
    await house.change_policy('returned', 'v3', {hard_stop_usd: 1, limits: [per_feature(0.03)]});
    await spend('returned', 1);
    const over = await send('returned');
    assert.equal(code(over), 'feature_budget_exceeded');
    assert.equal(over.json.error.gateway.spent_usd, '0.03');
  });

  it('what runs while a limit is added counts in full, and for what it cost once it has ended', async () => {
    const slow = ask(house.gateway.url, {key: house.keys.running, body: one_cent,
                                         headers: {'x-ai-feature': 'f1', 'x-mock-delay-ms': '3000'}});
    await until('it is held', async () => (await house.budget('running')).held !== '0.00');
    await house.change_policy('running', 'v2', {hard_stop_usd: 1, limits: [per_feature(0.01)]});
    const over = await send('running');
    assert.equal(code(over), 'feature_budget_exceeded');
    assert.equal(over.json.error.gateway.spent_usd, '0.01');
    const {json} = await slow;
    const cost = json.usage.cost_usd;
    assert.ok(cost < 0.01, `it cost ${cost}`);
    await until('the seed tells what it cost', async () => {
      return Number(await spent('running')) === Number(cost);
    });
  });

  it('two gateways that take a limit up at different moments count what both have served', async () => {
    let running = true, served = 0;
    const traffic = [0, 1].map(async (node) => {
      while (running) if (code(await send('two', {node})) === '200') ++served;
    });
    await until('there is traffic', () => served > 5);
    await house.change_policy('two', 'v2', {hard_stop_usd: 5, limits: [per_feature(5)]});
    await until('there was more', () => served > 15);
    running = false;
    await Promise.all(traffic);
    await until('nothing is missing', async () => {
      return await spent('two') === (served / 100).toFixed(2);
    });
  });
});
