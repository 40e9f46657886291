// Idempotency-Key: a request that was sent before is answered again, and neither run nor charged again.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {ask, one_cent, open_stream} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const policies = {
  acme: {hard_stop_usd: 1000},
  other: {hard_stop_usd: 1000},
  broke: {hard_stop_usd: 0.01},
  guarded: {hard_stop_usd: 1000, retry_guard: {same_request: 5}},
  suspended: {hard_stop_usd: 1000},
  counted: {hard_stop_usd: 1000, limits: [{name: 'few', per: 'key', requests: 3, window: 'day'}]},
};

for (const kind of stores) describe(`over ${kind.name}`, () => {
  let store, house, number = 0;
  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies, nodes: 2});
  });
  after(async () => {
    await house?.verify();
    await house?.close();
    await store?.close();
  });
  const fresh = () => `key-${++number}`;
  const send = (tenant, idempotency_key, {headers, node = house.gateway, ...request} = {}) =>
    ask(node.url, {key: house.keys[tenant], body: one_cent, headers: {'idempotency-key': idempotency_key, ...headers},
                   ...request});
  const spent = async (tenant) => (await house.budget(tenant)).spent;

  it('the second one is answered with the first one\'s bytes, in every process, at no cost', async () => {
    const name = fresh();
    const first = await send('acme', name);
    assert.equal(first.status, 200);
    assert.equal(first.headers['idempotency-replayed'], undefined);
    const reached = await house.reached(), paid = await spent('acme');
    for (const node of house.nodes) {
      const again = await send('acme', name, {node});
      assert.equal(again.status, 200);
      assert.equal(again.text, first.text);
      assert.equal(again.headers['content-type'], first.headers['content-type']);
      assert.equal(again.headers['idempotency-replayed'], 'true');
      assert.equal(again.headers['x-ai-original-request-id'], first.headers['x-request-id']);
      assert.notEqual(again.headers['x-request-id'], first.headers['x-request-id']);
      const row = await house.record(again.headers['x-request-id'], 'acme');
      assert.equal(row.decision, 'replay');
      assert.equal(row.net_amount_usd, '0.00');
      assert.equal(row.record.original_request_id, first.headers['x-request-id']);
      assert.equal(row.record.idempotency_key_used, true);
    }
    assert.equal(await house.reached(), reached);
    assert.equal(await spent('acme'), paid);
  });

  it('a stream is answered again event by event', async () => {
    const name = fresh();
    const body = {...one_cent, stream: true, stream_options: {include_usage: true}};
    const headers = {'idempotency-key': name};
    const first = open_stream(house.gateway.url, {key: house.keys.acme, body, headers});
    const events = await first.rest();
    assert.equal(events.at(-1), '[DONE]');
    const again = open_stream(house.nodes[1].url, {key: house.keys.acme, body, headers});
    const head = await again.head;
    assert.match(head.headers['content-type'], /^text\/event-stream/);
    assert.equal(head.headers['idempotency-replayed'], 'true');
    assert.deepEqual(await again.rest(), events);
    assert.equal(again.raw, first.raw);
    assert.equal(again.ending, 'clean');
  });

  it('while the first one runs, the second is told so and holds nothing', async () => {
    const name = fresh();
    const body = {...one_cent, stream: true};
    const headers = {'x-mock-chunks': '3', 'x-mock-gap-ms': '15000', 'idempotency-key': name};
    const first = open_stream(house.gateway.url, {key: house.keys.other, body, headers});
    await first.event();
    for (const node of house.nodes) {
      const again = await send('other', name, {node, body});
      assert.equal(again.status, 409);
      assert.equal(again.json.error.code, 'idempotency_in_progress');
      assert.equal(again.headers['retry-after'], '1');
      assert.equal(again.headers['x-should-retry'], undefined);
    }
    first.drop();
    await house.settled('other');
    // What was cut may run again.
    const again = await send('other', name, {body});
    assert.equal(again.status, 200);
    assert.equal(again.headers['idempotency-replayed'], undefined);
  });

  it('many at once run once', async () => {
    const name = fresh();
    const before = await house.reached();
    const answers = await Promise.all(Array.from({length: 24}, (_, i) =>
      send('acme', name, {node: house.nodes[i % 2], headers: {'x-mock-delay-ms': '100'}})));
    const ran = answers.filter((answer) => answer.status === 200 && !answer.headers['idempotency-replayed']);
    assert.equal(ran.length, 1);
    for (const {status, json} of answers) assert.ok(status === 200 || json.error.code === 'idempotency_in_progress');
    assert.equal(await house.reached() - before, 1);
  });

  it('another body under the same key is refused', async () => {
    const name = fresh();
    await send('acme', name);
    const again = await send('acme', name, {body: {...one_cent, max_tokens: 99}});
    assert.equal(again.status, 422);
    assert.equal(again.json.error.code, 'idempotency_key_reused');
  });

  it('a key belongs to its API key', async () => {
    const name = fresh();
    await send('acme', name);
    const second_key = await house.create_key('acme');
    const answers = [await send('other', name), await ask(house.gateway.url, {
      key: second_key, body: one_cent, headers: {'idempotency-key': name}})];
    for (const answer of answers) {
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['idempotency-replayed'], undefined);
    }
  });

  it('a quoted key is the same key, and one that is no key is refused', async () => {
    const name = fresh();
    await send('acme', name);
    assert.equal((await send('acme', `"${name}"`)).headers['idempotency-replayed'], 'true');
    assert.equal((await send('acme', 'k'.repeat(255))).status, 200);
    for (const bad of ['', '""', 'k'.repeat(256), 'caf\u00e9', 'a\tb']) {
      const answer = await send('acme', bad);
      assert.equal(answer.status, 400, JSON.stringify(bad));
      assert.match(answer.json.error.message, /Idempotency-Key/);
    }
  });

  it('a refused request keeps nothing, and its repeat is judged anew', async () => {
    const name = fresh();
    const dear = {...one_cent, max_tokens: 200};
    assert.equal((await send('broke', name, {body: dear})).status, 402);
    assert.equal((await send('broke', name, {body: dear})).status, 402);
    assert.equal((await send('broke', name)).status, 200);
  });

  it('a failed request may run again', async () => {
    const name = fresh();
    const failed = await send('acme', name, {headers: {'x-mock-status': '500'}});
    assert.ok(failed.status >= 500, `${failed.status}`);
    const again = await send('acme', name);
    assert.equal(again.status, 200);
    assert.equal(again.headers['idempotency-replayed'], undefined);
  });

  it('a repeat needs no money and no rate, and feeds no storm', async () => {
    const name = fresh();
    await send('counted', name);
    for (let i = 0; i < 8; ++i) assert.equal((await send('counted', name)).headers['idempotency-replayed'], 'true');
    assert.equal((await send('counted', fresh())).status, 200);
    await send('guarded', name);
    for (let i = 0; i < 20; ++i) assert.equal((await send('guarded', name)).status, 200);
  });

  it('a repeat is authenticated and judged by the tenant\'s policy', async () => {
    const name = fresh();
    await send('suspended', name);
    assert.equal((await ask(house.gateway.url, {key: 'sk-tg-none', body: one_cent,
                                                headers: {'idempotency-key': name}})).status, 401);
    house.put_policy('suspended', {...policies.suspended, policy_version: 'v2', status: 'suspended'});
    const refused = await until('the policy is in force', async () => {
      const answer = await send('suspended', name);
      return answer.status === 403 && answer;
    });
    assert.equal(refused.json.error.code, 'tenant_suspended');
  });

  it('an answer that is too long to keep is told, and never charged twice', async () => {
    const name = fresh();
    const body = {...one_cent, stream: true};
    const headers = {'x-mock-huge-line': '1200000'};
    const first = await send('acme', name, {body, headers});
    assert.equal(first.status, 200);
    assert.ok(first.text.length > 1024 * 1024, `${first.text.length} bytes`);
    const reached = await house.reached();
    const again = await send('acme', name, {body, headers});
    assert.equal(again.status, 409);
    assert.equal(again.json.error.code, 'idempotency_answer_not_kept');
    assert.equal(again.headers['x-should-retry'], 'false');
    assert.equal(await house.reached(), reached);
  });
});
