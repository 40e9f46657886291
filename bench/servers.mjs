// The servers that are compared: nginx as a plain proxy, tollgate on either store, and the PostgreSQL it writes to.

import {execFileSync} from 'node:child_process';
import {chownSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createServer} from 'node:net';
import {Process, admin_token, start_gateway, temporary_folder, write_files} from '../scripts/sandbox.mjs';

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

// ---- PostgreSQL: private, default durability, reached over a unix socket in our folder ----

function postgres_folder() {
  const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  return `/usr/lib/postgresql/${versions[0]}/bin`;
}

export async function start_postgres(folder, {wrap}) {
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
  const server = new Process(`${bin}/postgres`, args, {log: join(folder, 'postgres.log'), wrap: [...wrap, ...as_user], last_signal: 'SIGQUIT'});
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

// A key for each tenant over the administration interface of the running gateway.
async function create_keys(gateway, names) {
  const keys = [];
  const headers = {authorization: `Bearer ${admin_token}`, 'content-type': 'application/json'};
  for (let i = 0; i < names.length; i += 50) {
    const made = names.slice(i, i + 50).map(async (tenant) => {
      const answer = await fetch(`${gateway.admin_url}/admin/v1/keys`, {
        method: 'POST', headers: {...headers, 'idempotency-key': `bench-${tenant}`},
        body: JSON.stringify({tenant, label: 'bench', feature: 'bench'}),
      });
      if (!answer.ok) throw new Error(`no key for ${tenant}: ${answer.status} ${await answer.text()}`);
      const {secret, key} = await answer.json();
      return secret ?? key;
    });
    keys.push(...await Promise.all(made));
  }
  return keys;
}

// `state` is kept between starts, so that keys survive: {folder, keys}.
export async function start_tollgate(folder, {mock_url, store_url, threads, wrap, state}) {
  mkdirSync(folder, {recursive: true});
  const names = Array.from({length: tenants_count}, (_, i) => tenant_name(i));
  write_files(folder, {
    mock_url,
    policies: Object.fromEntries(names.map((name) => [name, policy_with_everything_on()])),
    settings: {server: {threads}, store: store_url ? {url: store_url} : {}, log: {requests: join(folder, 'requests.jsonl')}},
  });
  const gateway = await start_gateway(folder, {wrap});
  state.keys ??= await create_keys(gateway, names);
  gateway.keys = state.keys;
  gateway.pids = () => [gateway.server_pid];
  gateway.stream_url = gateway.url;
  return gateway;
}

// ---- what a process has used ----

// CPU time of all threads in microseconds: nanoseconds where the kernel keeps them, else ticks of a hundredth of a second.
export function cpu_us(pids) {
  return pids.reduce((sum, pid) => sum + cpu_us_of(pid), 0);
}

function cpu_us_of(pid) {
  const tasks = `/proc/${pid}/task`;
  if (existsSync(`/proc/${pid}/schedstat`)) {
    const threads = readdirSync(tasks).map((thread) => {
      try {
        return Number(readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000;
      } catch {
        return 0;      // has just ended
      }
    });
    return threads.reduce((a, b) => a + b, 0);
  }
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

export function resident_kb(pids) {
  return pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]), 0);
}
