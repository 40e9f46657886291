// What happens to counters when something changes in the middle of a window: policies, keys, processes. Nothing that was
// spent is forgotten, nothing is counted twice.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {ask, one_cent} from '../support/client.mjs';
import {kill, open_house, stores} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const month = {name: 'm', cost_usd: 0.03, window: 'month'};
const policies = {
  amounts: {hard_stop_usd: 0.03},
  names: {hard_stop_usd: 1, limits: [{name: 'first', per: 'feature', cost_usd: 0.02, window: 'month'},
                                     {name: 'other', per: 'key', requests: 100, window: 'day'}]},
  action: {monthly_budget_usd: 0.02, over_limit_action: 'fail_closed'},
  trial: {mode: 'shadow', hard_stop_usd: 0.02},
  restarted: {hard_stop_usd: 0.03, limits: [{...month, per: 'key'}]},
};
const worst = {'x-mock-usage': 'worst'};

for (const kind of stores) describe(`over ${kind.name}`, () => {
  let store, house;
  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies});
  });
  after(async () => {
    await house?.verify();
    await house?.close();
    await store?.close();
  });
  const send = (tenant, headers = {}) =>
    ask(house.gateway.url, {key: house.keys[tenant], body: one_cent, headers: {...worst, ...headers}});
  const code = (answer) => answer.json.error?.code ?? String(answer.status);
  const spend = async (tenant, times, headers) => {
    for (let i = 0; i < times; ++i) assert.equal(code(await send(tenant, headers)), '200');
  };

  it('another amount counts what was spent under the old one', async () => {
    await spend('amounts', 2);
    await house.change_policy('amounts', 'v2', {hard_stop_usd: 0.02});
    assert.equal(code(await send('amounts')), 'tenant_budget_exceeded');
    await house.change_policy('amounts', 'v3', {hard_stop_usd: 0.03});
    await spend('amounts', 1);
    const over = await send('amounts');
    assert.equal(code(over), 'tenant_budget_exceeded');
    assert.equal(over.json.error.gateway.spent_usd, '0.03');
  });

  it('another name, order or neighbour of a limit refills nothing', async () => {
    const support = {'x-ai-feature': 'support'};
    await spend('names', 2, support);
    await house.change_policy('names', 'v2', {hard_stop_usd: 1, limits: [
      {name: 'new', per: 'agent', requests: 100, window: 'day'},
      {name: 'renamed', per: 'feature', cost_usd: 0.02, window: 'month'}]});
    const over = await send('names', support);
    assert.equal(code(over), 'feature_budget_exceeded');
    assert.equal(over.json.error.gateway.limit, 'renamed');
    assert.equal(over.json.error.gateway.spent_usd, '0.02');
    assert.equal(code(await send('names', {'x-ai-feature': 'sales'})), '200');
  });

  it('another action keeps the counter', async () => {
    await spend('action', 2);
    assert.equal(code(await send('action')), 'tenant_budget_exceeded');
    await house.change_policy('action', 'v2', {monthly_budget_usd: 0.02, hard_stop_usd: 0.03, over_limit_action: 'notify'});
    await spend('action', 1);
    assert.equal(code(await send('action')), 'tenant_budget_exceeded');
  });

  it('what was spent in shadow mode is there when the policy is put in force', async () => {
    await spend('trial', 3);
    await house.change_policy('trial', 'v2', {hard_stop_usd: 0.04});
    await spend('trial', 1);
    assert.equal(code(await send('trial')), 'tenant_budget_exceeded');
  });

  it('a limit that is added in mid-window knows what was spent before it', async () => {
    await spend('names', 1, {'x-ai-agent-id': 'a1', 'x-ai-feature': 'f1'});
    await house.change_policy('names', 'v3', {hard_stop_usd: 1, limits: [
      {name: 'late', per: ['agent', 'feature'], cost_usd: 0.01, window: 'month'}]});
    const over = await send('names', {'x-ai-agent-id': 'a1', 'x-ai-feature': 'f1'});
    assert.equal(code(over), 'agent_budget_exceeded');
    assert.equal(over.json.error.gateway.spent_usd, '0.01');
    assert.equal(code(await send('names', {'x-ai-agent-id': 'a2', 'x-ai-feature': 'f1'})), '200');
  });

  it('another time zone refills nothing', async () => {
    for (const [version, timezone] of [['v4', 'Pacific/Kiritimati'], ['v5', 'America/Los_Angeles']]) {
      await house.change_policy('amounts', version, {hard_stop_usd: 0.03, timezone});
      assert.equal(code(await send('amounts')), 'tenant_budget_exceeded', timezone);
    }
  });

  it('a rotated key goes on where the old one stood', async () => {
    await spend('restarted', 1);
    const listed = JSON.parse((await house.run('keys', 'list', '--tenant', 'restarted', '--json')).out);
    const id = (listed.data ?? listed)[0].id;
    const rotated = await house.run('keys', 'rotate', id, '--json');
    assert.equal(rotated.code, 0, rotated.err);
    house.keys.restarted = JSON.parse(rotated.out).secret;
    await until('the new key is known', async () => (await house.get('/v1/models', 'restarted')).status === 200);
    await spend('restarted', 1);
    const {limits} = await house.budget('restarted');
    assert.equal(limits.find((limit) => limit.name === 'm').spent, '0.02');
  });

  it('a process that dies and comes back has forgotten nothing', async () => {
    await kill(house.gateway);
    await house.start_node(0);
    await spend('restarted', 1);
    assert.equal(code(await send('restarted')), 'tenant_budget_exceeded');
    assert.equal(code(await send('amounts')), 'tenant_budget_exceeded');
  });
});
