// What people get wrong when they set a gateway up: it is found, and the message says what to do.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import {admin_token, binary, start_gateway, temporary_folder, write_files} from '../../scripts/sandbox.mjs';

const mock_url = 'http://127.0.0.1:1';
const local = {server: {listen: '127.0.0.1:0'}, admin: {listen: '127.0.0.1:0', token: admin_token}};

function fresh() {
  const folder = temporary_folder('mistakes');
  write_files(folder, {mock_url, policies: {}});
  return folder;
}

function run(folder, ...args) {
  return new Promise((done) => {
    execFile(binary, [...args, '--config', join(folder, 'tollgate.yaml')],
             (error, out, err) => done({code: error ? error.code : 0, signal: error?.signal, all: out + err}));
  });
}

describe('check tells of a policy', () => {
  let folder;
  before(() => { folder = fresh(); });
  after(() => rmSync(folder, {recursive: true, force: true}));

  const limit = (text) => `limits:\n  - {${text}}`;
  const rows = [
    ['a key without its unit', 'hard_stop: 5', 'unknown key `hard_stop`; did you mean `hard_stop_usd`?'],
    ['a key without its first word', 'budget_usd: 5', 'did you mean `monthly_budget_usd`?'],
    ['a key in another case', 'Hard_Stop_USD: 5', 'did you mean `hard_stop_usd`?'],
    ['a key with hyphens', 'hard-stop-usd: 5', 'did you mean `hard_stop_usd`?'],
    ['a key in camel case', 'hardStopUsd: 5', 'did you mean `hard_stop_usd`?'],
    ['no blank behind a colon', 'hard_stop_usd:5', 'did you mean `hard_stop_usd`?'],
    ['a dollar sign', 'hard_stop_usd: $5', 'is not an amount in USD'],
    ['a thousands separator', 'hard_stop_usd: 1,000', 'is not an amount in USD'],
    ['a negative amount', 'hard_stop_usd: -5', 'must not be negative'],
    ['no value', 'hard_stop_usd:', '`hard_stop_usd` has no value'],
    ['a key twice', 'hard_stop_usd: 5\nhard_stop_usd: 6', 'appears twice'],
    ['a tab', '\thard_stop_usd: 5', 'tab'],
    ['limits the wrong way round', 'monthly_budget_usd: 9\nhard_stop_usd: 5', 'must not be below `monthly_budget_usd`'],
    ['an action that is none', 'over_limit_action: downgrade_then_failclosed', 'fail_closed'],
    ['a tier that is none', 'allowed_model_tiers: [standrad]', 'did you mean `standard`?'],
    ['an empty list of tiers', 'allowed_model_tiers: []', 'names no tier'],
    ['a zone that is none', 'timezone: Europe/Berln', 'no time zone `Europe/Berln`'],
    ['a window that is none', limit('name: a, cost_usd: 5, window: monthly'), 'did you mean `month`?'],
    ['a limit without a window', limit('name: a, cost_usd: 5'), '`window` is missing'],
    ['a limit of two things', limit('name: a, cost_usd: 5, requests: 5, window: day'), 'exactly one of'],
    ['a limit per nothing', limit('name: a, per: user, cost_usd: 5, window: day'), 'end_user'],
    ['a model nobody has', limit('name: a, match: {model: gpt-6}, cost_usd: 5, window: day'), 'does not have'],
    ['a template nobody has', 'extends: usage-based', 'no template `usage-based`'],
    ['a target nobody has', 'downgrade: {accepted: true, to: {premium: gpt-5-min}}', 'did you mean `gpt-5-mini`?'],
    ['a number for a duration', 'retry_guard: {same_request: 5, within: 60}', 'is not a duration such as'],
    ['percent for a share', 'alerts: {levels: [50]}', '`50` is over 10'],
    ['a variable that is not set', 'name: ${NOBODY_SETS_THIS}', 'NOBODY_SETS_THIS` is not set'],
  ];
  for (const [what, text, expected] of rows) it(what, async () => {
    writeFileSync(join(folder, 'policies/zz.yaml'), `tenant_id: zz\npolicy_version: v1\n${text}\n`);
    const {code, all} = await run(folder, 'check');
    assert.equal(code, 1, all);
    assert.match(all, /policies\/zz\.yaml:\d+:\d+: /);
    assert.ok(all.includes(expected), all);
    assert.equal(all.includes('has no money limit'), false, 'a warning that follows from the mistake');
  });

  const warnings = [
    ['a downgrade that was not accepted', 'hard_stop_usd: 5\ndowngrade: {to: {premium: gpt-5-mini}}', '`accepted` is not true'],
    ['no limit at all', 'name: Acme', 'has no money limit of any kind'],
  ];
  for (const [what, text, expected] of warnings) it(`${what}, as a warning`, async () => {
    writeFileSync(join(folder, 'policies/zz.yaml'), `tenant_id: zz\npolicy_version: v1\n${text}\n`);
    const {code, all} = await run(folder, 'check');
    assert.equal(code, 0, all);
    assert.ok(all.includes(expected), all);
  });
});

describe('check tells of the other files', () => {
  const edit = (file, change) => (folder) => {
    const {catalog, prices, settings} = files_of();
    const all = {catalog, prices, tollgate: settings};
    change(all[file]);
    writeFileSync(join(folder, `${file}.yaml`), JSON.stringify(all[file]));
  };
  const files_of = () => ({
    catalog: {tiers: ['standard'], providers: {mock: {base_url: `${mock_url}/v1`, quirks: 'mock'}},
              models: {m: {provider: 'mock', tier: 'standard', max_output_tokens: 100, context_tokens: 1000}}},
    prices: {version: 'p', prices: [{provider: 'mock', model: 'm', input: 1, output: 1, effective_from: '2024-01-01'}]},
    settings: {...local},
  });
  const rows = [
    ['an address that names an endpoint', edit('catalog', (c) => { c.providers.mock.base_url += '/chat/completions'; }), 'must end before the endpoint'],
    ['an address without its scheme', edit('catalog', (c) => { c.providers.mock.base_url = 'api.example.com'; }), 'https://'],
    ['a multiplier that makes it free', edit('prices', (p) => { p.prices[0].multipliers = {priority: 0}; }), 'would make it free'],
    ['a price below zero', edit('prices', (p) => { p.prices[0].input = -1; }), 'must not be negative'],
    ['a price without its output', edit('prices', (p) => { delete p.prices[0].output; }), '`output` is missing'],
    ['a path outside of /v1', edit('tollgate', (s) => { s.server = {unmetered_paths: ['/']}; }), '/v1/moderations'],
    ['a pattern for a path', edit('tollgate', (s) => { s.server = {unmetered_paths: ['/v1/*']}; }), '/v1/moderations'],
    ['a port without an address', edit('tollgate', (s) => { s.server = {listen: 8080}; }), 'an address and a port'],
    ['a size in thousands', edit('tollgate', (s) => { s.server = {body_bytes_max: '16MB'}; }), 'KiB, MiB'],
    ['another database', edit('tollgate', (s) => { s.store = {url: 'mysql://u:hunter2@h/d'}; }), 'postgresql://'],
    ['an open door for administrators', edit('tollgate', (s) => { s.admin = {listen: '0.0.0.0:9090', token: 'admin'}; }), 'hard to guess'],
    ['a setting at the wrong place', edit('tollgate', (s) => { s.listen = '0.0.0.0:8080'; }), 'unknown key `listen`'],
  ];
  for (const [what, change, expected] of rows) it(what, async () => {
    const folder = fresh();
    change(folder);
    const {code, all} = await run(folder, 'check');
    assert.equal(code, 1, all);
    assert.ok(all.includes(expected), all);
    assert.equal(all.includes('hunter2'), false);
    rmSync(folder, {recursive: true, force: true});
  });

  it('no policy at all, as a warning', async () => {
    const folder = fresh();
    const {code, all} = await run(folder, 'check');
    assert.equal(code, 0);
    assert.match(all, /warning: no policy is here/);
    rmSync(folder, {recursive: true, force: true});
  });
});

it('a list of models may have blanks behind its commas', async () => {
  const folder = fresh();
  writeFileSync(join(folder, 'policies/acme.yaml'), 'tenant_id: acme\npolicy_version: v1\nhard_stop_usd: 5\n');
  const {code, all} = await run(folder, 'keys', 'create', '--tenant', 'acme', '--models', 'gpt-5, gpt-5-mini', '--json');
  assert.equal(code, 0, all);
  assert.match(all, /"gpt-5",\s*"gpt-5-mini"/);
  rmSync(folder, {recursive: true, force: true});
});

describe('serve says why it cannot', () => {
  let folder, taken;
  before(async () => {
    folder = fresh();
    taken = net.createServer();
    await new Promise((done) => taken.listen(0, '127.0.0.1', done));
  });
  after(async () => {
    await new Promise((done) => taken.close(done));
    rmSync(folder, {recursive: true, force: true});
  });

  const put = (settings) => {
    const state_dir = join(folder, 'state');
    const store = {url: `sqlite:${join(folder, 'tollgate.db')}`};
    writeFileSync(join(folder, 'tollgate.yaml'), JSON.stringify({...local, store, state_dir, ...settings}));
  };
  const address = () => `127.0.0.1:${taken.address().port}`;
  const rows = [
    ['its address is taken', () => ({server: {listen: address()}}), 1, () => `cannot listen on ${address()}: Address already in use`],
    ['the address of its administrators is taken', () => ({admin: {listen: address(), token: admin_token}}), 1,
     () => `cannot listen on ${address()}: Address already in use`],
    ['its address is another machine\'s', () => ({server: {listen: '192.0.2.1:8080'}}), 1, () => 'cannot listen on 192.0.2.1:8080'],
    ['the store is away', () => ({store: {url: 'postgresql://u:hunter2@127.0.0.1:1/d'}}), 3, () => 'cannot reach the store'],
    ['the store is no database', () => ({store: {url: `sqlite:${join(folder, 'tollgate.yaml')}`}}), 1, () => 'file is not a database'],
    ['its folder is none', () => ({state_dir: '/dev/null/x'}), 1, () => 'state_dir: /dev/null/x'],
    ['migrations are pending', () => ({store: {url: `sqlite:${join(folder, 'other.db')}`, migrate: false}}), 1, () => 'run `tollgate migrate`'],
  ];
  for (const [what, settings, expected, message] of rows) it(what, async () => {
    put(settings());
    const {code, signal, all} = await run(folder, 'serve');
    assert.deepEqual([code, signal ?? null], [expected, null], all);
    assert.ok(all.includes(message()), all);
    assert.equal(all.includes('hunter2'), false);
  });

  it('another process uses its folder', async () => {
    put({});
    const first = await start_gateway(folder);
    const {code, all} = await run(folder, 'serve');
    assert.equal(code, 1, all);
    assert.match(all, /another tollgate process uses it/);
    assert.equal((await first.stop()).code, 0);
  });
});
