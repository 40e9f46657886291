// Rate limits over several processes: exact, told in every spelling, and free again before an answer's last byte.

import assert from 'node:assert/strict';
import http from 'node:http';
import {after, before, describe, it} from 'node:test';
import {ask, hammer, one_cent, open_stream} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const ample = (...limits) => ({hard_stop_usd: 1000, limits});
const policies = {
  told: ample({name: 'key-rpm', per: 'key', requests: 60, window: 'hour'},
              {name: 'key-tpm', per: 'key', tokens: 90_000, window: 'day'},
              {name: 'at "once"', per: 'key', concurrency: 5},
              {name: 'money', per: 'key', cost_usd: 100, window: 'day'}),
  minute: ample({name: 'rpm', per: 'key', requests: 30, window: 'minute'}),
  token_minute: ample({name: 'tpm', per: 'key', tokens: 1500, window: 'minute'}),
  at_once: ample({name: 'at-once', per: 'key', concurrency: 3}),
  one_by_one: ample({name: 'one', per: 'key', concurrency: 1}),
  both: ample({name: 'few', per: 'key', requests: 2, window: 'day'},
              {name: 'many', per: 'key', requests: 50, window: 'day'}),
  tiny: ample({name: 'tiny', per: 'key', tokens: 50, window: 'minute'}),
  ever: ample({name: 'ever', per: 'key', requests: 1, window: 'total'}),
};
// A window that turns in mid-test would let more through.
const early_in_minute = () =>
  until('a minute with time left', () => new Date().getUTCSeconds() < 45, {within_ms: 20_000, every_ms: 100});

for (const kind of stores) describe(`over ${kind.name}`, () => {
  let store, house;
  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies, nodes: 3});
  });
  after(async () => {
    await house?.verify();
    await house?.close();
    await store?.close();
  });
  const send = (tenant, request = {}) => ask(house.gateway.url, {key: house.keys[tenant], body: one_cent, ...request});
  const limit_of = async (tenant, name) => (await house.budget(tenant)).limits.find((limit) => limit.name === name);

  it('every rate that applies is told in RateLimit and RateLimit-Policy', async () => {
    const {headers} = await send('told');
    assert.equal(headers['ratelimit-policy'],
                 '"key-rpm";q=60;w=3600, "key-tpm";q=90000;w=86400;qu="tokens", ' +
                 '"at \\"once\\"";q=5;qu="concurrent-requests"');
    const told = headers.ratelimit.match(/^"key-rpm";r=59;t=(\d+), "key-tpm";r=(\d+);t=(\d+), "at \\"once\\"";r=4$/);
    assert.ok(told, headers.ratelimit);
    assert.ok(Number(told[1]) <= 3600 && Number(told[3]) <= 86_400);
    assert.equal(headers['x-ratelimit-remaining-requests'], '59');
    assert.equal(headers['x-ratelimit-remaining-tokens'], told[2]);
  });

  it('requests of a minute are exact over three processes', async () => {
    await early_in_minute();
    const before = await house.reached();
    const tally = await hammer(house.urls, {total: 90, clients: 45, key: house.keys.minute});
    assert.deepEqual(tally, {200: 30, '429 rate_limit_exceeded': 60});
    assert.equal(await house.reached() - before, 30);
    const {status, headers, json} = await send('minute');
    assert.equal(status, 429);
    const wait_s = Number(headers['retry-after']);
    assert.ok(wait_s >= 1 && wait_s <= 60, `retry-after ${wait_s}`);
    assert.equal(Math.ceil(Number(headers['retry-after-ms']) / 1000), wait_s);
    assert.equal(Number(headers.ratelimit.match(/^"rpm";r=0;t=(\d+)$/)[1]), wait_s, 'both name the same moment');
    assert.equal(headers['x-should-retry'], undefined);
    assert.ok(Math.abs(Date.parse(json.error.gateway.resets_at) - Date.now() - wait_s * 1000) < 2000);
  });

  it('tokens of a minute are never passed over three processes', async () => {
    await early_in_minute();
    await hammer(house.urls, {total: 90, clients: 45, key: house.keys.token_minute});
    const {spent, held} = await limit_of('token_minute', 'tpm');
    assert.equal(held, 0);
    assert.ok(spent <= 1500 && spent > 1000, `spent ${spent}`);
  });

  it('requests at once are exact over three processes', async () => {
    const request = {key: house.keys.at_once, headers: {'x-mock-delay-ms': '2500'}};
    const tally = await hammer(house.urls, {total: 15, clients: 15, ...request});
    assert.deepEqual(tally, {200: 3, '429 rate_limit_exceeded': 12});
  });

  it('a refused request consumes nothing of any limit', async () => {
    const statuses = [];
    for (let i = 0; i < 12; ++i) statuses.push((await send('both')).status);
    assert.deepEqual(statuses, [200, 200, ...Array(10).fill(429)]);
    assert.equal((await limit_of('both', 'few')).spent, 2);
    assert.equal((await limit_of('both', 'many')).spent, 2);
  });

  for (const [tenant, what] of [['tiny', 'is larger than its limit'], ['ever', 'meets a limit that never turns']])
    it(`a request that ${what} is not worth a retry`, async () => {
      if (tenant === 'ever') assert.equal((await send(tenant)).status, 200);
      const {status, headers, json} = await send(tenant);
      assert.equal(status, 429);
      assert.equal(headers['retry-after'], undefined);
      assert.equal(headers['x-should-retry'], 'false');
      assert.equal(json.error.gateway.retryable, false);
    });

  for (const stream of [false, true])
    it(`one at a time: the next ${stream ? 'stream' : 'request'} right after a last byte is never refused`, async () => {
      const agent = new http.Agent({keepAlive: true, maxSockets: 1});
      for (let i = 0; i < 200; ++i) {
        const node = house.nodes[i % 3];
        const key = house.keys.one_by_one;
        const request = {agent: stream ? false : agent, key, body: {...one_cent, stream}};
        if (!stream) {
          assert.equal((await ask(node.url, request)).status, 200, `number ${i}`);
          continue;
        }
        const one = open_stream(node.url, request);
        assert.equal((await one.head).status, 200, `number ${i}`);
        let event;
        do assert.ok(event = await one.event(), `number ${i}`); while (event !== '[DONE]');
      }
      agent.destroy();
    });
});
