// The servers that are compared: nginx as a plain proxy, tollgate on either store, and the PostgreSQL it writes to.

import {execFileSync} from 'node:child_process';
import {chownSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {cpus} from 'node:os';
import {join} from 'node:path';
import {Process, create_key, migrate, root, start_gateway, temporary_folder, write_files} from '../scripts/sandbox.mjs';

export const tenants_count = 1000;

// ---- nginx ----

async function free_port() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, '127.0.0.1', done));
  const {port} = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

// As an operator would set it up for this traffic: kept-alive connections, bodies in memory, streams unbuffered.
const nginx_config = ({workers, mock, plain_port, stream_port}) => `
daemon off;
worker_processes ${workers};
error_log stderr error;
pid nginx.pid;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 75s;
  tcp_nodelay on;
  client_max_body_size 64m;
  client_body_buffer_size 256k;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream provider { server ${mock}; keepalive 256; keepalive_requests 100000000; }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_read_timeout 600s;
  server { listen 127.0.0.1:${plain_port} backlog=4096; location / { proxy_pass http://provider; } }
  server { listen 127.0.0.1:${stream_port} backlog=4096; location / { proxy_pass http://provider; proxy_buffering off; } }
}
`;

export async function start_nginx(folder, mock_url, {workers, wrap}) {
  const home = join(folder, `nginx-${workers}`);
  mkdirSync(home, {recursive: true});
  const plain_port = await free_port();
  const stream_port = await free_port();
  const mock = new URL(mock_url).host;
  writeFileSync(join(home, 'nginx.conf'), nginx_config({workers, mock, plain_port, stream_port}));
  const nginx = new Process('nginx', ['-p', home, '-c', join(home, 'nginx.conf')], {log: join(home, 'nginx.log'), wrap});
  await until_answers(`http://127.0.0.1:${plain_port}/__mock/requests`, nginx);
  nginx.url = `http://127.0.0.1:${plain_port}`;
  nginx.stream_url = `http://127.0.0.1:${stream_port}`;
  nginx.pids = () => children_of(nginx.pid);
  return nginx;
}

async function until_answers(url, process) {
  for (let tries = 0; tries < 200; ++tries) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // not yet
    }
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`${process.name} does not answer\n${process.tail()}`);
}

function children_of(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

// ---- Portkey: a gateway of the field in its released form, which keeps no budgets and, on this Node, cannot stream ----

export async function start_portkey(folder, mock_url, {wrap}) {
  const port = await free_port();
  const script = join(root, 'bench/gateways/node_modules/@portkey-ai/gateway/build/start-server.js');
  const options = {log: join(folder, 'portkey.log'), env: {NODE_ENV: 'production'}, wrap};
  const portkey = new Process(process.execPath, [script, '--headless', `--port=${port}`], options);
  portkey.url = portkey.stream_url = `http://127.0.0.1:${port}`;
  await until_answers(portkey.url, portkey);
  portkey.pids = () => [portkey.pid];
  portkey.plain_only = true;
  portkey.headers = {'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${mock_url}/v1`};
  return portkey;
}

// ---- PostgreSQL: private, default durability, reached over a unix socket in our folder ----

function postgres_folder() {
  const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  return `/usr/lib/postgresql/${versions[0]}/bin`;
}

export async function start_postgres(folder) {
  const bin = postgres_folder();
  const home = temporary_folder('postgres');      // of its own: the server's user must be able to reach it
  let as_user = [];
  let user = process.env.USER ?? 'tollgate';
  if (process.getuid() === 0) {
    // The server refuses to run as root.
    user = 'postgres';
    const id = (flag) => Number(execFileSync('id', [flag, user], {encoding: 'utf8'}));
    chownSync(home, id('-u'), id('-g'));
    as_user = ['setpriv', '--reuid', user, '--regid', String(id('-g')), '--clear-groups', '--'];
  }
  const quiet = {stdio: 'ignore', cwd: home};
  const init = [...as_user, `${bin}/initdb`, '-D', join(home, 'data'), '-U', 'tollgate', '-A', 'trust', '-E', 'UTF8', '--no-locale'];
  execFileSync(init[0], init.slice(1), quiet);
  const settings = ['listen_addresses=', `unix_socket_directories=${home}`, 'max_connections=20'];
  const args = ['-D', join(home, 'data'), ...settings.flatMap((setting) => ['-c', setting])];
  const server = new Process(`${bin}/postgres`, args, {log: join(folder, 'postgres.log'), wrap: as_user, last_signal: 'SIGQUIT'});
  for (let tries = 0; ; ++tries) {
    try {
      execFileSync(`${bin}/pg_isready`, ['-q', '-h', home], quiet);
      break;
    } catch {
      if (tries > 200) throw new Error(`PostgreSQL does not start\n${server.tail()}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  execFileSync(`${bin}/createdb`, ['-h', home, '-U', 'tollgate', 'tollgate'], quiet);
  server.store_url = `postgresql://tollgate@/tollgate?host=${encodeURIComponent(home)}`;
  server.pids = () => [server.pid, ...children_of(server.pid)];
  // Its processes, those still to come included, run on these cores.
  server.pin = (cores) => server.pids().forEach((pid) => execFileSync('taskset', ['-acp', cores, String(pid)], {stdio: 'ignore'}));
  // A fast shutdown: open connections do not hold it up.
  server.stop_fast = async () => {
    await server.stop('SIGINT');
    rmSync(home, {recursive: true, force: true});
  };
  return server;
}

// ---- tollgate: every kind of limit on ----

export const tenant_name = (i) => `tenant-${String(i).padStart(4, '0')}`;

function policy_with_everything_on() {
  return {
    monthly_budget_usd: 50_000, hard_stop_usd: 60_000, daily_soft_limit_usd: 40_000, prepaid_balance_usd: 100_000,
    allowed_model_tiers: ['standard', 'economy'], blocked_features: ['bulk_enrichment'],
    over_limit_action: 'fail_closed',
    limits: [
      {name: 'key-rpm', per: ['key'], requests: 100_000_000, window: 'minute'},
      {name: 'key-tokens', per: ['key'], tokens: 1_000_000_000_000, window: 'day'},
      {name: 'key-inflight', per: ['key'], concurrency: 100_000},
      {name: 'feature-month', per: ['feature'], cost_usd: 50_000, window: 'month'},
      {name: 'one-request', per_request_usd: 10},
    ],
  };
}

// A key for each tenant. The command reads a folder with that tenant alone: it starts in no time.
async function create_keys(folder, names, {mock_url, settings}) {
  const keys = new Array(names.length);
  const workers = Array.from({length: cpus().length}, async (_, worker) => {
    const own = join(folder, `keys-${worker}`);
    for (let i = worker; i < names.length; i += cpus().length) {
      mkdirSync(own, {recursive: true});
      write_files(own, {mock_url, policies: {[names[i]]: policy_with_everything_on()}, settings});
      keys[i] = await create_key(own, names[i], '--feature', 'bench');
      rmSync(own, {recursive: true});
    }
  });
  await Promise.all(workers);
  return keys;
}

// `state` is kept between starts on one store, so that its keys serve again: {keys}.
export async function start_tollgate(folder, {mock_url, store_url, threads, wrap, state}) {
  mkdirSync(folder, {recursive: true});
  const names = Array.from({length: tenants_count}, (_, i) => tenant_name(i));
  const store = {url: store_url ?? `sqlite:${join(folder, 'tollgate.db')}`};
  const settings = {server: {threads}, store, log: {requests: join(folder, 'requests.jsonl')}, state_dir: join(folder, 'state')};
  write_files(folder, {mock_url, policies: Object.fromEntries(names.map((name) => [name, policy_with_everything_on()])), settings});
  if (!state.keys) {
    await migrate(folder);
    state.keys = await create_keys(folder, names, {mock_url, settings});
  }
  const gateway = await start_gateway(folder, {wrap});
  gateway.keys = state.keys;
  gateway.pids = () => [gateway.server_pid];
  gateway.stream_url = gateway.url;
  return gateway;
}

// ---- what a process has used ----

// CPU time of all threads in microseconds: nanoseconds where the kernel keeps them, else ticks of a hundredth of a second.
// A process that has just ended counts nothing.
export function cpu_us(pids) {
  return pids.reduce((sum, pid) => sum + (cpu_us_of(pid) ?? 0), 0);
}

function cpu_us_of(pid) {
  const read = (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  };
  if (read(`/proc/${pid}/schedstat`)) {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + Number(read(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0) / 1000, 0);
  }
  const fields = read(`/proc/${pid}/stat`)?.replace(/^.*\) /, '').split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) * 10_000;
}

export function resident_kb(pids) {
  return pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]), 0);
}
