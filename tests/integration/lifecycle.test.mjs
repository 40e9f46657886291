// Keys, files and processes change while requests run.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync, renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import tls from 'node:tls';
import {admin_token} from '../../scripts/sandbox.mjs';
import {ask, one_cent, open_stream} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const ample = {hard_stop_usd: 1000};

for (const kind of stores) describe(`keys over ${kind.name}`, () => {
  let store, house;
  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies: {acme: ample}, nodes: 2});
  });
  after(async () => {
    await house?.close();
    await store?.close();
  });

  const create = async (...more) =>
    JSON.parse((await house.run('keys', 'create', '--tenant', 'acme', '--json', ...more)).out);
  const send = (key, node) => ask(house.urls[node], {key, body: one_cent});
  // The code of a key's refusal, or 200.
  const standing = async (key, node) => {
    const {status, json} = await send(key, node);
    return status === 200 ? 200 : json.error.code;
  };
  const becomes = (key, node, wanted, within_ms) =>
    until(`${wanted} at gateway ${node}`, async () => await standing(key, node) === wanted, {within_ms});

  it('a revoked key ends within a second on every gateway, though it was in use', async () => {
    const {secret, id} = await create();
    for (const node of [0, 1]) assert.equal(await standing(secret, node), 200);
    const {code} = await house.run('keys', 'revoke', id);
    assert.equal(code, 0);
    // A second is promised; another is for a machine that has other things to do.
    await Promise.all([0, 1].map((node) => becomes(secret, node, 'api_key_revoked', 2000)));
    for (const node of [0, 1]) {
      const answer = await send(secret, node);
      assert.equal(answer.status, 401);
      assert.match(answer.headers['www-authenticate'], /^Bearer/);
    }
  });

  it('a new key works at once, also when it was asked for before it was there', async () => {
    assert.equal(await standing('sk-tg-0000000000000000000000000000000000000000000', 0), 'invalid_api_key');
    const {secret} = await create();
    for (const node of [0, 1]) assert.equal(await standing(secret, node), 200);
  });

  it('a key ends when it expires', async () => {
    const at = new Date(Date.now() + 3000).toISOString().replace(/\.\d+Z/, 'Z');
    const {secret} = await create('--expires', at);
    assert.equal(await standing(secret, 0), 200);
    await becomes(secret, 0, 'api_key_expired', 10_000);
    assert.ok(Date.now() >= Date.parse(at), 'expired too early');
    assert.equal((await send(secret, 0)).status, 401);
  });

  it('a rotated key goes on for its grace, and not longer', async () => {
    const {secret, id} = await create();
    const fresh = JSON.parse((await house.run('keys', 'rotate', id, '--json')).out);
    for (const node of [0, 1]) for (const key of [secret, fresh.secret]) assert.equal(await standing(key, node), 200);
    const last = JSON.parse((await house.run('keys', 'rotate', fresh.id, '--grace', '0s', '--json')).out);
    assert.equal(await standing(last.secret, 1), 200);
    await until('its end', async () => await standing(fresh.secret, 1) !== 200, {within_ms: 2000});
    assert.equal(await standing(secret, 1), 200);
  });

  it('a key that pins models may use no others', async () => {
    const {secret} = await create('--models', 'toll-economy');
    assert.equal((await ask(house.urls[0], {key: secret, body: {...one_cent, model: 'toll-economy'}})).status, 200);
    const {status, json} = await send(secret, 0);
    assert.equal(status, 404);
    assert.equal(json.error.code, 'model_not_found');
  });
});

describe('files', () => {
  let house;
  before(async () => { house = await open_house({policies: {acme: ample, other: ample}}); });
  after(() => house?.close());

  const policy_of = async (tenant = 'acme') => {
    const {headers} = await ask(house.gateway.url, {key: house.keys[tenant], body: one_cent});
    return headers['x-ai-quota-policy'];
  };
  const readiness = async () => {
    const {status, json} = await ask(house.gateway.admin_url, {method: 'GET', path: '/readyz', key: admin_token});
    return {status, about: json.checks.configuration};
  };
  const complaint = (pattern) => until(`a complaint about ${pattern}`, async () => {
    const {status, about} = await readiness();
    assert.equal(status, 200);                                       // the old files serve as well as ever
    return about.ok === false && pattern.test(about.detail) && about;
  });
  const recovered = () => until('no complaint', async () => (await readiness()).about.ok === true);
  const in_force = (version) => until(`policy ${version}`, async () => await policy_of() === version);

  it('that change are in force within moments', async () => {
    assert.equal(await policy_of(), 'v1');
    house.put_policy('acme', {...ample, policy_version: 'v2'});
    await in_force('v2');
    assert.equal(await policy_of('other'), 'v1');
  });

  it('that are invalid change nothing, not even what is valid beside them', async () => {
    house.put('policies/other.yaml', 'tenant_id: other\npolicy_version: v2\nhard_stop_usd: lots\n');
    house.put_policy('acme', {...ample, policy_version: 'v3'});
    await complaint(/other\.yaml:3:\d+/);
    assert.equal(await policy_of(), 'v2');
    assert.equal(await policy_of('other'), 'v1');
    house.put_policy('other', {...ample, policy_version: 'v2'});
    await in_force('v3');
    await recovered();
  });

  it('with an unknown key name the nearest', async () => {
    house.put_policy('acme', {hard_stopusd: 5, policy_version: 'v4'});
    await complaint(/hard_stop_usd/);
    house.put_policy('acme', {...ample, policy_version: 'v4'});
    await in_force('v4');
    await recovered();
  });

  it('that change a policy without its version are not taken', async () => {
    house.put_policy('acme', {hard_stop_usd: 5, policy_version: 'v4'});
    await complaint(/v4/);
    assert.equal((await house.budget('acme')).limits[0].limit_usd, '1000.00');
    house.put_policy('acme', {hard_stop_usd: 5, policy_version: 'v5'});
    await in_force('v5');
    assert.equal((await house.budget('acme')).limits[0].limit_usd, '5.00');
    await recovered();
  });

  it('that bring a tenant or a price are in force without a restart', async () => {
    house.put_policy('fresh', ample);
    await until('the new tenant', async () => {
      const {code} = await house.run('keys', 'create', '--tenant', 'fresh');
      return code === 0;
    });
    house.keys.fresh = await house.create_key('fresh');
    await until('its policy', async () => await policy_of('fresh') === 'v1');
    const prices = JSON.parse(readFileSync(join(house.folder, 'prices.yaml'), 'utf8'));
    prices.version = 'test-2';
    for (const price of prices.prices) price.output = 200;
    house.put('prices.yaml', prices);
    await until('the new price', async () => {
      const {headers} = await ask(house.gateway.url, {key: house.keys.fresh, body: one_cent});
      return headers['x-ai-cost-estimated-usd'] === '0.02';
    });
  });

  it('of the log are opened again on SIGHUP', async () => {
    const log = join(house.folder, 'node0', 'requests.log');
    renameSync(log, `${log}.1`);
    process.kill(house.gateway.server_pid, 'SIGHUP');
    await until('a line in the new file', async () => {
      await policy_of();
      return readFileSync(log, 'utf8').includes('"request_id"');
    });
  });
});

describe('a gateway that is told to stop', () => {
  let house;
  before(async () => {
    house = await open_house({policies: {acme: ample}, settings: {server: {drain_timeout: '20s'}}});
  });
  after(() => house?.close());

  const slow_stream = async (steers) => {
    const headers = {'x-mock-completion-tokens': '500', ...steers};
    const body = {...one_cent, max_tokens: 1000, stream: true};
    const stream = open_stream(house.gateway.url, {key: house.keys.acme, headers, body});
    const head = await stream.head;
    assert.equal(head.status, 200);
    await stream.event();
    return {stream, id: head.headers['x-request-id']};
  };
  async function stop_while(stream) {
    const {gateway} = house;
    const ended = gateway.stop();
    const knock = () => ask(gateway.url, {key: house.keys.acme, body: one_cent});
    await until('no new connections', async () => (await knock()).failed === 'ECONNREFUSED');
    const events = await stream.rest();
    const how = await ended;
    gateway.dead = true;
    return {events, how};
  }

  it('lets a running stream end, takes no new requests, and exits with 0', async () => {
    const {stream, id} = await slow_stream({'x-mock-chunks': '20', 'x-mock-gap-ms': '100'});
    const {events, how} = await stop_while(stream);
    assert.equal(events.at(-1), '[DONE]');
    assert.equal(stream.ending, 'clean');
    assert.deepEqual(how, {code: 0, signal: null});
    await house.start_node(0);
    assert.equal((await house.record(id, 'acme')).cost_source, 'provider_usage');
    assert.equal((await house.budget('acme')).held, '0.00');
    await house.verify();
  });

  it('ends a stream that takes too long, charges what was seen, and exits with 0', async () => {
    await house.gateway.stop();
    house.gateway.dead = true;
    house.options.settings.server.drain_timeout = '500ms';
    await house.start_node(0);
    const {stream, id} = await slow_stream({'x-mock-chunks': '500', 'x-mock-gap-ms': '100'});
    const started = performance.now();
    const {events, how} = await stop_while(stream);
    assert.ok(performance.now() - started < 15_000);
    assert.equal(events.includes('[DONE]'), false);
    assert.equal(stream.ending, 'broken');
    assert.deepEqual(how, {code: 0, signal: null});
    await house.start_node(0);
    const record = await house.record(id, 'acme');
    assert.equal(record.cost_source, 'counted');
    assert.ok(Number(record.net_amount_usd) > 0);
    assert.equal((await house.budget('acme')).held, '0.00');
    await house.verify();
  });
});

describe('a certificate', () => {
  let house;
  const make = (name) => execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=x', '-keyout', `${name}.key`, '-out', `${name}.crt`], {cwd: house.folder, stdio: 'ignore'});
  const install = (name) => {
    const at = (file) => join(house.folder, file);
    for (const kind of ['key', 'crt']) renameSync(at(`${name}.${kind}`), at(`tls.${kind}`));
  };
  const serial = () => new Promise((done, fail) => {
    const {port} = new URL(house.gateway.url);
    const socket = tls.connect({port, host: '127.0.0.1', rejectUnauthorized: false}, () => {
      done(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', fail);
  });

  before(async () => {
    house = await open_house({policies: {acme: ample}, start: false, settings: {server: {}}});
    make('first');
    install('first');
    house.options.settings.server.tls = {cert: join(house.folder, 'tls.crt'), key: join(house.folder, 'tls.key')};
    await house.start_node(0);
  });
  after(() => house?.close());

  it('that changes on disk is used for new connections, and a broken one is not', async () => {
    const first = await serial();
    make('second');
    install('second');
    await until('the second certificate', async () => await serial() !== first);
    const second = await serial();
    house.put('tls.crt', 'no certificate');
    await until('a complaint', () => /the old one stays/.test(house.log_of(0)));
    assert.equal(await serial(), second);
    rmSync(join(house.folder, 'tls.crt'));
    assert.equal(await serial(), second);
  });
});
