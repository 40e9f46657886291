// The admin API over the real program: tokens and roles, changes that happen once, and changes that reach two
// processes within a second.

import {after, before, describe, it} from 'node:test';
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {admin_token} from '../../scripts/sandbox.mjs';
import {ask, one_cent} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';

const within_ms = 1_000;
const starved_ms = 2_000; // more, where other tests take the cores and the disk from the gateways
const tokens = [
  {token: 'reader-0123456789', name: 'alice', role: 'read'},
  {token: 'operator-0123456789', name: 'bob', role: 'operate'},
  {token: 'treasurer-0123456789', name: 'carol', role: ['money']},
];
const ample = {monthly_budget_usd: 100, hard_stop_usd: 100};

let number = 0;
const fresh_key = () => `k${++number}`;

// {status, json, headers} of one call; `as`: a token's name.
function call(node, method, path, {as = 'admin', body, key, type} = {}) {
  const token = as === 'admin' ? admin_token : tokens.find((each) => each.name === as)?.token ?? as;
  const headers = {authorization: `Bearer ${token}`};
  if (key !== null && method !== 'GET') headers['idempotency-key'] = key ?? fresh_key();
  if (type) headers['content-type'] = type;
  return ask(node.admin_url, {method, path: `/admin/v1/${path}`, headers, body});
}

// Until `look` says yes. A look that begins after the time is up must.
async function soon(what, look) {
  const start = performance.now();
  for (;;) {
    const waited = performance.now() - start;
    if (await look()) return;
    assert.ok(waited < within_ms + starved_ms, `${what}: not within ${within_ms} ms`);
  }
}

const spend = (node, key) => ask(node.url, {key, body: one_cent});
const policy_of = (version, more = {}) => ({tenant_id: 'acme', policy_version: version, ...ample, ...more});

for (const {name, open} of stores) {
  describe(`the admin API over ${name}`, () => {
    let house, store, nodes;
    before(async () => {
      store = await open();
      house = await open_house({store, nodes: 2, policies: {acme: ample, beta: ample},
                                settings: {admin: {tokens}}});
      nodes = house.nodes;
    });
    after(async () => {
      await house?.close();
      await store?.stop();
    });

    it('answers holders of tokens, and what their roles name', async () => {
      const [node] = nodes;
      assert.equal((await ask(node.admin_url, {method: 'GET', path: '/healthz'})).status, 200);
      const bare = await ask(node.admin_url, {method: 'GET', path: '/admin/v1/tenants'});
      assert.equal(bare.status, 401);
      assert.match(bare.headers['www-authenticate'], /^Bearer/);
      assert.equal((await call(node, 'GET', 'tenants', {as: 'nobody-0123456789'})).status, 401);
      for (const as of ['admin', 'alice', 'bob', 'carol']) {
        assert.equal((await call(node, 'GET', 'tenants', {as})).status, 200, as);
      }
      const suspended = {body: {status: 'suspended'}};
      for (const as of ['alice', 'carol']) {
        const {status, json} = await call(node, 'PATCH', 'tenants/beta', {as, ...suspended});
        assert.deepEqual([status, json.role], [403, 'operate'], as);
      }
      const money = await call(node, 'POST', 'balances/beta/top-up', {as: 'bob', body: {usd: '1'}});
      assert.deepEqual([money.status, money.json.role], [403, 'money']);
    });

    it('makes a key once, whose secret is shown once and kept nowhere', async () => {
      const body = {tenant: 'acme', label: 'made by the API'};
      const first = await call(nodes[0], 'POST', 'keys', {as: 'bob', key: 'make-1', body});
      assert.equal(first.status, 201, first.text);
      const {secret, id} = first.json;
      const again = await call(nodes[1], 'POST', 'keys', {as: 'bob', key: 'make-1', body});
      assert.equal(again.status, 201);
      assert.equal(again.headers['idempotency-replayed'], 'true');
      assert.equal(again.json.id, id);
      assert.equal(again.json.secret, null);
      assert.equal((await call(nodes[1], 'POST', 'keys', {as: 'bob', key: 'make-1', body: {tenant: 'beta'}})).status, 422);
      assert.equal((await call(nodes[0], 'POST', 'keys', {as: 'bob', key: null, body})).status, 400);
      for (const node of nodes) assert.equal((await spend(node, secret)).status, 200);

      const bytes = store ? execFileSync(join(store.programs, 'pg_dump'), ['--no-owner', '-d', house.store_url],
                                         {maxBuffer: 64 << 20, ...store.user})
        : Buffer.concat(readdirSync(house.folder).filter((file) => file.startsWith('tollgate.db'))
          .map((file) => readFileSync(join(house.folder, file))));
      assert.ok(bytes.includes(id));
      assert.equal(bytes.includes(secret), false);
      for (const {token} of tokens) assert.equal(bytes.includes(token), false);
      assert.equal(house.log_of(0).includes(secret), false);

      const revoked = await call(nodes[0], 'DELETE', `keys/${id}`, {as: 'bob'});
      assert.equal(revoked.json.state, 'revoked');
      for (const node of nodes) await soon('revoked', async () => (await spend(node, secret)).status === 401);
    });

    it('runs one of many equal requests at once', async () => {
      const body = {tenant: 'acme', label: 'at once'};
      const all = await Promise.all(Array.from({length: 8}, (_, i) => {
        return call(nodes[i % 2], 'POST', 'keys', {key: 'at-once', body});
      }));
      const made = all.filter(({status, headers}) => status === 201 && !headers['idempotency-replayed']);
      assert.equal(made.length, 1, all.map(({status}) => status).join());
      assert.ok(all.every(({status}) => status === 201 || status === 409));
      const {json} = await call(nodes[0], 'GET', 'keys?tenant=acme');
      assert.equal(json.data.filter(({label}) => label === 'at once').length, 1);
    });

    it('rotates a key once, however many ask', async () => {
      const made = await call(nodes[0], 'POST', 'keys', {body: {tenant: 'acme', feature: 'support'}});
      const all = await Promise.all(Array.from({length: 6}, (_, i) => {
        return call(nodes[i % 2], 'POST', `keys/${made.json.id}/rotate`, {body: {grace: '1h'}});
      }));
      assert.deepEqual(all.map(({status}) => status).sort(), [201, 409, 409, 409, 409, 409]);
      const fresh = all.find(({status}) => status === 201).json;
      assert.equal(fresh.feature, 'support');
      for (const secret of [made.json.secret, fresh.secret]) assert.equal((await spend(nodes[1], secret)).status, 200);
    });

    it('suspends a tenant on every process within a second, and gives it back', async () => {
      const key = house.keys.beta;
      for (const node of nodes) assert.equal((await spend(node, key)).status, 200);
      const done = await call(nodes[0], 'PATCH', 'tenants/beta', {as: 'bob', body: {status: 'suspended'}});
      assert.equal(done.json.status, 'suspended');
      for (const node of nodes) {
        await soon('suspended', async () => (await spend(node, key)).json?.error?.code === 'tenant_suspended');
      }
      assert.equal((await call(nodes[1], 'GET', 'tenants/beta')).json.status_set, 'suspended');
      await call(nodes[1], 'PATCH', 'tenants/beta', {as: 'bob', body: {status: null}});
      for (const node of nodes) await soon('active again', async () => (await spend(node, key)).status === 200);
    });

    it('publishes a policy to every process within a second, rolls it back and withdraws it', async () => {
      const key = house.keys.acme;
      const policy_at = async (node) => (await spend(node, key)).headers['x-ai-quota-policy'];
      const everywhere = async (version) => {
        for (const node of nodes) await soon(version, async () => (await policy_at(node))?.includes(version));
      };
      await everywhere('v1');
      const first = await call(nodes[0], 'POST', 'policies/acme/publish', {as: 'bob', body: policy_of('api-v2')});
      assert.equal(first.status, 200, first.text);
      await everywhere('api-v2');
      const yaml = 'tenant_id: acme\npolicy_version: api-v3\nmonthly_budget_usd: 90\nhard_stop_usd: 100\n';
      const second = await call(nodes[1], 'POST', 'policies/acme/publish', {body: yaml, type: 'application/yaml'});
      assert.equal(second.status, 200, second.text);
      await everywhere('api-v3');

      const broken = await call(nodes[0], 'POST', 'policies/acme/publish', {body: `${yaml}hard_stop_us: 7\n`});
      assert.equal(broken.status, 422);
      assert.deepEqual([broken.json.problems[0].line, broken.json.problems[0].column], [5, 1]);
      assert.match(broken.json.problems[0].message, /hard_stop_usd/);
      const reused = await call(nodes[0], 'POST', 'policies/acme/publish', {body: policy_of('api-v3')});
      assert.equal(reused.status, 409);
      assert.match(reused.json.detail, /policy_version/);

      const back = await call(nodes[0], 'POST', 'policies/acme/rollback', {body: {version: 'api-v2'}});
      assert.equal(back.status, 200, back.text);
      await everywhere('api-v2');
      const shown = (await call(nodes[1], 'GET', 'policies/acme')).json;
      assert.deepEqual([shown.version, shown.source], ['api-v2', 'published']);
      assert.deepEqual(shown.versions.map(({version}) => version).sort(), ['api-v2', 'api-v3', 'v1']);
      assert.equal((await call(nodes[1], 'GET', 'policies/acme/versions/api-v3')).json.content.monthly_budget_usd, 90);

      await nodes[1].stop();
      nodes[1] = await house.start_node(1);
      assert.ok((await policy_at(nodes[1])).includes('api-v2'), 'after a restart');
      const gone = await call(nodes[1], 'DELETE', 'policies/acme/published');
      assert.equal(gone.json.source, 'file');
      await everywhere('v1');
    });

    it('serves a tenant that has no file', async () => {
      const policy = {tenant_id: 'gamma', policy_version: 'g1', ...ample, prepaid_balance_usd: 5};
      assert.equal((await call(nodes[0], 'POST', 'policies/gamma/publish', {body: policy})).status, 200);
      for (const node of nodes) {
        await soon('gamma', async () => (await call(node, 'GET', 'tenants/gamma')).status === 200);
      }
      const {json} = await call(nodes[1], 'POST', 'keys', {body: {tenant: 'gamma'}});
      assert.equal((await spend(nodes[1], json.secret)).status, 200);
      assert.equal((await call(nodes[0], 'GET', 'balances/gamma')).json.credited_usd, '5.00');
    });

    it('moves money once by its key', async () => {
      const body = {usd: '12.50', reason: 'invoice 7'};
      const first = await call(nodes[0], 'POST', 'balances/beta/top-up', {as: 'carol', key: 'inv-7', body});
      assert.equal(first.status, 201, first.text);
      const again = await call(nodes[1], 'POST', 'balances/beta/top-up', {as: 'carol', key: 'inv-7', body});
      assert.deepEqual(again.json, first.json);
      assert.equal((await call(nodes[0], 'POST', 'balances/beta/adjust', {body: {usd: '-20'}})).status, 409);
      const shown = (await call(nodes[0], 'GET', 'balances/beta')).json;
      assert.equal(shown.credited_usd, '12.50');
      const cli = await house.run('balance', 'top-up', '--tenant', 'beta', '--usd', '13', '--idempotency-key', 'inv-7');
      assert.equal(cli.code, 1);
      assert.match(cli.err, /used before/);
      await house.verify();
    });

    it('shows usage, decisions and alerts', async () => {
      const answer = await spend(nodes[0], house.keys.acme);
      const id = answer.headers['x-request-id'];
      await soon('recorded', async () => (await call(nodes[1], 'GET', `decisions/${id}`)).status === 200);
      const list = (await call(nodes[0], 'GET', 'decisions?tenant=acme&limit=1')).json;
      assert.equal(list.data[0].request_id, id);
      const more = (await call(nodes[0], 'GET', `decisions?tenant=acme&limit=1&after=${list.next}`)).json;
      assert.notEqual(more.data[0].request_id, id);
      const usage = (await call(nodes[0], 'GET', 'usage?group_by=tenant')).json;
      assert.deepEqual(usage.data.map(({tenant}) => tenant), ['acme', 'beta', 'gamma']);
      const spent = Number((await call(nodes[0], 'GET', 'tenants/acme')).json.spent);
      const levels = {levels: [0.5]}, budget = Number((spent * 1.5).toFixed(6));
      const tight = policy_of('tight', {monthly_budget_usd: budget, hard_stop_usd: budget, alerts: levels});
      assert.equal((await call(nodes[0], 'POST', 'policies/acme/publish', {body: tight})).status, 200);
      await soon('an alert', async () => (await call(nodes[1], 'GET', 'alerts?tenant=acme')).json.data.length > 0);
      assert.equal((await call(nodes[0], 'GET', 'prices')).json.version, 'test-1');
    });

    it('has all of it in the audit', async () => {
      const seen = [];
      for (let after = ''; after !== null;) {
        const {json} = await call(nodes[0], 'GET', `audit?limit=7${after && `&after=${after}`}`);
        seen.push(...json.data);
        after = json.next;
      }
      const names = new Set(seen.map(({what}) => what));
      for (const what of ['key.create', 'key.revoke', 'key.rotate', 'tenant.status', 'policy.publish',
                          'policy.rollback', 'policy.withdraw', 'balance.top_up']) assert.ok(names.has(what), what);
      assert.equal(seen.filter(({what}) => what === 'balance.top_up').length, 1);
      const status = seen.filter(({what}) => what === 'tenant.status');
      assert.deepEqual(status.map(({actor, before, after}) => [actor, before.status, after.status]),
                       [['bob', 'suspended', null], ['bob', null, 'suspended']]);
      assert.ok((await call(nodes[0], 'GET', 'audit?subject=beta')).json.data.every(({subject}) => subject === 'beta'));
    });
  });
}

describe('an admin listener without a token', () => {
  let house;
  before(async () => { house = await open_house({policies: {acme: ample}, settings: {admin: {token: ''}}}); });
  after(() => house?.close());

  it('serves health and metrics, and says how to set one', async () => {
    const {admin_url} = house.gateway;
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      assert.equal((await ask(admin_url, {method: 'GET', path})).status, 200, path);
    }
    const off = await ask(admin_url, {method: 'GET', path: '/admin/v1/tenants', headers: {authorization: 'Bearer '}});
    assert.equal(off.status, 403);
    assert.match(off.json.detail, /admin\.token/);
  });
});
