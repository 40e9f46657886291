// Limits of requests, tokens and concurrency, and limits in money of a part of a tenant: exact, and told.

import assert from 'node:assert/strict';
import http from 'node:http';
import {after, before, describe, it} from 'node:test';
import {ask, hammer, one_cent, open_stream} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const ample = (limit, more) => ({hard_stop_usd: 1000, limits: [{name: 'it', ...limit}], ...more});
// A window of a day: a minute would end in mid-test now and then.
const policies = {
  requests: ample({per: 'key', requests: 20, window: 'day'}),
  minute: ample({per: 'key', requests: 3, window: 'minute'}),
  tokens: ample({per: 'key', tokens: 2000, window: 'day'}),
  few_tokens: ample({per: 'key', tokens: 100, window: 'day'}),
  at_once: ample({per: 'key', concurrency: 3}),
  one_by_one: ample({per: 'key', concurrency: 1}),
  feature: ample({match: {feature: 'support'}, cost_usd: 0.05, window: 'month'}),
  users: ample({per: 'end_user', cost_usd: 0.02, window: 'day'}),
  agents: ample({per: 'agent', requests: 2, window: 'day'}),
  told: ample({per: 'key', requests: 2, window: 'day'}, {refusal_profile: 'openai'}),
};
const worst = {'x-mock-usage': 'worst'};

for (const kind of stores) describe(`over ${kind.name}`, () => {
  let store, house, url;
  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies});
    url = house.gateway.url;
  });
  after(async () => {
    await house?.verify();
    await house?.close();
    await store?.close();
  });
  const send = (tenant, request = {}) => ask(url, {key: house.keys[tenant], body: one_cent, ...request});
  const limit_of = async (tenant) => (await house.budget(tenant)).limits.find((limit) => limit.name === 'it');

  it('requests of a window are exact at any concurrency', async () => {
    const before = await house.reached();
    const tally = await hammer(house.urls, {total: 60, clients: 60, key: house.keys.requests});
    assert.deepEqual(tally, {200: 20, '429 rate_limit_exceeded': 40});
    assert.equal(await house.reached() - before, 20);
    assert.equal((await limit_of('requests')).spent, 20);
  });

  it('requests left are told, and a wait of more than a minute is not worth a retry', async () => {
    const answers = [await send('told'), await send('told'), await send('told')];
    assert.deepEqual(answers.map((answer) => answer.status), [200, 200, 429]);
    for (const {headers} of answers) {
      assert.equal(headers['x-ratelimit-limit-requests'], '2');
      assert.match(headers['x-ratelimit-reset-requests'], /^(\d+h)?(\d+m)?\d+m?s$/);
    }
    assert.deepEqual(answers.map((answer) => answer.headers['x-ratelimit-remaining-requests']), ['1', '0', '0']);
    const {headers, json} = answers[2];
    assert.equal(json.error.type, 'requests');
    assert.equal(json.error.gateway.limit_count, 2);
    if (headers['retry-after'] === undefined) assert.equal(headers['x-should-retry'], 'false');
    else assert.ok(Number(headers['retry-after']) <= 60);
  });

  it('requests of a minute are worth a retry within it', async () => {
    await until('a minute with time left', () => new Date().getUTCSeconds() < 50, {within_ms: 15_000, every_ms: 100});
    const answers = [];
    for (let i = 0; i < 4; ++i) answers.push(await send('minute'));
    assert.deepEqual(answers.map((answer) => answer.status), [200, 200, 200, 429]);
    const {headers} = answers[3];
    const wait_s = Number(headers['retry-after']), wait_ms = Number(headers['retry-after-ms']);
    assert.ok(wait_s >= 1 && wait_s <= 60, `retry-after ${wait_s}`);
    assert.equal(wait_s, Math.ceil(wait_ms / 1000));
    assert.equal(headers['x-should-retry'], undefined);
  });

  it('tokens of a window are never passed, and are used up', async () => {
    const first = await send('tokens');
    const most = 2000 - Number(first.headers['x-ratelimit-remaining-tokens']);         // held for one request
    assert.equal(first.headers['x-ratelimit-limit-tokens'], '2000');
    assert.ok(most > 100, `holds ${most}`);
    await hammer(house.urls, {total: 150, clients: 32, key: house.keys.tokens});
    const {spent, held} = await limit_of('tokens');
    assert.equal(held, 0);
    assert.ok(spent <= 2000, `spent ${spent}`);
    assert.ok(2000 - spent < most, `spent only ${spent}, ${most} is the most of one`);
    const refused = await send('tokens');
    assert.equal(refused.status, 429);
    assert.equal(refused.json.error.type, 'tokens');
    assert.equal(refused.json.error.code, 'rate_limit_exceeded');
  });

  it('a request that no waiting makes small enough is not told to wait', async () => {
    const {status, headers} = await send('few_tokens', {body: {...one_cent, max_tokens: 200}});
    assert.equal(status, 429);
    assert.equal(headers['x-ai-budget-state'], 'ok', 'a limit of pace says nothing about money');
    assert.equal(headers['retry-after'], undefined);
  });

  it('requests at once are exact', async () => {
    const before = await house.reached();
    const told_to_wait = (answer) => {
      if (answer.status === 429) assert.ok(Number(answer.headers['retry-after']) >= 1);
    };
    const request = {key: house.keys.at_once, headers: {'x-mock-delay-ms': '2500'}};
    const tally = await hammer(house.urls, {total: 12, clients: 12, ...request, after: told_to_wait});
    assert.deepEqual(tally, {200: 3, '429 rate_limit_exceeded': 9});
    assert.equal(await house.reached() - before, 3);
  });

  it('one request after another never meets itself, streams neither', async () => {
    const agent = new http.Agent({keepAlive: true, maxSockets: 1});
    for (let i = 0; i < 25; ++i) {
      assert.equal((await send('one_by_one', {agent})).status, 200);
      const stream = open_stream(url, {agent, key: house.keys.one_by_one, body: {...one_cent, stream: true}});
      assert.equal((await stream.head).status, 200);
      assert.equal((await stream.rest()).at(-1), '[DONE]');
      assert.equal(stream.ending, 'clean');
    }
    agent.destroy();
  });

  it('money of a feature is held for that feature only', async () => {
    const support = {...worst, 'x-ai-feature': 'support'};
    const tally = await hammer(house.urls, {total: 20, clients: 20, key: house.keys.feature, headers: support});
    assert.deepEqual(tally, {200: 5, '402 feature_budget_exceeded': 15});
    const refused = await send('feature', {headers: support});
    assert.deepEqual(refused.json.error.gateway.scope, {kind: 'feature', id: 'support'});
    assert.equal((await send('feature', {headers: {'x-ai-feature': 'sales'}})).status, 200);
    assert.equal((await send('feature')).status, 200);
  });

  it('every end user has money of their own, whether named by header or by body', async () => {
    const by_header = (user) => send('users', {headers: {...worst, 'x-ai-end-user': user}});
    const by_body = (user) => send('users', {headers: worst, body: {...one_cent, user}});
    const statuses = [];
    for (const answer of [by_header('ann'), by_body('ben')]) statuses.push((await answer).status);
    for (const answer of [by_body('ann'), by_header('ben')]) statuses.push((await answer).status);
    assert.deepEqual(statuses, [200, 200, 200, 200]);
    for (const answer of [await by_body('ann'), await by_header('ben')]) {
      assert.equal(answer.status, 402);
      assert.equal(answer.json.error.code, 'end_user_budget_exceeded');
    }
    assert.equal((await by_header('cid')).status, 200);
  });

  it('leaving a tag out is no way around a limit', async () => {
    const statuses = [];
    for (let i = 0; i < 3; ++i) statuses.push((await send('agents')).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    assert.equal((await send('agents', {headers: {'x-ai-agent-id': 'one'}})).status, 200);
  });
});
