// The shipped templates, each as its scenario is told: a tenant that extends the template, the program, a mock provider.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {ask, hammer, one_cent} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';
import {until} from '../support/until.mjs';

// Output at 100 USD per million tokens in every tier: a token costs 0.0001 USD.
const tiers = {'gpt-5': 'premium', 'gpt-5-mini': 'standard', 'gpt-5-nano': 'economy'};
function change({catalog, prices}) {
  for (const [model, tier] of Object.entries(tiers)) {
    catalog.models[model] = {provider: 'mock', tier, max_output_tokens: 128_000, context_tokens: 400_000};
    prices.prices.push({provider: 'mock', model, input: 0, output: 100, effective_from: '2024-01-01'});
  }
  // Two more providers; the first one's address answers nobody.
  const {mock} = catalog.providers;
  catalog.providers.primary = {...mock, base_url: 'http://127.0.0.1:1/v1'};
  catalog.providers.second = catalog.providers.stranger = mock;
  const price = (provider, model, output) =>
    prices.prices.push({provider, model, input: 0, output, effective_from: '2024-01-01'});
  for (const [provider, output] of [['primary', 100], ['second', 125], ['stranger', 100]]) price(provider, 'gpt-x', output);
  price('second', 'gpt-x-dear', 126);
  const route = (provider, upstream = 'gpt-x') => ({provider, upstream, priority: provider === 'primary' ? 1 : 2});
  const model = (alias, tier, ...others) =>
    (catalog.models[alias] = {tier, max_output_tokens: 32_000, context_tokens: 400_000, routes: [route('primary'), ...others]});
  model('approved', 'standard', route('second'));
  model('unapproved', 'standard', route('stranger'));
  model('spiked', 'standard', route('second', 'gpt-x-dear'));
  model('premium-only', 'standard');
  catalog.models['premium-only'].fallback = ['gpt-5'];
}
const worst = {'x-mock-usage': 'worst'};
const body = {...one_cent, model: 'gpt-5-nano'};
const code = (answer) => `${answer.status} ${answer.json?.error?.code ?? 'served'}`;

describe('scenarios', () => {
  const policies = {
    trial: {extends: 'free-trial'},
    prepaid: {extends: 'usage-based-paid'},
    enterprise: {extends: 'enterprise-workspace', monthly_budget_usd: 0.05, hard_stop_usd: 0.07, limits: [
      {name: 'support-month', match: {feature: 'support'}, cost_usd: 0.02, window: 'month'},
      {name: 'analytics-month', match: {feature: 'analytics'}, cost_usd: 0.02, window: 'month'}]},
    agents: {extends: 'autonomous-agent'},
    outage: {extends: 'provider-outage', hard_stop_usd: 1000, fallback: {providers: ['second']}},
  };
  let house, url;
  before(async () => {
    house = await open_house({policies, change});
    url = house.gateway.url;
  });
  after(async () => {
    await house?.verify();
    await house?.close();
  });
  const send = (tenant, {headers, ...more} = {}) =>
    ask(url, {key: house.keys[tenant], body: {...body, ...more}, headers: {...worst, ...headers}});

  describe('free trial: low daily cap, economy tier only, no batch work', () => {
    it('low-cost models are allowed', async () => assert.equal(code(await send('trial')), '200 served'));

    it('dearer models are refused before any provider is asked', async () => {
      const reached = await house.reached();
      for (const model of ['gpt-5', 'gpt-5-mini']) {
        const answer = await send('trial', {model});
        assert.equal(code(answer), '403 model_tier_not_allowed');
        assert.match(answer.json.error.message, /economy/);
      }
      assert.equal(await house.reached(), reached);
    });

    it('batch work is refused, by feature and by class', async () => {
      assert.equal(code(await send('trial', {headers: {'x-ai-feature': 'bulk_enrichment'}})), '403 feature_blocked');
      const batch = await send('trial', {headers: {'x-ai-request-class': 'batch'}});
      assert.equal(code(batch), '429 rate_limit_exceeded');
      assert.equal(batch.json.error.gateway.limit, 'trial-batch');
      assert.equal(batch.headers['retry-after'], undefined); // no wait makes it fit
    });

    it('the daily cap ends the day: soft limit first, then a refusal that says until when', async () => {
      const soft = await send('trial', {max_tokens: 6_000}); // 0.60 of 0.50 soft, 1.00 hard
      assert.equal(code(soft), '200 served');
      assert.equal(soft.headers['x-ai-budget-state'], 'soft_limit');
      const over = await send('trial', {max_tokens: 6_000});
      assert.equal(code(over), '402 tenant_budget_exceeded');
      const {gateway} = over.json.error;
      assert.equal(gateway.limit, 'trial-tenant-day');
      assert.equal(gateway.limit_usd, '1.00');
      assert.equal(gateway.spent_usd, '0.61');
      assert.equal(gateway.resets_at, new Date(new Date().setUTCHours(24, 0, 0, 0)).toISOString().replace('.000', ''));
      assert.equal(code(await send('trial', {max_tokens: 3_900})), '200 served'); // exactly what is left
      assert.equal(code(await send('trial', {max_tokens: 1})), '402 tenant_budget_exceeded');
    });

    it('an upgrade by an administrator opens the tier, and wipes no counter', async () => {
      house.put_policy('trial', {extends: 'free-trial', policy_version: 'v2', allowed_model_tiers: ['standard', 'economy']});
      await until('the upgrade is in force', async () =>
        code(await send('trial', {model: 'gpt-5-mini', max_tokens: 1})) === '402 tenant_budget_exceeded');
    });
  });

  describe('usage-based paid: prepaid check before routing, reserve, reconcile, never negative', () => {
    it('without money nothing reaches a provider', async () => {
      const reached = await house.reached();
      assert.equal(code(await send('prepaid')), '402 prepaid_balance_required');
      assert.equal(await house.reached(), reached);
    });

    it('the estimate is reserved and the actual cost is charged', async () => {
      const top_up = await house.run('balance', 'top-up', '--tenant', 'prepaid', '--usd', '0.10',
                                     '--idempotency-key', 'invoice-1');
      assert.equal(top_up.code, 0, top_up.err);
      const answer = await ask(url, {key: house.keys.prepaid, body: {...body, max_tokens: 900}});
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['x-ai-quota-remaining-usd'], '0.01');
      const {prepaid} = await house.settled('prepaid');
      assert.equal(Number(prepaid.available), 0.10 - Number(answer.json.usage.cost_usd));
    });

    it('at any concurrency the balance is spent to its end and not beyond', async () => {
      const tally = await hammer([url], {total: 60, clients: 20, key: house.keys.prepaid, body, headers: worst});
      assert.ok(tally['402 prepaid_balance_required'] > 0, JSON.stringify(tally));
      const {prepaid} = await house.settled('prepaid');
      assert.ok(Number(prepaid.available) >= 0);
      const rows = await house.charged_rows('prepaid');
      const charged = rows.reduce((sum, row) => sum + Math.round(Number(row.net_amount_usd) * 1e9), 0);
      assert.equal(charged + Math.round(Number(prepaid.available) * 1e9), 100_000_000);
    });
  });

  describe('enterprise workspace: one monthly budget and a cap for each feature', () => {
    const use = (feature, model = 'gpt-5-mini') => send('enterprise', {model, headers: {'x-ai-feature': feature}});

    it('a feature that is spent leaves the others working', async () => {
      for (let i = 0; i < 2; ++i) assert.equal(code(await use('analytics')), '200 served');
      const spent = await use('analytics');
      assert.equal(code(spent), '402 feature_budget_exceeded');
      assert.deepEqual(spent.json.error.gateway.scope, {kind: 'feature', id: 'analytics'});
      for (let i = 0; i < 2; ++i) assert.equal(code(await use('support')), '200 served');
      assert.equal(code(await use('support')), '402 feature_budget_exceeded');
      assert.equal(code(await use('other')), '200 served');
    });

    it('past the budget work goes on and says so, at the hard stop it ends', async () => {
      for (let i = 0; i < 2; ++i) {
        const answer = await use('other');
        assert.equal(code(answer), '200 served');
        assert.equal(answer.headers['x-ai-budget-state'], 'over_budget');
      }
      const stopped = await use('other');
      assert.equal(code(stopped), '402 tenant_budget_exceeded');
      assert.equal(stopped.json.error.gateway.limit, 'hard_stop_usd');
    });
  });

  describe('autonomous agent: a quota per agent and key, a pace, an end to loops', () => {
    const as = (agent, more = {}) => send('agents', {...more, headers: {'x-ai-agent-id': agent, ...more.headers}});

    it('an agent that is too fast is throttled, another is not', async () => {
      const answers = await Promise.all(Array.from({length: 8}, (_, i) => as('quick', {user: `u${i}`})));
      assert.ok(answers.every((answer) => answer.status === 200));
      const paces = await until('the pace is reached', async () => {
        const answer = await as('quick', {user: `${Math.random()}`});
        return answer.status === 429 && answer;
      });
      assert.equal(code(paces), '429 rate_limit_exceeded');
      assert.equal(paces.json.error.gateway.limit, 'agent-minute');
      assert.ok(Number(paces.headers['retry-after']) <= 60);
      assert.equal(code(await as('calm')), '200 served');
    });

    it('an agent that has spent its quota stops, another goes on', async () => {
      assert.equal(code(await as('dear', {max_tokens: 10_000, user: 'a'})), '200 served'); // 1.00 each, 5 an hour
      for (const user of ['b', 'c', 'd', 'e'])
        assert.equal(code(await as('dear', {max_tokens: 10_000, user})), '200 served');
      const over = await as('dear', {max_tokens: 10_000, user: 'f'});
      assert.equal(code(over), '402 agent_budget_exceeded');
      assert.equal(over.json.error.gateway.limit, 'agent-hour');
      assert.equal(code(await as('calm', {user: 'x'})), '200 served');
    });
  });

  describe('provider outage or price spike: approved providers in allowed tiers, at an approved price', () => {
    const ask_for = (model) => send('outage', {model});

    it('an approved provider takes the place, and the answer says so', async () => {
      const answer = await ask_for('approved');
      assert.equal(code(answer), '200 served');
      assert.equal(answer.headers['x-ai-fallback-reason'], 'provider_unavailable');
      assert.equal(answer.json.usage.cost_usd, '0.0125'); // at the price of who served
      const {record} = await house.record(answer.headers['x-request-id'], 'outage');
      assert.equal(record.provider, 'second');
    });

    it('no other provider, no dearer price, no tier that is not allowed', async () => {
      for (const model of ['unapproved', 'spiked', 'premium-only']) {
        const reached = await house.reached();
        assert.equal(code(await ask_for(model)), '502 provider_unavailable', model);
        assert.equal(await house.reached(), reached, model);
      }
      const rows = await house.charged_rows('outage');
      assert.equal(rows.filter((row) => Number(row.net_amount_usd) > 0).length, 1);
    });
  });
});
