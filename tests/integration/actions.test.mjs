// What runs past a limit: notify, confirm, downgrade, throttle, fail_closed and their chains, as a client sees them.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {ask, one_cent, open_stream} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';

const downgrade = {accepted: true, to: {premium: 'toll', standard: 'toll-cheap'}};
const budget = {monthly_budget_usd: 0.02, hard_stop_usd: 0.023};
const policies = {
  consents: {...budget, over_limit_action: 'downgrade_then_fail_closed', downgrade},
  silent: {...budget, hard_stop_usd: 1, over_limit_action: 'downgrade_then_fail_closed'},
  no_tier: {...budget, over_limit_action: 'downgrade_then_fail_closed', downgrade: {accepted: true, to: {premium: 'toll'}},
            allowed_model_tiers: ['premium', 'standard']},
  two_routes: {monthly_budget_usd: 0, hard_stop_usd: 1, over_limit_action: 'downgrade_then_fail_closed',
               downgrade: {accepted: true, to: {standard: 'toll-either'}}},
  by_feature: {hard_stop_usd: 1, downgrade, limits: [
    {name: 'support-day', match: {feature: 'support'}, cost_usd: 0.01, window: 'day', action: 'downgrade_then_fail_closed'}]},
  asks: {hard_stop_usd: 1, limits: [{name: 'ask-day', cost_usd: 0.01, window: 'day', action: 'confirm'}]},
  asks_or_closes: {hard_stop_usd: 1, limits: [
    {name: 'ask-day', cost_usd: 0.01, window: 'day', action: 'confirm_then_fail_closed'}]},
  throttled: {hard_stop_usd: 1, limits: [{name: 'slow-day', cost_usd: 0.01, window: 'day', action: 'throttle'}]},
  told: {daily_soft_limit_usd: 0.01, hard_stop_usd: 1},
  soft_down: {daily_soft_limit_usd: 0.01, soft_limit_action: 'downgrade', hard_stop_usd: 1, downgrade},
  soft_down_silent: {daily_soft_limit_usd: 0.01, soft_limit_action: 'downgrade', hard_stop_usd: 1},
  soft_asks: {daily_soft_limit_usd: 0.01, soft_limit_action: 'confirm', hard_stop_usd: 1},
  shadow: {mode: 'shadow', hard_stop_usd: 0.01, allowed_model_tiers: ['standard'], blocked_features: ['bulk'],
           prepaid_balance_usd: 0},
};

// A cheaper model below, and one that can do less.
function change({catalog, prices}) {
  const entry = {provider: 'mock', tier: 'economy', max_output_tokens: 32_000, context_tokens: 200_000};
  catalog.models['toll-cheap'] = {...entry, capabilities: ['json_schema']};
  catalog.models.toll.capabilities = ['tools', 'vision', 'json_schema'];
  prices.prices.push({provider: 'mock', model: 'toll-cheap', input: 0, output: 10, effective_from: '2024-01-01'});
  // One provider, two routes, two prices: chance chooses.
  const {provider, ...either} = entry;
  catalog.models['toll-either'] = {...either, routes: ['toll-cheap', 'toll-economy'].map((upstream) => ({provider, upstream}))};
}
const worst = {'x-mock-usage': 'worst'};
const tool = {type: 'function', function: {name: 'f', parameters: {type: 'object', properties: {}}}};

for (const kind of stores) describe(`over ${kind.name}`, () => {
  let store, house, url;
  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies, nodes: 2, change});
    url = house.gateway.url;
  });
  after(async () => {
    await house?.verify();
    await house?.close();
    await store?.close();
  });
  const send = (tenant, more = {}, node = url) =>
    ask(node, {key: house.keys[tenant], body: {...one_cent, ...more.body}, headers: {...worst, ...more.headers}});
  const spend = async (tenant, times) => {
    for (let i = 0; i < times; ++i) assert.equal((await send(tenant)).status, 200);
  };
  const code = (answer) => `${answer.status} ${answer.json.error?.code}`;

  it('past the budget a cheaper model serves where the tenant has accepted it, and says so everywhere', async () => {
    await spend('consents', 2);
    const answer = await send('consents');
    assert.equal(answer.status, 200);
    const {headers, json} = answer;
    assert.equal(headers['x-ai-model-requested'], 'toll');
    assert.equal(headers['x-ai-model-served'], 'toll-cheap');
    assert.equal(headers['x-ai-model-tier'], 'economy');
    assert.equal(headers['x-ai-fallback-reason'], 'downgrade:monthly_budget_usd');
    assert.equal(headers['x-ai-budget-state'], 'over_budget');
    assert.equal(headers['x-ai-cost-estimated-usd'], '0.001');
    assert.equal(json.usage.cost_usd, '0.001');
    assert.equal(json.usage.model_requested, 'toll');
    assert.equal(json.usage.model_served, 'toll-cheap');
    assert.equal((await house.last_seen()).body.model, 'toll-cheap');
    const {record} = await house.record(headers['x-request-id'], 'consents');
    assert.equal(record.model_served, 'toll-cheap');
    assert.equal(record.fallback_reason, 'downgrade:monthly_budget_usd');
    assert.deepEqual(record.decided.steps,
                     [{limit: 'monthly_budget_usd', action: 'downgrade', said: 'served', model: 'toll-cheap'}]);
  });

  it('a cheaper model of two routes is held for at the price of the one that serves', async () => {
    const costs = new Set();
    for (let i = 0; i < 24; ++i) {
      const {status, headers, json} = await send('two_routes');
      assert.equal(status, 200);
      assert.equal(headers['x-ai-model-served'], 'toll-either');
      assert.equal(headers['x-ai-cost-estimated-usd'], json.usage.cost_usd);
      costs.add(json.usage.cost_usd);
    }
    assert.deepEqual([...costs].sort(), ['0.001', '0.01']);
  });

  it('a downgraded stream says so in its usage', async () => {
    const stream = open_stream(url, {key: house.keys.consents, headers: worst,
                                     body: {...one_cent, stream: true, stream_options: {include_usage: true}}});
    const head = await stream.head;
    assert.equal(head.headers['x-ai-model-served'], 'toll-cheap');
    let usage;
    for (let data; (data = await stream.event()) !== undefined;)
      if (data !== '[DONE]') usage = JSON.parse(data).usage ?? usage;
    assert.equal(usage.model_served, 'toll-cheap');
    assert.equal(usage.cost_usd, '0.001');
  });

  it('the hard stop stops the cheaper model too', async () => {
    assert.equal((await send('consents')).status, 200);
    const reached = await house.reached();
    const answer = await send('consents');
    assert.equal(code(answer), '402 tenant_budget_exceeded');
    assert.equal(answer.json.error.gateway.limit, 'hard_stop_usd');
    assert.equal(await house.reached(), reached);
  });

  it('without consent nothing is downgraded', async () => {
    await spend('silent', 2);
    const {json, ...answer} = await send('silent');
    assert.equal(answer.status, 402);
    assert.equal(json.error.gateway.over_limit_action, 'downgrade_then_fail_closed');
    assert.equal(json.error.gateway.downgrade_tried, 'no_consent');
    assert.equal(answer.headers['x-ai-fallback-reason'], undefined);
  });

  it('without a model below the request is refused', async () => {
    await spend('no_tier', 2);
    const answer = await send('no_tier');
    assert.equal(code(answer), '402 tenant_budget_exceeded');
    assert.equal(answer.json.error.gateway.downgrade_tried, 'no_target');
  });

  it('a model that lacks what the request needs is passed over', async () => {
    const support = {'x-ai-feature': 'support'};
    assert.equal((await send('by_feature', {headers: support})).status, 200);
    const refused = await send('by_feature', {headers: support, body: {tools: [tool]}});
    assert.equal(code(refused), '402 feature_budget_exceeded');
    assert.equal(refused.json.error.gateway.downgrade_tried, 'toll-cheap: lacks_tools');
    const served = await send('by_feature', {headers: support});
    assert.equal(served.headers['x-ai-model-served'], 'toll-cheap');
    assert.equal((await send('by_feature')).headers['x-ai-model-served'], 'toll'); // another feature
  });

  it('a confirmation lets exactly that request through, once, on any process', async () => {
    await spend('asks', 1);
    const reached = await house.reached();
    const asked = await send('asks');
    assert.equal(code(asked), '428 confirmation_required');
    assert.equal(await house.reached(), reached);
    const {confirmation, limit, spent_usd, resets_at} = asked.json.error.gateway;
    assert.equal(limit, 'ask-day');
    assert.equal(spent_usd, '0.01');
    assert.ok(resets_at);
    assert.equal(confirmation.header, 'X-AI-Confirm');
    assert.equal(confirmation.estimate_usd, '0.01');
    assert.ok(Date.parse(confirmation.expires_at) > Date.now());
    const headers = {'x-ai-confirm': confirmation.token};
    const other = await send('asks', {headers, body: {messages: [{role: 'user', content: 'something else'}]}});
    assert.equal(code(other), '428 confirmation_required');
    const dearer = await send('asks', {headers, body: {max_tokens: 101}});
    assert.equal(code(dearer), '428 confirmation_required');
    const stranger = await send('soft_asks', {headers});
    assert.equal(stranger.status, 200); // nothing to confirm yet
    const passed = await send('asks', {headers}, house.urls[1]);
    assert.equal(passed.status, 200);
    const again = await send('asks', {headers});
    assert.equal(code(again), '428 confirmation_required');
    assert.notEqual(again.json.error.gateway.confirmation.token, confirmation.token);
    const {record} = await house.record(passed.headers['x-request-id'], 'asks');
    assert.deepEqual(record.decided.steps, [{limit: 'ask-day', action: 'confirm', said: 'passed'}]);
  });

  it('one token confirms one of many at once', async () => {
    const asked = await send('asks', {body: {user: 'many'}});
    const headers = {'x-ai-confirm': asked.json.error.gateway.confirmation.token};
    const all = await Promise.all(Array.from({length: 16}, (_, i) =>
      send('asks', {headers, body: {user: 'many'}}, house.urls[i % 2])));
    assert.equal(all.filter((answer) => answer.status === 200).length, 1);
    assert.equal(all.filter((answer) => answer.status === 428).length, 15);
  });

  it('declining, or a token that confirms nothing, runs the rest of the chain', async () => {
    await spend('asks_or_closes', 1);
    assert.equal(code(await send('asks_or_closes')), '428 confirmation_required');
    for (const token of ['decline', 'no-such-token'])
      assert.equal(code(await send('asks_or_closes', {headers: {'x-ai-confirm': token}})), '402 tenant_budget_exceeded');
  });

  it('throttle answers 429, with what was spent', async () => {
    await spend('throttled', 1);
    const answer = await send('throttled');
    assert.equal(code(answer), '429 rate_limit_exceeded');
    assert.equal(answer.json.error.gateway.limit, 'slow-day');
    assert.equal(answer.json.error.gateway.spent_usd, '0.01');
    if (!answer.headers['retry-after']) assert.equal(answer.headers['x-should-retry'], 'false');
  });

  it('a soft limit tells, and serves', async () => {
    assert.equal((await send('told')).headers['x-ai-budget-state'], 'ok');
    const {headers, status} = await send('told');
    assert.equal(status, 200);
    assert.equal(headers['x-ai-budget-state'], 'soft_limit');
    assert.equal(headers['x-ai-model-served'], 'toll');
    const {record} = await house.record(headers['x-request-id'], 'told');
    assert.deepEqual(record.decided.steps, [{limit: 'daily_soft_limit_usd', action: 'notify', said: 'passed'}]);
  });

  it('a soft limit downgrades only with consent, and never refuses', async () => {
    await spend('soft_down', 1);
    assert.equal((await send('soft_down')).headers['x-ai-model-served'], 'toll-cheap');
    await spend('soft_down_silent', 1);
    const answer = await send('soft_down_silent');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['x-ai-model-served'], 'toll');
  });

  it('shadow mode decides, records and refuses nothing', async () => {
    await spend('shadow', 2);
    const over = await send('shadow');
    assert.equal(over.status, 200);
    const {record} = await house.record(over.headers['x-request-id'], 'shadow');
    assert.deepEqual(record.decided.shadow, {outcome: 'refuse', code: 'tenant_budget_exceeded', by: 'hard_stop_usd'});
    const tier = await send('shadow', {body: {model: 'toll-premium'}});
    assert.equal(tier.status, 200);
    const by_rule = await house.record(tier.headers['x-request-id'], 'shadow');
    assert.deepEqual(by_rule.record.decided.shadow, {outcome: 'refuse', code: 'model_tier_not_allowed', by: 'tier_allowed'});
    assert.equal((await send('shadow', {headers: {'x-ai-feature': 'bulk'}})).status, 200);
    assert.equal((await send('shadow', {body: {model: 'no-such'}})).status, 404);
  });
});
