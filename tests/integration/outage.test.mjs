// PostgreSQL goes away and comes back: refused meanwhile, nothing lost, nothing charged twice.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ask, hammer, name_of, one_cent, open_stream} from '../support/client.mjs';
import {kill, open_house} from '../support/house.mjs';
import {Postgres} from '../support/postgres.mjs';
import {until} from '../support/until.mjs';

const ample = {hard_stop_usd: 1000};
const policies = {in_order: ample, crash: ample, back: ample, nowhere: ample, killed: ample, stopped: ample};

let store, house;
before(async () => {
  store = await Postgres.start();
  house = await open_house({store, policies});
});
after(async () => {
  await house?.close();
  await store?.close();
});

// Every request that reached the provider has one row and no more, and the books are right.
async function all_accounted(tenant, reached, answered) {
  const {spent, held} = await house.settled(tenant);
  assert.equal(held, '0.00');
  const rows = await house.charged_rows(tenant);
  assert.equal(new Set(rows.map((row) => row.request_id)).size, rows.length);
  const settled = rows.filter((row) => row.settlement_status === 'charged');
  assert.equal(settled.length, reached);
  assert.ok(settled.length >= answered, `${answered} answers, ${settled.length} rows`);
  const sum = rows.reduce((all, row) => all + Number(row.net_amount_usd), 0);
  assert.equal(sum.toFixed(9), Number(spent).toFixed(9));
  await house.verify();
}

async function outage_under_load(tenant, signal) {
  const key = house.keys[tenant];
  const counts = {before: 0, after: 0};
  let up_again = false;
  const count = async (answer) => {
    const name = name_of(answer);
    assert.ok(name === '200' || name === '503 ledger_unavailable', `during an outage: ${name} ${answer.text}`);
    if (name === '200') counts[up_again ? 'after' : 'before'] += 1;
  };
  const run = hammer(house.urls, {total: 1e6, clients: 24, key, after: count, until: () => counts.after >= 100});
  await until('load', () => counts.before >= 100);
  await store.stop(signal);
  // While it is away nobody gets through, and nobody waits for ever.
  const refused = await until('a refusal', async () => {
    const answer = await ask(house.gateway.url, {key, body: one_cent});
    return answer.status === 503 && answer;
  });
  assert.equal(refused.json.error.code, 'ledger_unavailable');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  await store.start();
  up_again = true;
  return run;
}

describe('PostgreSQL restarts under load', () => {
  const rows = [['in order', 'in_order', 'SIGINT'], ['like a crash', 'crash', 'SIGQUIT']];
  for (const [how, tenant, signal] of rows) it(how, async () => {
    const before = await house.reached();
    const tally = await outage_under_load(tenant, signal);
    await all_accounted(tenant, await house.reached() - before, tally[200]);
  });
});

describe('a stream that ends while PostgreSQL is away', () => {
  const streamed = {...one_cent, stream: true};
  const headers = {'x-mock-chunks': '16', 'x-mock-gap-ms': '40'};

  // Starts a stream, takes the store away, reads the stream to its end; yields its request id.
  async function end_in_outage(tenant) {
    const stream = open_stream(house.gateway.url, {key: house.keys[tenant], body: streamed, headers});
    const head = await stream.head;
    assert.equal(head.status, 200);
    await stream.event();
    await store.stop('SIGQUIT');
    const events = await stream.rest();
    assert.equal(events.at(-1), '[DONE]');
    assert.equal(stream.ending, 'clean');
    return head.headers['x-request-id'];
  }

  async function charged_once(tenant, id) {
    const record = await house.record(id, tenant);
    assert.equal(record.cost_source, 'provider_usage');
    assert.equal(record.net_amount_usd, '0.0016');
    await all_accounted(tenant, 1, 1);
  }

  it('reaches its client whole, waits in the outbox, and is charged once when PostgreSQL is back', async () => {
    const id = await end_in_outage('back');
    const readiness = async () => (await ask(house.gateway.admin_url, {method: 'GET', path: '/readyz'})).status;
    assert.equal(await readiness(), 503);
    await store.start();
    await charged_once('back', id);
    await until('readiness', async () => await readiness() === 200);
  });

  it('is told of when the outbox cannot be written either, and nothing new begins until it is charged', async () => {
    await house.gateway.stop();
    house.gateway.dead = true;
    // A pipe takes no writing at a position, as a full disk takes none at all.
    const outbox = join(house.folder, 'node0', 'state', 'outbox.log');
    rmSync(outbox);
    execFileSync('mkfifo', [outbox]);
    await house.start_node(0);
    const id = await end_in_outage('nowhere');
    const told = await until('readiness that tells', async () => {
      const {status, json} = await ask(house.gateway.admin_url, {method: 'GET', path: '/readyz'});
      return status === 503 && !json.checks.outbox.ok && json.checks.outbox.detail;
    });
    assert.match(told, /1 more in memory alone: .*outbox\.log: \S/);
    const metrics = async () => (await ask(house.gateway.admin_url, {method: 'GET', path: '/metrics'})).text;
    assert.match(await metrics(), /\ntollgate_ledger_endings_only_in_memory 1\n/);
    const began = performance.now();
    const refused = await ask(house.gateway.url, {key: house.keys.nowhere, body: one_cent});
    assert.equal(name_of(refused), '503 ledger_unavailable');
    assert.ok(performance.now() - began < 1500, 'without waiting for what cannot come');
    await store.start();
    await charged_once('nowhere', id);
    await until('readiness', async () => (await ask(house.gateway.admin_url, {method: 'GET', path: '/readyz'})).status === 200);
    assert.match(await metrics(), /\ntollgate_ledger_endings_only_in_memory 0\n/);
    const log = await until('the end in the log', () => /all that requests have cost is written/.test(house.log_of(0)) && house.log_of(0));
    assert.equal(log.match(/neither the store nor the outbox/g).length, 1);
    assert.equal(log.match(/all that requests have cost is written/g).length, 1);
    await house.gateway.stop();
    house.gateway.dead = true;
    rmSync(outbox);
    await house.start_node(0);
  });

  it('is charged from the outbox by the next run when the gateway is killed meanwhile', async () => {
    const id = await end_in_outage('killed');
    await kill(house.gateway);
    await store.start();
    await house.start_node(0);
    await charged_once('killed', id);
  });

  it('is charged from the outbox by the next run when the gateway is stopped meanwhile', async () => {
    const id = await end_in_outage('stopped');
    const how = await house.gateway.stop();
    assert.equal(how.code, 0);
    house.gateway.dead = true;
    await store.start();
    await house.start_node(0);
    await charged_once('stopped', id);
  });
});
