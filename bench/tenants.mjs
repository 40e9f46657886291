// Ten thousand tenants: how long a start takes, and what a reload costs the requests that run meanwhile.
// Usage: node bench/tenants.mjs [--quick]

import {renameSync, rmSync, readFileSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {join} from 'node:path';
import {create_key, root, start_gateway, start_mock, temporary_folder, write_files} from '../scripts/sandbox.mjs';
import {fixed, say, table} from './report.mjs';

const quick = process.argv.includes('--quick');
const tenants = quick ? 1_000 : 10_000;
const clients = 8;
const pause_ms = 4;
const quiet_ms = quick ? 2_000 : 5_000;

const policy_of = (number, version) => ({
  policy_version: version, monthly_budget_usd: 500, hard_stop_usd: 600, daily_soft_limit_usd: 35,
  allowed_model_tiers: ['standard', 'economy', 'premium'], over_limit_action: 'fail_closed',
  limits: [
    {name: 'support-month', match: {feature: 'support'}, cost_usd: 200 + number % 7, window: 'month'},
    {name: 'agent-rpm', per: 'agent', requests: 100_000, window: 'minute'},
  ],
});

async function timed_start(folder) {
  const start = performance.now();
  const gateway = await start_gateway(folder);
  return {gateway, ms: performance.now() - start};
}

function one_request(gateway, key, agent) {
  const {hostname, port} = new URL(gateway.url);
  const body = JSON.stringify({model: 'gpt-5-nano', max_tokens: 16, messages: [{role: 'user', content: 'hi'}]});
  const headers = {authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': body.length};
  return new Promise((done) => {
    const start = performance.now();
    const client = http.request({hostname, port, method: 'POST', path: '/v1/chat/completions', headers, agent}, (answer) => {
      answer.resume();
      answer.on('end', () => done({ms: performance.now() - start, ok: answer.statusCode === 200}));
      answer.on('error', () => done({ok: false}));
    });
    client.on('error', () => done({ok: false}));
    client.end(body);
  });
}

// Requests of a few clients until `over()`; their times in order, and how many failed.
async function load(gateway, key, over) {
  const agent = new http.Agent({keepAlive: true, maxSockets: clients});
  const times = [];
  let failed = 0;
  const client = async () => {
    while (!over()) {
      const {ms, ok} = await one_request(gateway, key, agent);
      if (ok) times.push(ms);
      else failed += 1;
      await new Promise((done) => setTimeout(done, pause_ms));
    }
  };
  await Promise.all(Array.from({length: clients}, client));
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return {requests: times.length, failed, p50: at(0.5), p99: at(0.99), max: times.at(-1)};
}

const reloads = (gateway) => (readFileSync(gateway.log, 'utf8').match(/configuration reloaded/g) ?? []).length;

async function main() {
  const folder = temporary_folder('tenants');
  const mock = await start_mock(folder);
  const names = Array.from({length: tenants}, (_, i) => `tenant_${String(i).padStart(5, '0')}`);
  const policies = Object.fromEntries(names.map((name, i) => [name, policy_of(i, 'v1')]));
  write_files(folder, {mock_url: mock.url, policies});
  const first = await timed_start(folder);
  await first.gateway.stop();
  const second = await timed_start(folder);
  const {gateway} = second;
  const key = await create_key(folder, names[0]);
  await load(gateway, key, ((end) => () => performance.now() > end)(performance.now() + 500));
  const quiet = await load(gateway, key, ((end) => () => performance.now() > end)(performance.now() + quiet_ms));

  const path = join(folder, 'policies', `${names[1]}.yaml`);
  writeFileSync(`${path}.new`, JSON.stringify({tenant_id: names[1], ...policy_of(1, 'v2')}));
  renameSync(`${path}.new`, path);
  const changed = performance.now();
  let took;
  const during = await load(gateway, key, () => {
    if (took === undefined && reloads(gateway) > 0) took = performance.now() - changed;
    return took !== undefined || performance.now() - changed > 60_000;
  });
  await gateway.stop();
  await mock.stop();
  rmSync(folder, {recursive: true, force: true});

  const result = {at: new Date().toISOString(), tenants, first_start_ms: first.ms, start_ms: second.ms, reload_ms: took, quiet, during};
  say(`\nF. ${tenants} tenants with a policy file each.`);
  say(table([['start', 'ms'], ['the first, every version stored', fixed(first.ms, 0)], ['again', fixed(second.ms, 0)],
             ['reload after one file changed', fixed(took, 0)]]));
  const row = (name, one) => [name, String(one.requests), String(one.failed), fixed(one.p50, 2), fixed(one.p99, 2), fixed(one.max, 2)];
  say(table([['requests', 'count', 'failed', 'p50 ms', 'p99 ms', 'max ms'], row('quiet', quiet), row('during the reload', during)]));
  say(`  p99 during the reload is ${fixed(during.p99 / quiet.p99, 2)} times the quiet one.`);
  writeFileSync(join(root, 'build/bench-tenants.json'), `${JSON.stringify(result, null, 1)}\n`);
}

await main();
