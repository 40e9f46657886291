// tollgate against nginx as a plain proxy and against another gateway. Parts:
//   A  CPU of the proxy's process per request, everything pinned to one core, rounds interleaved
//   B  requests a second and latency, everything on two cores
//   C  added latency at a moderate rate
//   D  CPU per relayed chunk of a stream, pinned as in A
//   E  memory of an idle stream
// Usage: node bench/run.mjs [--quick]

import {execFileSync} from 'node:child_process';
import {rmSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {join} from 'node:path';
import {root, start_mock, temporary_folder} from '../scripts/sandbox.mjs';
import {burst, connections_count, open_idle_streams, write_keys} from './load.mjs';
import {fixed, median, plan, say, step, table} from './report.mjs';
import {cpu_us, resident_kb, start_nginx, start_portkey, start_postgres, start_tollgate, tenants_count} from './servers.mjs';

const quick = process.argv.includes('--quick');
const rounds = quick ? 3 : 7;
const seconds = quick ? 1 : 2;
const idle_streams = quick ? 500 : 5000;
const stream_chunks = 50, short_chunks = 10;

const pinned_cases = [
  {name: '1 KB, 1,000 tenants', load: {bytes: 1024}},
  {name: '1 KB, one hot tenant', load: {bytes: 1024}, hot: true},
  {name: '80 KB, 1,000 tenants', load: {bytes: 80 * 1024}},
  {name: `stream of ${short_chunks} chunks`, load: {bytes: 1024, chunks: short_chunks}, stream: true},
  {name: `stream of ${stream_chunks} chunks`, load: {bytes: 1024, chunks: stream_chunks}, stream: true, per_chunk: true},
];

const crowd = 256;
const memory_for_files_mb = 3000; // above what a case writes
const two_core_cases = [
  ...pinned_cases.slice(0, 4),
  {name: `1 KB, 1,000 tenants, ${crowd} connections`, load: {bytes: 1024, connections: crowd}},
];

const result = {at: new Date().toISOString(), cores: cpus().length, cpu: cpus()[0].model, connections: connections_count,
                tenants: tenants_count, quick, pinned: [], two_cores: [], added_latency: [], idle_streams: []};

// ---- the servers of one part, each under the same affinity ----

async function open_house(folder, postgres, {cores, threads, states}) {
  const wrap = ['taskset', '-c', cores];
  postgres.pin(cores);
  const mock = await start_mock(folder, {wrap});
  const nginx = await start_nginx(folder, mock.url, {workers: threads, wrap});
  const portkey = await start_portkey(folder, mock.url, {wrap});
  const start = (name, store_url) =>
    start_tollgate(join(folder, name), {mock_url: mock.url, store_url, threads, wrap, state: states[name] ??= {}});
  const sqlite = await start('sqlite');
  const on_postgres = await start('postgresql', postgres.store_url);
  const proxies = [
    {name: 'nginx', server: nginx, keys: sqlite.keys},
    {name: 'Portkey 1.15 (no budgets)', server: portkey, keys: sqlite.keys},
    {name: 'tollgate, SQLite', server: sqlite, keys: sqlite.keys},
    {name: 'tollgate, PostgreSQL', server: on_postgres, keys: on_postgres.keys},
  ];
  for (const proxy of proxies) {
    proxy.all = write_keys(folder, `${proxy.name}-all`, proxy.keys);
    proxy.hot = write_keys(folder, `${proxy.name}-hot`, proxy.keys.slice(0, 1));
  }
  const direct = {name: 'direct', server: {url: mock.url, stream_url: mock.url}, all: proxies[0].all, hot: proxies[0].hot};
  const close = async () => {
    for (const server of [on_postgres, sqlite, portkey, nginx]) await server.stop();
    await mock.stop();
  };
  return {proxies, direct, postgres, close};
}

const url_of = (proxy, one) => (one.stream ? proxy.server.stream_url : proxy.server.url);
const keys_of = (proxy, one) => (one.hot ? proxy.hot : proxy.all);
const those_for = (proxies, one) => proxies.filter((proxy) => !one.stream || !proxy.server.plain_only);

// What the burst before has left to be written to the disk is not paid for by this one.
function load_on(proxy, one, how = {}) {
  execFileSync('sync');
  return burst(url_of(proxy, one), keys_of(proxy, one), {...one.load, seconds, headers: proxy.server.headers, ...how});
}

// A virtual machine gets its memory when a page is first used, and a page of a new file then costs ten times as much
// processor time as one whose memory was used before. That price is of the machine: it is paid before the bursts.
function use_memory_for_files(folder) {
  const file = join(folder, 'memory');
  execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=1M', `count=${memory_for_files_mb}`], {stdio: 'ignore'});
  rmSync(file);
}

// ---- A and D ----

async function measure_pinned(house, proxy, one, wrap) {
  const pids = proxy.server.pids();
  const store = house.postgres.pids();
  const before = cpu_us(pids);
  const store_before = cpu_us(store);
  const load = await load_on(proxy, one, {wrap});
  return {us: (cpu_us(pids) - before) / load.requests, store_us: (cpu_us(store) - store_before) / load.requests,
          rps: load.requests / (load.duration_us / 1e6)};
}

async function pinned_case(house, one, wrap) {
  const proxies = those_for(house.proxies, one);
  const seen = new Map(proxies.map((proxy) => [proxy.name, []]));
  for (let round = 0; round <= rounds; ++round) {
    step(`pinned to one core: ${one.name}, ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`);
    for (const proxy of proxies) {
      const got = await measure_pinned(house, proxy, one, wrap);
      if (round > 0) seen.get(proxy.name).push(got);
    }
  }
  const nginx = seen.get('nginx');
  for (const [proxy, values] of seen) {
    const ratio = median(values.map((value, i) => value.us / nginx[i].us));
    const us = median(values.map((value) => value.us));
    result.pinned.push({case: one.name, proxy, us, ratio, rps: median(values.map((value) => value.rps)),
                        store_us: proxy.includes('PostgreSQL') ? median(values.map((value) => value.store_us)) : undefined,
                        us_per_chunk: one.per_chunk ? us / stream_chunks : undefined});
  }
}

function report_pinned() {
  say(`\nA. CPU of the proxy's process per request. Everything on one core (proxy, provider, load generator), ${rounds} rounds of ` +
      `${seconds} s, interleaved; the ratio is the median of the rounds' ratios.`);
  const rows = result.pinned.map((row) => [row.case, row.proxy, fixed(row.us), fixed(row.ratio, 2), fixed(row.store_us)]);
  say(table([['case', 'proxy', 'us', 'x nginx', 'PostgreSQL us'], ...rows], 2));
  report_chunks();
}

// A stream's cost shared out over its chunks, and what each chunk beyond the first ones adds: that is the relaying alone.
function report_chunks() {
  const chunks = result.pinned.filter((row) => row.us_per_chunk !== undefined);
  for (const row of chunks) {
    const short = result.pinned.find((other) => other.proxy === row.proxy && other.case === `stream of ${short_chunks} chunks`);
    row.us_per_further_chunk = (row.us - short.us) / (stream_chunks - short_chunks);
  }
  const further = (row) => [fixed(row.us_per_further_chunk, 2), fixed(row.us_per_further_chunk / chunks[0].us_per_further_chunk, 2)];
  say(`\nD. CPU per relayed chunk, streams of ${stream_chunks} chunks, pinned as above: everything shared out over the chunks, and what a ` +
      `chunk beyond the first ${short_chunks} adds.`);
  say(table([['proxy', 'us a chunk', 'x nginx', 'us a further chunk', 'x nginx'],
             ...chunks.map((row) => [row.proxy, fixed(row.us_per_chunk, 2), fixed(row.ratio, 2), ...further(row)])]));
}

// ---- B ----

async function two_core_case(house, one) {
  const all = those_for([house.direct, ...house.proxies], one);
  const seen = new Map(all.map((proxy) => [proxy.name, []]));
  for (let round = 1; round <= Math.ceil(rounds / 2); ++round) {
    step(`two cores: ${one.name}, round ${round}`);
    for (const proxy of all) seen.get(proxy.name).push(await load_on(proxy, one));
  }
  const rps = (values) => median(values.map((value) => value.requests / (value.duration_us / 1e6)));
  const nginx = rps(seen.get('nginx'));
  for (const [proxy, values] of seen) {
    result.two_cores.push({case: one.name, proxy, rps: rps(values), ratio: rps(values) / nginx,
                           p50_ms: median(values.map((value) => value.p50_us)) / 1000,
                           p99_ms: median(values.map((value) => value.p99_us)) / 1000});
  }
}

function report_two_cores() {
  say(`\nB. Requests a second, ${connections_count} connections where nothing else is said, everything on ${result.cores} cores. Provider and load generator ` +
      'take their share of the same cores: figures compare with one another, not with other machines.');
  const rows = result.two_cores.map((row) => [row.case, row.proxy, fixed(row.rps, 0), fixed(row.ratio, 2), fixed(row.p50_ms, 2), fixed(row.p99_ms, 2)]);
  say(table([['case', 'proxy', 'req/s', 'x nginx', 'p50 ms', 'p99 ms'], ...rows], 2));
}

// ---- C ----

async function added_latency(house) {
  const all = [house.direct, ...house.proxies];
  const seen = new Map(all.map((proxy) => [proxy.name, []]));
  const think_ms = 64;
  for (let round = 1; round <= Math.ceil(rounds / 2); ++round) {
    step(`latency at a moderate rate, round ${round}`);
    for (const proxy of all) seen.get(proxy.name).push(await load_on(proxy, pinned_cases[0], {seconds: seconds + 1, think_ms}));
  }
  const of = (values, field) => median(values.map((value) => value[field])) / 1000;
  const direct = seen.get('direct');
  for (const [proxy, values] of seen) {
    result.added_latency.push({proxy, rps: median(values.map((value) => value.requests / (value.duration_us / 1e6))),
                               p50_ms: of(values, 'p50_us'), p99_ms: of(values, 'p99_us'),
                               added_p50_ms: of(values, 'p50_us') - of(direct, 'p50_us')});
  }
}

function report_latency() {
  say(`\nC. Latency of a 1 KB request at a moderate rate: ${connections_count} connections that pause about 64 ms between requests.`);
  const rows = result.added_latency.map((row) => [row.proxy, fixed(row.rps, 0), fixed(row.p50_ms, 3), fixed(row.p99_ms, 3), fixed(row.added_p50_ms, 3)]);
  say(table([['proxy', 'req/s', 'p50 ms', 'p99 ms', 'added p50 ms'], ...rows]));
}

// ---- E ----

async function idle_memory(house) {
  for (const proxy of those_for(house.proxies, {stream: true})) {
    step(`${idle_streams} idle streams: ${proxy.name}`);
    const before = resident_kb(proxy.server.pids());
    const close = await open_idle_streams(proxy.server.stream_url, proxy.keys, idle_streams);
    const after = resident_kb(proxy.server.pids());
    close();
    result.idle_streams.push({proxy: proxy.name, streams: idle_streams, kb_a_stream: (after - before) / idle_streams, resident_mb: after / 1024});
  }
}

function report_idle() {
  say(`\nE. Memory of ${idle_streams} streams that have begun and wait.`);
  const rows = result.idle_streams.map((row) => [row.proxy, fixed(row.kb_a_stream), fixed(row.resident_mb)]);
  say(table([['proxy', 'KB a stream', 'resident MB'], ...rows]));
}

// ---- all of it ----

async function main() {
  const folder = temporary_folder('bench');
  const states = {};
  const last = String(result.cores - 1), all = `0-${last}`;
  plan(pinned_cases.length * (rounds + 1) + (two_core_cases.length + 1) * Math.ceil(rounds / 2) + 5);
  step(`starting the servers, making ${tenants_count} keys in each store`);
  const postgres = await start_postgres(folder);

  const pinned = await open_house(folder, postgres, {cores: last, threads: 1, states});
  for (const one of pinned_cases) await pinned_case(pinned, one, ['taskset', '-c', last]);
  await pinned.close();
  report_pinned();

  step('starting the servers on all cores');
  const free = await open_house(folder, postgres, {cores: all, threads: Math.min(2, result.cores), states});
  for (const one of two_core_cases) {
    use_memory_for_files(folder);
    await two_core_case(free, one);
  }
  report_two_cores();
  await added_latency(free);
  report_latency();
  await idle_memory(free);
  report_idle();
  await free.close();

  await postgres.stop_fast();
  rmSync(folder, {recursive: true, force: true});
  writeFileSync(join(root, 'build/bench.json'), `${JSON.stringify(result, null, 1)}\n`);
  say('\nwritten to build/bench.json');
}

await main();
