// A mock provider and a gateway of one's own: ephemeral ports, files in a temporary folder, ended by process id.
// Used by the SDK tests and by the benchmark.

import {execFile, spawn} from 'node:child_process';
import {existsSync, mkdtempSync, mkdirSync, openSync, readFileSync, rmSync, watch, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const binary = process.env.TOLLGATE_BINARY ?? join(root, 'build/release/tollgate');
export const admin_token = 'sandbox-3f9c1d7a5b2e4860';

const start_ms_max = 60_000;
const stop_ms_max = 40_000;
const run = promisify(execFile);

// Whatever ends this program ends what it started.
const alive = new Set();
process.on('exit', () => { for (const one of alive) one.child.kill(one.last_signal); });
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(code));

// A process of ours, its output in a file; `stop` asks it to end and waits until it has.
export class Process {
  constructor(command, args, {log, env = {}, wrap = [], last_signal = 'SIGTERM'} = {}) {
    const out = openSync(log, 'a');
    const [program, ...rest] = [...wrap, command, ...args];
    this.log = log;
    this.name = `${command} ${args[0] ?? ''}`;
    this.last_signal = last_signal;
    this.child = spawn(program, rest, {stdio: ['ignore', out, out], env: {...process.env, ...env}});
    alive.add(this);
    this.ended = new Promise((done) => {
      this.child.once('error', (error) => done({code: null, error}));
      this.child.once('exit', (code, signal) => done({code, signal}));
    }).finally(() => alive.delete(this));
  }

  get pid() { return this.child.pid; }

  tail(lines = 25) { return readFileSync(this.log, 'utf8').split('\n').slice(-lines).join('\n'); }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    const late = setTimeout(() => this.child.kill('SIGKILL'), stop_ms_max);
    const how = await this.ended;
    clearTimeout(late);
    return how;
  }
}

// Resolves with what `read` yields as soon as it yields something; `read` runs again on each change in `folder`.
async function when(folder, process, what, read) {
  const first = read();
  if (first !== undefined) return first;
  let watcher, timer;
  try {
    return await new Promise((done, fail) => {
      const look = () => {
        const found = read();
        if (found !== undefined) done(found);
      };
      watcher = watch(folder, look);
      timer = setTimeout(() => fail(new Error(`${what}: not within ${start_ms_max} ms\n${process.tail()}`)), start_ms_max);
      process.ended.then((how) => fail(new Error(`${what}: ended with ${JSON.stringify(how)}\n${process.tail()}`)));
      look();
    });
  } finally {
    watcher?.close();
    clearTimeout(timer);
  }
}

export async function start_mock(folder, {args = [], wrap = []} = {}) {
  const log = join(folder, 'mock.log');
  rmSync(log, {force: true});      // of an earlier one: it names another address
  const mock = new Process(binary, ['mock-upstream', '--listen', '127.0.0.1:0', ...args], {log, wrap});
  mock.url = await when(folder, mock, 'mock upstream', () => {
    return existsSync(log) ? readFileSync(log, 'utf8').match(/http:\/\/[0-9.]+:[0-9]+/)?.[0] : undefined;
  });
  mock.seen = async () => (await fetch(`${mock.url}/__mock/requests`)).json();
  return mock;
}

export async function start_gateway(folder, {name = 'gateway', wrap = [], args = []} = {}) {
  const ready = join(folder, `${name}.ready`);
  rmSync(ready, {force: true});
  const gateway = new Process(binary, ['serve', '--config', join(folder, 'tollgate.yaml'), '--ready-file', ready, ...args],
                              {log: join(folder, `${name}.log`), wrap});
  const at = await when(folder, gateway, 'gateway', () => {
    try {
      return JSON.parse(readFileSync(ready, 'utf8'));
    } catch {
      return undefined;
    }
  });
  gateway.url = `http://${at.data}`;
  gateway.admin_url = `http://${at.admin}`;
  gateway.server_pid = at.pid;
  return gateway;
}

export function temporary_folder(name) { return mkdtempSync(join(tmpdir(), `tollgate-${name}-`)); }

// ---- files: JSON is YAML ----

export const default_models = {
  'gpt-5': {tier: 'premium', input: 1.25, output: 10},
  'gpt-5-mini': {tier: 'standard', input: 0.25, output: 2},
  'gpt-5-nano': {tier: 'economy', input: 0.05, output: 0.4},
  'gpt-3.5-turbo-instruct': {tier: 'economy', input: 1.5, output: 2},
  'text-embedding-3-small': {tier: 'economy', input: 0.02, output: 0, embeddings: true},
};

function catalog_of(mock_url, models) {
  const entry = (model) => ({
    provider: 'mock', tier: model.tier, max_output_tokens: model.embeddings ? undefined : 32_000, context_tokens: 200_000,
    capabilities: model.embeddings ? ['embeddings'] : undefined,
  });
  return {
    tiers: ['premium', 'standard', 'economy'],
    providers: {mock: {base_url: `${mock_url}/v1`, quirks: 'mock', forward_headers: ['x-mock-*']}},
    models: Object.fromEntries(Object.entries(models).map(([name, model]) => [name, entry(model)])),
  };
}

function prices_of(models) {
  const row = ([model, {input, output}]) => ({provider: 'mock', model, input, output, effective_from: '2024-01-01'});
  return {version: 'sandbox-1', prices: Object.entries(models).map(row)};
}

// `policies`: tenant -> policy without its id and version. `settings` is laid over tollgate.yaml, section by section.
export function write_files(folder, {mock_url, policies, settings = {}, models = default_models}) {
  const put = (path, value) => writeFileSync(join(folder, path), JSON.stringify(value, null, 1));
  mkdirSync(join(folder, 'policies'), {recursive: true});
  const {server, admin, store, log, ...rest} = settings;
  put('tollgate.yaml', {
    server: {listen: '127.0.0.1:0', threads: 1, ...server},
    admin: {listen: '127.0.0.1:0', token: admin_token, ...admin},
    store: {url: `sqlite:${join(folder, 'tollgate.db')}`, ...store},
    log: {level: 'info', requests: 'off', ...log},
    state_dir: join(folder, 'state'),
    ...rest,
  });
  put('catalog.yaml', catalog_of(mock_url, models));
  put('prices.yaml', prices_of(models));
  for (const [tenant, policy] of Object.entries(policies)) {
    put(`policies/${tenant}.yaml`, {tenant_id: tenant, policy_version: `${tenant}-v1`, ...policy});
  }
}

// Runs a command of the gateway's and reads its JSON.
export async function command(folder, ...args) {
  const {stdout} = await run(binary, [...args, '--config', join(folder, 'tollgate.yaml'), '--json']);
  return JSON.parse(stdout);
}

export async function migrate(folder) { await run(binary, ['migrate', '--config', join(folder, 'tollgate.yaml')]); }

export async function create_key(folder, tenant, ...more) {
  const made = await command(folder, 'keys', 'create', '--tenant', tenant, ...more);
  return made.secret ?? made.key;
}

// The whole house: mock, files, keys for each tenant, gateway.
export async function open_sandbox({policies, settings, models, mock_args} = {}) {
  const folder = temporary_folder('sandbox');
  const mock = await start_mock(folder, {args: mock_args});
  write_files(folder, {mock_url: mock.url, policies, settings, models});
  const keys = {};
  for (const tenant of Object.keys(policies)) keys[tenant] = await create_key(folder, tenant);
  const gateway = await start_gateway(folder);
  const close = async () => {
    const how = await gateway.stop();
    await mock.stop();
    if (how.code !== 0) throw new Error(`gateway ended with ${JSON.stringify(how)}\n${gateway.tail()}`);
    rmSync(folder, {recursive: true, force: true});
  };
  return {folder, mock, gateway, keys, close};
}
