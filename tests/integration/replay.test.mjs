// Every decision of a long mixed run is recorded so that it can be decided again, byte for byte, and explained.

import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ask, chat, one_cent, open_stream} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';

const downgrade = {accepted: true, to: {premium: 'toll', standard: 'toll-economy'}};
const policies = {
  plain: {hard_stop_usd: 1000},
  budget: {monthly_budget_usd: 0.2},
  rated: {hard_stop_usd: 1000, limits: [{name: 'few', per: 'key', requests: 12, window: 'day'},
                                        {name: 'tokens', per: 'feature', tokens: 9000, window: 'week'}]},
  down: {monthly_budget_usd: 0.15, hard_stop_usd: 0.3, over_limit_action: 'downgrade_then_fail_closed', downgrade},
  no_consent: {monthly_budget_usd: 0.1, over_limit_action: 'downgrade_then_throttle'},
  asks: {daily_soft_limit_usd: 0.05, soft_limit_action: 'confirm', hard_stop_usd: 0.4},
  decline: {monthly_budget_usd: 0.05, over_limit_action: 'confirm_then_downgrade_then_fail_closed', downgrade},
  shadow: {mode: 'shadow', hard_stop_usd: 0.1, blocked_features: ['bulk'], prepaid_balance_usd: 0.05},
  prepaid: {prepaid_balance_usd: 0.2, credit_limit_usd: 0.05},
  tiers: {hard_stop_usd: 1000, allowed_model_tiers: ['economy'], blocked_features: ['bulk']},
  dear: {limits: [{name: 'one', per_request_usd: 0.005}]},
  users: {limits: [{name: 'user-day', per: 'end_user', cost_usd: 0.03, window: 'day', action: 'notify_then_fail_closed'},
                   {name: 'support', match: {feature: 'support'}, cost_usd: 0.1, window: 'month'}]},
  one_by_one: {limits: [{name: 'at-once', per: 'key', concurrency: 2}], hard_stop_usd: 0.3},
  clamped: {monthly_budget_usd: 0.1, output: {default_max_tokens: 300, clamp_to_budget: true}},
};
const tenants = Object.keys(policies);

// A small generator with a seed, so that a failing run can be had again.
function random_of(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

const pick = (random, values) => values[random(values.length)];

function request_of(random, tenant) {
  const body = {...one_cent, max_tokens: 60 + random(120)};
  body.model = pick(random, ['toll', 'toll', 'toll', 'toll-premium', 'toll-both', 'toll-economy', 'toll-unpriced',
                             'no-such', 'a\nb']);
  if (random(4) === 0) delete body.max_tokens;
  if (random(6) === 0) body.messages = [{role: 'user', content: 'word '.repeat(200)}];
  if (random(5) === 0) body.user = pick(random, ['ann', 'b"e\\n', 'zoë;x=%', 'tab\there']);
  if (random(4) === 0) body.metadata = {feature: pick(random, ['support', 'bulk', 'sales'])};
  const headers = {};
  if (random(3) === 0) headers['x-ai-feature'] = pick(random, ['support', 'bulk']);
  if (random(5) === 0) headers['x-ai-session'] = 'session-1';
  if (random(9) === 0) headers['x-ai-confirm'] = pick(random, ['decline', 'not-a-token']);
  headers['x-mock-usage'] = pick(random, ['present', 'worst', 'worst', 'absent', 'zero']);
  if (random(12) === 0) headers['x-mock-status'] = pick(random, ['400', '429', '500']);
  if (random(25) === 0) headers['x-mock-cut-after'] = '1';
  if (random(5) === 0) headers['x-mock-delay-ms'] = '30';
  const path = random(20) === 0 ? '/v1/embeddings' : chat;
  return {path, body: random(40) === 0 ? '{"model":' : body, headers, stream: random(4) === 0 && path === chat, tenant};
}

for (const kind of stores) describe(`replay over ${kind.name}`, () => {
  let store, house;
  const ids = new Map(tenants.map((tenant) => [tenant, []]));
  const seen = {};

  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies});
  });
  after(async () => {
    await house?.verify();
    await house?.close();
    await store?.close();
  });

  const json_of = async (...args) => {
    const {code, out, err} = await house.run(...args, '--json');
    assert.ok(out, `${args.join(' ')}: exit ${code} ${err}`);
    return {code, json: JSON.parse(out)};
  };

  function write_policy(tenant, policy) {
    const path = join(house.folder, `${tenant}-next.yaml`);
    writeFileSync(path, JSON.stringify({tenant_id: tenant, policy_version: 'next', ...policy}));
    return path;
  }

  async function send({tenant, stream, path, body, headers}) {
    const key = house.keys[tenant], base = house.gateway.url;
    if (!stream || typeof body === 'string') return ask(base, {key, path, body, headers});
    const opened = open_stream(base, {key, body: {...body, stream: true}, headers});
    const head = await opened.head;
    await opened.rest();
    return head;
  }

  async function sent(request) {
    const answer = await send(request);
    const id = answer.headers?.['x-request-id'];
    if (id) ids.get(request.tenant).push(id);
    const code = answer.json?.error?.code ?? String(answer.status);
    seen[code] = (seen[code] ?? 0) + 1;
    return answer;
  }

  // One of each kind, whatever chance brings.
  async function each_kind() {
    const plain = (tenant, max_tokens, more) =>
      sent({tenant, path: chat, headers: {}, body: {...one_cent, max_tokens, ...more}});
    await plain('tiers', 10, {model: 'toll-economy'});
    await plain('tiers', 10, {model: 'toll-economy', metadata: {feature: 'bulk'}});
    await plain('tiers', 10, {model: 'no-such'});
    await plain('prepaid', 30_000);
    await plain('one_by_one', 30_000);
    await plain('asks', 600);
    await plain('dear', 100);
  }

  async function one(random) {
    const request = request_of(random, pick(random, tenants));
    const answer = await sent(request);
    const token = answer.json?.error?.gateway?.confirmation?.token;
    if (!token || random(2) === 0) return;
    const again = {...request, headers: {...request.headers, 'x-ai-confirm': token}};
    for (let times = 1 + random(2); times > 0; --times) {                        // a token is good once
      const confirmed = await send(again);
      if (confirmed.headers?.['x-request-id']) ids.get(request.tenant).push(confirmed.headers['x-request-id']);
    }
  }

  it('records a long mixed run', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`SEED=${seed}`);
    await each_kind();
    const client = async (random) => { for (let i = 0; i < 75; ++i) await one(random); };
    await Promise.all(Array.from({length: 6}, (_, number) => client(random_of(seed + number))));
    for (const tenant of tenants) await house.settled(tenant);
    for (const code of ['200', 'tenant_budget_exceeded', 'prepaid_balance_required', 'confirmation_required',
                        'model_not_found', 'request_cost_limit_exceeded', 'feature_blocked'])
      assert.ok(seen[code] > 0, `no ${code} among ${JSON.stringify(seen)}`);
  });

  it('agrees about all of them, tenant by tenant', async () => {
    for (const tenant of tenants) {
      const {code, json} = await json_of('decisions', 'replay', '--tenant', tenant, '--from', '2024-01-01');
      assert.equal(code, 0, `${tenant}: ${JSON.stringify(json)}`);
      assert.equal(json.differs, 0);
      assert.equal(json.no_policy, 0);
      assert.equal(json.agrees + json.no_decision, new Set(ids.get(tenant)).size, tenant);
      assert.ok(json.agrees > 0, tenant);
    }
  });

  it('agrees about each of them, one by one', async () => {
    const all = [...ids.values()].flat();
    let agreed = 0;
    const work = async () => {
      for (let id = all.pop(); id; id = all.pop()) {
        const {code, out, err} = await house.run('decisions', 'replay', id);
        if (code === 0) assert.match(out, /agrees/);
        else assert.match(err, /no decision was made/);
        agreed += code === 0;
      }
    };
    await Promise.all([work(), work()]);
    assert.ok(agreed > 300, `${agreed} agreed`);
  });

  it('explains a request of each kind', async () => {
    const found = new Set();
    for (const [tenant, some] of ids)
      for (const id of some.slice(-8)) {
        const {json} = await json_of('decisions', 'show', id);
        const decided = json.record.decided;
        if (!decided) continue;
        assert.equal(json.explained.replay_agrees, true, id);
        const {out, code} = await house.run('decisions', 'show', id);
        assert.equal(code, 0);
        assert.match(out, /^Rules, in their order$/m);
        assert.match(out, new RegExp(`^tenant +${tenant}$`, 'm'));
        assert.match(out, new RegExp(`^decision +${decided.outcome}`, 'm'));
        if (decided.steps) assert.match(out, /^Actions that ran$/m);
        const asked = json.explained.ledger;
        const refused = json.explained.rules.some((rule) => rule.said === 'refused');
        assert.equal(asked.length === 0, refused, id);
        for (const {limits} of asked)
          for (const limit of limits) assert.ok(['fits', 'held', 'spent'].includes(limit.fit));
        found.add(decided.outcome);
      }
    for (const outcome of ['allow', 'refuse']) assert.ok(found.has(outcome), outcome);
  });

  it('tells a request that it does not know', async () => {
    for (const command of ['show', 'replay']) {
      const {code, err} = await house.run('decisions', command, 'req_00000000000000000000000001');
      assert.equal(code, 1);
      assert.match(err, /no record/);
    }
  });

  it('says what another policy would have decided', async () => {
    const path = join(house.folder, 'tight.yaml');
    writeFileSync(path, 'tenant_id: plain\npolicy_version: tight\nhard_stop_usd: 0.000001\n' +
                        'limits: [{name: other, per: session, cost_usd: 1, window: day}]\n');
    const {json: all} = await json_of('decisions', 'replay', '--tenant', 'plain', '--from', '2024-01-01');
    assert.ok(all.agrees > 0);
    for (const id of ids.get('plain')) {
      const {json: shown} = await json_of('decisions', 'show', id);
      if (shown.record.decided?.outcome !== 'allow') continue;
      const {code, json} = await json_of('decisions', 'replay', id, '--policy', path);
      assert.equal(code, 0);
      assert.equal(json.same, false);
      assert.equal(json.under.code, 'tenant_budget_exceeded');
      assert.equal(json.under.by, 'hard_stop_usd');
      assert.deepEqual(json.unknown_counters, ['other']);
      return;
    }
    assert.fail('nothing was allowed');
  });

  it('tells what changes between a remembered version and a file', async () => {
    const {code, json} = await json_of('policy', 'diff', 'budget@v1', write_policy('budget', {monthly_budget_usd: 0.1}));
    assert.equal(code, 0);
    assert.deepEqual(json.map((change) => change.field), ['monthly_budget_usd', 'policy_version']);
    assert.match(json[0].meaning, /^lower/);
  });

  it('simulates policies over all of it', async () => {
    const files = tenants.map((tenant) => write_policy(tenant, {hard_stop_usd: 0}));
    const policies_given = files.flatMap((path) => ['--policy', path]);
    const args = ['policy', 'simulate', ...policies_given, '--from', '2024-01-01', '--top', '100'];
    const {json: found} = await json_of(...args);
    const all = [...ids.values()].map((some) => new Set(some).size).reduce((sum, count) => sum + count);
    assert.equal(found.before.requests, all);
    assert.equal(found.after.requests, all);
    assert.equal(found.tenants.length, tenants.length);
    for (const {name, before, after} of found.tenants) {
      const rows = await house.charged_rows(name);
      const cost = rows.reduce((sum, row) => sum + Math.round(Number(row.gross_amount_usd) * 1e9), 0);
      assert.equal(Math.round(Number(before.cost_usd) * 1e9), cost, name);
      assert.equal(after.cost_usd, '0.00', name);                          // a request that costs nothing fits
      assert.equal(before.requests, ids.get(name).length, name);
    }
    const {out, code} = await house.run(...args);
    assert.equal(code, 0);
    assert.match(out, /^refused +\d+ +\d+ +\+\d+$/m);
    assert.match(out, /^cost, USD /m);
  });

  // One request after another, so that the order of the record is the order of the ledger.
  it('decides as recorded when traffic goes through its own policy again', async () => {
    const tenant = 'down', from = new Date().toISOString();
    const random = random_of(7);
    for (let i = 0; i < 25; ++i) await send({...request_of(random, tenant), stream: false});
    await house.settled(tenant);
    const own = join(house.folder, 'policies', `${tenant}.yaml`);
    const {json} = await json_of('policy', 'simulate', '--policy', own, '--from', from);
    assert.equal(json.before.requests, 25);
    assert.equal(json.changed, 0, JSON.stringify(json));
    assert.equal(json.after.cost_usd, json.before.cost_usd);
    assert.deepEqual(json.after.refused_by_code, json.before.refused_by_code);
  });
});
