// Random policies and random traffic: whatever the policy says, no refused request reaches a provider, no model outside
// the allowed tiers serves, no hard limit is passed, and every refusal tells which limit, whose, how much and until when.
// A failing run is repeated with SEED=n.

import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {ask} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const tenants = 12, rounds = 3, per_round = 120, clients = 16; // the mock remembers the last 256 requests

function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return {below, chance: (p) => next() < p, pick: (list) => list[below(list.length)]};
}

const models = {'toll-premium': 'premium', toll: 'standard', 'toll-economy': 'economy', 'toll-cheap': 'economy'};
const features = ['support', 'sales', 'bulk'];
const agents = ['a1', 'a2'];
const chains = ['fail_closed', 'notify', 'throttle', 'confirm', 'downgrade_then_fail_closed', 'notify_then_fail_closed',
                'downgrade_then_notify', 'confirm_then_downgrade_then_throttle', 'notify_then_downgrade_then_fail_closed'];

function random_limit(d, name) {
  const limit = {name, window: d.pick(['day', 'month', 'total', 'week']), action: d.pick(chains)};
  if (d.chance(0.5)) limit.per = [d.pick(['key', 'feature', 'agent', 'end_user', 'model', 'tier'])];
  if (d.chance(0.3)) limit.match = {feature: d.pick(features)};
  const what = d.below(4);
  if (what === 0) limit.tokens = 200 + d.below(3000);
  if (what === 1) limit.requests = d.below(12);
  if (what === 2) Object.assign(limit, {concurrency: 1 + d.below(4), window: undefined, action: d.pick(['fail_closed', 'throttle'])});
  if (what === 3) limit.cost_usd = d.below(200) / 1000;
  return limit;
}

function random_policy(d) {
  const policy = {over_limit_action: d.pick(chains), limits: []};
  if (d.chance(0.6)) policy.hard_stop_usd = d.below(300) / 1000;
  if (d.chance(0.6)) policy.monthly_budget_usd = Math.min(policy.hard_stop_usd ?? 1, d.below(200) / 1000);
  if (d.chance(0.4)) policy.daily_soft_limit_usd = d.below(50) / 1000;
  if (d.chance(0.4)) policy.soft_limit_action = d.pick(['notify', 'downgrade', 'confirm']);
  if (d.chance(0.3)) policy.prepaid_balance_usd = d.below(200) / 1000;
  if (d.chance(0.5)) policy.allowed_model_tiers = ['premium', 'standard', 'economy'].filter(() => d.chance(0.7));
  if (policy.allowed_model_tiers?.length === 0) policy.allowed_model_tiers = ['economy'];
  if (d.chance(0.3)) policy.blocked_features = [d.pick(features)];
  if (d.chance(0.6)) policy.downgrade = {accepted: d.chance(0.8), to: {premium: 'toll', standard: 'toll-cheap'}};
  const allowed = (model) => policy.allowed_model_tiers?.includes(models[model]) ?? true;
  for (const [tier, model] of Object.entries(policy.downgrade?.to ?? {}))
    if (!allowed(model)) delete policy.downgrade.to[tier];
  if (policy.downgrade && Object.keys(policy.downgrade.to).length === 0) delete policy.downgrade;
  for (let i = d.below(4); i > 0; --i) policy.limits.push(random_limit(d, `limit-${i}`));
  if (d.chance(0.2)) policy.limits.push({name: 'one', per_request_usd: 0.02});
  return policy;
}

function random_request(d, number) {
  const headers = {};
  if (d.chance(0.6)) headers['x-ai-feature'] = d.pick(features);
  if (d.chance(0.5)) headers['x-ai-agent-id'] = d.pick(agents);
  headers['x-mock-usage'] = d.pick(['worst', 'worst', 'absent', 'present']);
  if (d.chance(0.1)) headers['x-mock-status'] = d.pick(['500', '429', '400']);
  const body = {model: d.pick(Object.keys(models)), max_tokens: 10 + d.below(200), user: `u${number % 5}`,
                stream: d.chance(0.3), messages: [{role: 'user', content: `request ${number}`}]};
  return {headers, body};
}

function change({catalog, prices}) {
  catalog.models['toll-cheap'] = {provider: 'mock', tier: 'economy', max_output_tokens: 32_000, context_tokens: 200_000};
  prices.prices.push({provider: 'mock', model: 'toll-cheap', input: 0, output: 10, effective_from: '2024-01-01'});
}

const about_limits = /budget_exceeded|prepaid_balance|rate_limit_exceeded|reservation_capacity|confirmation_required/;

function check_refusal({json, status}, what) {
  const {error} = json;
  for (const member of ['message', 'type', 'param', 'code']) assert.ok(member in error, `${member}: ${what}`);
  if (!about_limits.test(error.code)) return;
  const {gateway} = error;
  assert.ok(gateway.limit, what);
  assert.ok(gateway.scope?.kind && gateway.scope.id !== undefined, what);
  assert.ok(gateway.limit_usd !== undefined || gateway.limit_count !== undefined, what);
  assert.ok(gateway.spent_usd !== undefined || gateway.used_count !== undefined, what);
  if (gateway.limit_usd !== undefined) assert.ok(gateway.reserved_usd !== undefined, what);
  if (status === 402 && gateway.period && gateway.period !== 'total') assert.ok(gateway.resets_at, what);
}

const hard = ({action}) => action === 'fail_closed' || action === 'throttle';

async function check_limits(house, tenant) {
  for (const feature of features) for (const agent of agents) for (const user of ['u0', 'u1', 'u2', 'u3', 'u4']) {
    const {json} = await house.get(`/v1/account/budget?feature=${feature}&agent=${agent}&end_user=${user}`, tenant);
    for (const limit of json.limits) {
      if (!hard(limit)) continue;
      const told = `${tenant}: ${JSON.stringify(limit)}`;
      assert.ok(Number(limit.spent) <= Number(limit.limit_usd ?? limit.limit_count), told);
      assert.equal(Number(limit.held), 0, told);
    }
    if (json.prepaid) assert.ok(Number(json.prepaid.available) >= 0, `${tenant}: ${JSON.stringify(json.prepaid)}`);
  }
}

for (const kind of stores) describe(`over ${kind.name}, SEED=${seed}`, () => {
  it('random traffic under random policies keeps every promise', async () => {
    const d = dice(seed);
    const policies = Object.fromEntries(Array.from({length: tenants}, (_, i) => [`t${i}`, random_policy(d)]));
    const store = await kind.open();
    const house = await open_house({store, policies, nodes: 2, change});
    try {
      let number = 0;
      for (let round = 0; round < rounds; ++round) {
        const requests = Array.from({length: per_round}, () => ({tenant: `t${d.below(tenants)}`, ...random_request(d, number++)}));
        const left = [...requests];
        const client = async (i) => {
          for (let one; (one = left.pop());)
            one.answer = await ask(house.urls[i % 2], {key: house.keys[one.tenant], headers: one.headers, body: one.body});
        };
        await Promise.all(Array.from({length: clients}, (_, i) => client(i)));
        const {requests: seen} = await house.mock.seen();
        const reached = new Set(seen.map(({body}) => body?.messages?.[0]?.content));
        for (const {tenant, body, answer} of requests) {
          const what = `${tenant} ${JSON.stringify(policies[tenant])} ${JSON.stringify(body)} -> ${answer.status} ${answer.text}`;
          assert.ok(answer.status, what);
          if (answer.status === 200) {
            const allowed = policies[tenant].allowed_model_tiers;
            if (allowed) assert.ok(allowed.includes(answer.headers['x-ai-model-tier']), what);
            assert.ok(reached.has(body.messages[0].content), what);
            continue;
          }
          const from_provider = /^provider/.test(answer.json.error.code) || answer.json.error.gateway?.origin !== 'gateway';
          if (from_provider) continue;
          assert.ok(!reached.has(body.messages[0].content), `reached the provider: ${what}`);
          check_refusal(answer, what);
        }
      }
      for (const tenant of Object.keys(policies)) {
        await house.settled(tenant);
        await check_limits(house, tenant);
      }
      await house.verify();
    } finally {
      await house.close();
      await store?.close();
    }
  });
});
