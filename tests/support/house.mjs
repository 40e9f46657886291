// A mock provider, a store and one gateway or several, with the files of a test's own.

import {execFile} from 'node:child_process';
import {cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync, existsSync} from 'node:fs';
import {join} from 'node:path';
import {admin_token, binary, create_key, root, start_gateway, start_mock, temporary_folder} from '../../scripts/sandbox.mjs';
import {Postgres} from './postgres.mjs';
import {ask} from './client.mjs';
import {until} from './until.mjs';

// Output at 100 USD per million tokens and input for nothing: max_tokens 100 costs at most one cent.
export const models = {
  toll: {tier: 'standard', input: 0, output: 100},
  'toll-premium': {tier: 'premium', input: 0, output: 100},
  'toll-economy': {tier: 'economy', input: 0, output: 100},
  'toll-both': {tier: 'standard', input: 10, output: 100},
  'toll-unpriced': {tier: 'standard'},
};

// `change` may edit {catalog, prices} before they are written.
function written_files({mock_url, change}) {
  const entry = ({tier}) => ({provider: 'mock', tier, max_output_tokens: 32_000, context_tokens: 200_000});
  const price = ([model, {input, output}]) => ({provider: 'mock', model, input, output, effective_from: '2024-01-01'});
  const files = {
    catalog: {
      tiers: ['premium', 'standard', 'economy'],
      providers: {mock: {base_url: `${mock_url}/v1`, quirks: 'mock', forward_headers: ['x-mock-*']}},
      models: Object.fromEntries(Object.entries(models).map(([name, model]) => [name, entry(model)])),
    },
    prices: {version: 'test-1', prices: Object.entries(models).filter(([, each]) => 'input' in each).map(price)},
  };
  change?.(files);
  return files;
}

class House {
  nodes = [];
  keys = {};

  constructor(options) {
    this.folder = temporary_folder('house');
    this.options = options;
    mkdirSync(join(this.folder, 'policies'));
    cpSync(join(root, 'config', 'policies', 'templates'), join(this.folder, 'policies', 'templates'), {recursive: true});
  }

  // Whole or not at all: a gateway that watches never sees half a file.
  put(path, value) {
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 1);
    writeFileSync(join(this.folder, `${path}.new`), text);
    renameSync(join(this.folder, `${path}.new`), join(this.folder, path));
  }

  put_policy(tenant, policy) {
    this.put(`policies/${tenant}.yaml`, {tenant_id: tenant, policy_version: 'v1', ...policy});
  }

  // Every gateway serves under this version of the tenant's policy.
  in_force(tenant, version) {
    return until(`${version} of ${tenant}`, async () => {
      const live = this.nodes.filter((node) => node && !node.dead);
      const seen = await Promise.all(live.map((node) => this.get('/v1/account/budget', tenant, node)));
      return seen.every(({headers}) => headers['x-ai-quota-policy'] === version);
    });
  }

  // Another version of a tenant's policy, in force when this returns.
  async change_policy(tenant, version, policy) {
    this.put_policy(tenant, {policy_version: version, ...policy});
    await this.in_force(tenant, version);
  }

  // A gateway's own folder: its settings, its state, its logs.
  put_settings(name) {
    const {server, log, admin, ...rest} = this.options.settings ?? {};
    const own = join(this.folder, name);
    mkdirSync(own, {recursive: true});
    const files = {catalog: '../catalog.yaml', prices: '../prices.yaml', policies: '../policies'};
    this.put(`${name}/tollgate.yaml`, {
      server: {listen: '127.0.0.1:0', threads: 1, ...server},
      admin: {listen: '127.0.0.1:0', token: admin_token, ...admin},
      store: {url: this.store_url},
      log: {level: 'info', requests: join(own, 'requests.log'), ...log},
      state_dir: join(own, 'state'),
      files,
      ...rest,
    });
  }

  async start_node(number) {
    const name = `node${number}`;
    this.put_settings(name);
    this.nodes[number] = await start_gateway(join(this.folder, name));
    return this.nodes[number];
  }

  get gateway() { return this.nodes[0]; }
  get urls() { return this.nodes.map((node) => node.url); }

  // A command of the gateway's: {code, out, err}.
  run(...args) {
    const config = join(this.folder, 'node0', 'tollgate.yaml');
    return new Promise((done) => {
      execFile(binary, [...args, '--config', config], {maxBuffer: 64 << 20},
               (error, out, err) => done({code: error ? error.code : 0, out, err}));
    });
  }

  create_key(tenant, ...more) { return create_key(join(this.folder, 'node0'), tenant, ...more); }

  async verify() {
    const {code, out, err} = await this.run('ledger', 'verify');
    if (code !== 0) throw new Error(`ledger verify: exit ${code}\n${out}${err}`);
  }

  async get(path, tenant, node = this.gateway) { return ask(node.url, {method: 'GET', path, key: this.keys[tenant]}); }

  async budget(tenant, node) {
    const {status, json, text} = await this.get('/v1/account/budget', tenant, node);
    if (status !== 200) throw new Error(`budget of ${tenant}: ${status} ${text}`);
    return json;
  }

  // The rows of a tenant's requests that reached a provider, or may have.
  async charged_rows(tenant, node = this.gateway) {
    const {status, text} = await this.get('/v1/account/usage/export?format=jsonl', tenant, node);
    if (status !== 200) throw new Error(`export of ${tenant}: ${status} ${text}`);
    const rows = text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
    return rows.filter((row) => row.decision === 'allow');
  }

  // The record of one request, as soon as it is settled.
  record(id, tenant) {
    return until(`record of ${id}`, async () => {
      const {status, json} = await this.get(`/v1/account/requests/${id}`, tenant);
      return status === 200 && json;
    });
  }

  // Nothing is held any more: every request has ended.
  settled(tenant, node) {
    return until(`${tenant} holds nothing`, async () => {
      const budget = await this.budget(tenant, node);
      const prepaid_held = budget.prepaid?.held ?? '0.00';
      return budget.held === '0.00' && prepaid_held === '0.00' && budget;
    });
  }

  async reached() { return (await this.mock.seen()).total; }
  async last_seen() { return (await this.mock.seen()).requests.at(-1); }

  log_of(node) {
    const path = join(this.folder, `node${node}`, 'gateway.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  async close() {
    const ends = await Promise.all(this.nodes.filter((node) => node && !node.dead).map((node) => node.stop()));
    await this.mock?.stop();
    const bad = ends.find((how) => how.code !== 0);
    if (bad) throw new Error(`a gateway ended with ${JSON.stringify(bad)}; its logs are in ${this.folder}`);
    rmSync(this.folder, {recursive: true, force: true});
  }
}

// `store`: one of `stores` below, opened. `nodes`: how many gateways. `start: false`: files and keys, but no gateway.
export async function open_house({store, policies, nodes = 1, start = true, change, mock_args, ...options}) {
  const house = new House(options);
  house.mock = await start_mock(house.folder, {args: mock_args});
  house.store_url = store ? await store.new_database() : `sqlite:${join(house.folder, 'tollgate.db')}`;
  const files = written_files({mock_url: house.mock.url, change});
  house.put('catalog.yaml', files.catalog);
  house.put('prices.yaml', files.prices);
  for (const [tenant, policy] of Object.entries(policies)) house.put_policy(tenant, policy);
  house.put_settings('node0');
  for (const tenant of Object.keys(policies)) house.keys[tenant] = await house.create_key(tenant);
  for (let number = 0; start && number < nodes; ++number) await house.start_node(number);
  return house;
}

// Ends a gateway like a crash does.
export async function kill(node) {
  node.dead = true;
  await node.stop('SIGKILL');
}

export const stores = [
  {name: 'SQLite', open: async () => undefined},
  {name: 'PostgreSQL', open: () => Postgres.start()},
];
