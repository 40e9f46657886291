// Several providers: who serves when the first one fails, who may not, and what the customer pays.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import {after, before, describe, it} from 'node:test';
import {admin_token} from '../../scripts/sandbox.mjs';
import {ask, one_cent, open_stream} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const ample = {hard_stop_usd: 1000};
const fallback = {max_attempts: 2, price_increase_max: 1.25};
const policies = {
  acme: {...ample, fallback},
  plain: ample,
  strict: {...ample, fallback: {...fallback, providers: ['approved']}},
  patient: {...ample, fallback: {...fallback, max_attempts: 3}},
  thrifty: {...ample, allowed_model_tiers: ['standard'], fallback},
  broke: {hard_stop_usd: 0.015, fallback},
};

// First routes that fail, each of a provider of its own: what a breaker learns in one test is no matter to the next.
const failing = [
  {name: 'refused', base: 'http://127.0.0.1:1', reason: 'provider_unavailable'},
  {name: 'error', steer: 'status=500', reason: 'provider_error'},
  {name: 'overloaded', steer: 'status=503', reason: 'provider_unavailable'},
  {name: 'limited', steer: 'status=429', reason: 'provider_rate_limited'},
  {name: 'hanging', steer: 'hang', reason: 'provider_timeout', lost: true},
  {name: 'resetting', base: 'resetter', reason: 'provider_unavailable', lost: true},
];
// What every provider would say, what the gateway's own credentials cause, and what a client has begun to see.
const final = [
  {name: 'bad-request', steer: 'status=400', status: 400},
  {name: 'unauthorised', steer: 'status=401', status: 502, code: 'provider_configuration_error'},
  {name: 'unpaid', steer: 'status=402', status: 502, code: 'provider_configuration_error'},
  {name: 'forbidden', steer: 'status=403', status: 502, code: 'provider_configuration_error'},
  {name: 'missing', steer: 'status=404', status: 404},
  {name: 'unprocessable', steer: 'status=422', status: 422},
  {name: 'error-in-200', steer: 'error-in-200', status: 400},
  {name: 'silent', steer: 'slow-body+gap-ms=5000', status: 504, code: 'provider_timeout', billed: true},
];

let house, resetter, wobbly;

// A provider that answers with its first byte of anything by a reset.
function start_resetter() {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.resetAndDestroy());
  });
  return listening(server);
}

// A provider that is well or not, as the test says.
function start_wobbly() {
  const server = http.createServer((request, answer) => {
    server.seen += 1;
    request.resume();
    request.on('end', () => {
      answer.writeHead(server.well ? 200 : 500, {'content-type': 'application/json'});
      const usage = {prompt_tokens: 1, completion_tokens: 16, total_tokens: 17};
      const choices = [{index: 0, message: {role: 'assistant', content: 'well'}, finish_reason: 'stop'}];
      answer.end(JSON.stringify(server.well ? {object: 'chat.completion', model: 'toll', choices, usage} : {}));
    });
  });
  return Object.assign(listening(server), {well: false, seen: 0});
}

function listening(server) {
  server.ready = new Promise((done) => server.listen(0, '127.0.0.1', () => {
    server.url = `http://127.0.0.1:${server.address().port}`;
    done();
  }));
  return server;
}

// Adds to {catalog, prices}: `route(provider, {...})` a provider and its price, `model(alias, routes, more)`.
function builder({catalog, prices}) {
  const {mock} = catalog.providers;
  const route = (provider, {base, steer, output = 100, ...more} = {}) => {
    const upstream = steer ? `toll+${steer}` : 'toll';
    const timeouts = {first_byte_timeout: '300ms', idle_timeout: '300ms'};
    catalog.providers[provider] ??= {...mock, ...timeouts, ...(base ? {base_url: `${base}/v1`} : {})};
    const known = prices.prices.some((price) => price.provider === provider && price.model === upstream);
    if (!known && output !== null)
      prices.prices.push({provider, model: upstream, input: 0, output, effective_from: '2024-01-01'});
    return {provider, upstream, ...more};
  };
  const model = (alias, routes, more = {}) => {
    const numbered = routes.map((each, index) => ({priority: index + 1, ...each}));
    catalog.models[alias] = {tier: 'standard', max_output_tokens: 32_000, context_tokens: 200_000, routes: numbered,
                             ...more};
  };
  return {route, model};
}

before(async () => {
  resetter = start_resetter();
  wobbly = start_wobbly();
  await Promise.all([resetter.ready, wobbly.ready]);
  house = await open_house({policies, change(files) {
    const {route, model} = builder(files);
    const spare = () => route('approved');
    const each_twice = [...failing, ...final].flatMap((one) => [one, {...one, name: `${one.name}-stream`}]);
    for (const {name, base, steer} of each_twice)
      model(name, [route(`first-${name}`, {base: base === 'resetter' ? resetter.url : base, steer}), spare()]);
    model('unapproved', [route('first-unapproved', {steer: 'status=500'}), route('other')]);
    model('dearer', [route('first-dearer', {steer: 'status=500'}), route('dear', {output: 126})]);
    model('as-dear', [route('first-as-dear', {steer: 'status=500'}), route('quarter', {output: 125})]);
    model('two-bad', [route('bad-1', {steer: 'status=500'}), route('bad-2', {steer: 'status=503'}), spare()]);
    model('alone', [route('first-alone', {base: 'http://127.0.0.1:1'})]);
    model('wobbly', [route('wobbly', {base: wobbly.url}), spare()]);
    model('poor', [route('first-poor', {steer: 'status=500'}), route('quarter')]);
    model('upward', [route('first-upward', {steer: 'status=500'})], {fallback: ['toll-premium']});
    model('sideways', [route('first-sideways', {steer: 'status=500'})], {fallback: ['toll-premium', 'toll']});
    model('half-priced', [route('unpriced', {output: null}), spare()]);
    model('shared', [route('share-a', {priority: 1, weight: 50}), route('share-b', {priority: 1, weight: 50})]);
  }});
});
after(async () => {
  await house.close();
  resetter.close();
  wobbly.closeAllConnections();
  wobbly.close();
});

async function exchange(model, {tenant = 'acme', stream = false, headers} = {}) {
  const reached = await house.reached();
  const body = {...one_cent, model, stream: stream || undefined};
  const answer = open_stream(house.gateway.url, {key: house.keys[tenant], headers, body});
  const head = await answer.head;
  const events = await answer.rest();
  await house.settled(tenant);
  const id = head.headers['x-request-id'];
  const record = await house.record(id, tenant);
  const error = () => JSON.parse(answer.raw).error;
  return {id, head, events, record, error, ending: answer.ending, reached: await house.reached() - reached};
}

async function operators_row(id, tenant) {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const {out, err, code} = await house.run('usage', 'export', '--tenant', tenant, '--from', from, '--format', 'jsonl');
  assert.equal(code, 0, err);
  const rows = out.split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((row) => row.request_id === id);
  assert.equal(rows.length, 1);
  return rows[0];
}

async function metric(name) {
  const {text} = await ask(house.gateway.admin_url, {method: 'GET', path: '/metrics', key: admin_token});
  const line = text.split('\n').find((each) => each.startsWith(`tollgate_${name} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe('another provider serves when the first one fails before its answer', () => {
  for (const {name, reason, lost} of failing) for (const stream of [false, true]) {
    it(`${name}${stream ? ', for a stream' : ''}`, async () => {
      const model = stream ? `${name}-stream` : name;
      const {id, head, events, record, ending} = await exchange(model, {stream});
      assert.equal(head.status, 200);
      assert.equal(ending, 'clean');
      assert.equal(head.headers['x-ai-fallback-reason'], reason);
      assert.equal(head.headers['x-ai-model-served'], model);
      if (stream) assert.equal(events.at(-1), '[DONE]');
      assert.equal(record.net_amount_usd, '0.0016');
      assert.equal(record.record.fallback_reason, reason);
      assert.equal(record.record.provider, 'approved');
      const row = await operators_row(id, 'acme');
      assert.equal(row.provider, 'approved');
      // The lost attempt may be billed to the operator; never to the customer.
      assert.equal(row.provider_cost_usd, lost ? '0.0116' : '0.0016');
    });
  }

  it('each attempt stands in the record', async () => {
    const {record} = await exchange('two-bad', {tenant: 'patient'});
    const {attempts, tries, fallback_reason} = record.record;
    assert.equal(attempts, 3);
    assert.deepEqual(tries.map(({provider, status}) => [provider, status]),
                     [['bad-1', 500], ['bad-2', 503], ['approved', 200]]);
    assert.ok(tries.every(({ms}) => Number.isInteger(ms)));
    assert.equal(fallback_reason, 'provider_error, provider_unavailable');
  });
});

describe('nobody takes the place', () => {
  for (const {name, status, code, billed} of final) for (const stream of [false, true]) {
    if (billed && stream) continue;
    it(`after ${name}${stream ? ', for a stream' : ''}`, async () => {
      const {head, record, error, reached} = await exchange(stream ? `${name}-stream` : name, {stream});
      assert.equal(head.status, status);
      if (code) assert.equal(error().code, code);
      assert.equal(reached, 1);
      assert.equal(head.headers['x-ai-fallback-reason'], undefined);
      assert.equal(record.record.attempts, 1);
      assert.equal(record.net_amount_usd, billed ? '0.01' : '0.00');
    });
  }

  it('once a stream has begun', async () => {
    const headers = {'x-mock-chunks': '4', 'x-mock-gap-ms': '5000'};
    const {head, events, record, ending, reached} = await exchange('shared', {headers, stream: true});
    assert.equal(head.status, 200);
    assert.equal(ending, 'broken');
    assert.equal(JSON.parse(events.at(-1)).error.code, 'provider_timeout');
    assert.equal(reached, 1);
    assert.equal(record.record.attempts, 1);
  });

  it('for a tenant without a `fallback` block', async () => {
    const {head, record, reached, error} = await exchange('error', {tenant: 'plain'});
    assert.equal(head.status, 502);
    assert.equal(error().code, 'provider_error');
    assert.equal(reached, 1);
    assert.equal(record.net_amount_usd, '0.00');
  });

  it('who is not among the approved providers', async () => {
    const refused = await exchange('unapproved', {tenant: 'strict'});
    assert.equal(refused.head.status, 502);
    assert.equal(refused.reached, 1);
    const approved = await exchange('error', {tenant: 'strict'});
    assert.equal(approved.head.status, 200);
    assert.equal(approved.record.record.provider, 'approved');
  });

  it('who is dearer than allowed, to the cent', async () => {
    const dearer = await exchange('dearer');
    assert.equal(dearer.head.status, 502);
    assert.equal(dearer.reached, 1);
    const as_dear = await exchange('as-dear');
    assert.equal(as_dear.head.status, 200);
    assert.equal(as_dear.record.net_amount_usd, '0.002'); // by the prices of the one that served
    assert.equal(as_dear.head.headers['x-ai-cost-estimated-usd'], '0.0125');
  });

  it('of a tier that is not allowed', async () => {
    const refused = await exchange('upward', {tenant: 'thrifty'});
    assert.equal(refused.head.status, 502);
    assert.equal(refused.reached, 1);
    const next = await exchange('sideways', {tenant: 'thrifty'});
    assert.equal(next.head.status, 200);
    assert.equal(next.head.headers['x-ai-model-served'], 'toll');
    const allowed = await exchange('upward');
    assert.equal(allowed.head.status, 200);
    assert.equal(allowed.head.headers['x-ai-model-served'], 'toll-premium');
    assert.equal(allowed.head.headers['x-ai-model-tier'], 'premium');
    assert.equal(allowed.head.headers['x-ai-model-requested'], 'upward');
    assert.equal(allowed.record.record.model_served, 'toll-premium');
  });

  it('beyond the attempts that the policy allows', async () => {
    const {head, record, reached} = await exchange('two-bad');
    assert.equal(head.status, 502);
    assert.equal(reached, 2);
    assert.equal(record.record.attempts, 2);
    assert.equal(record.net_amount_usd, '0.00');
  });

  it('when the budget does not hold for it', async () => {
    // The second hold takes the place of the first: 0.0125 fits into 0.015, and into the 0.013 that is left then.
    for (let i = 0; i < 2; ++i) {
      const fits = await exchange('poor', {tenant: 'broke'});
      assert.equal(fits.head.status, 200);
      assert.equal(fits.record.net_amount_usd, '0.002');
    }
    // Of 0.011 the first choice holds its 0.01; what would take its place does not fit.
    const spent = await exchange('poor', {tenant: 'broke'});
    assert.equal(spent.head.status, 502);
    assert.equal(spent.error().code, 'provider_error');
    assert.equal(spent.record.net_amount_usd, '0.00');
    assert.equal(spent.reached, 1);
  });
});

it('the same provider is tried again when it has not seen a byte', async () => {
  const {head, record} = await exchange('alone');
  assert.equal(head.status, 502);
  assert.equal(record.record.attempts, 2);
  assert.equal(head.headers['x-ai-fallback-reason'], undefined);
  assert.equal((await exchange('alone', {tenant: 'plain'})).record.record.attempts, 1);
});

it('a route without a price is passed over where money is limited', async () => {
  const {head, record} = await exchange('half-priced', {tenant: 'plain'});
  assert.equal(head.status, 200);
  assert.equal(record.record.provider, 'approved');
});

it('routes of one priority share the requests', async () => {
  // The slower one may get as little as a seventeenth of them: by 500 requests both have had some.
  const seen = new Set();
  for (let i = 0; seen.size < 2 && i < 500; ++i) seen.add((await exchange('shared')).record.record.provider);
  assert.deepEqual([...seen].sort(), ['share-a', 'share-b']);
});

it('a provider that goes on failing is passed over until it is well again', async () => {
  const breaker = () => metric('provider_breaker{provider="wobbly"}');
  for (let i = 0; await breaker() !== 2; ++i) {
    assert.ok(i < 10, 'the breaker does not open');
    await exchange('wobbly');
  }
  const seen = wobbly.seen;
  const around = await exchange('wobbly');
  assert.equal(around.head.status, 200);
  assert.equal(around.record.record.attempts, 1);
  assert.equal(around.head.headers['x-ai-fallback-reason'], 'provider_unavailable');
  assert.equal(wobbly.seen, seen);
  wobbly.well = true;
  await until('the first provider serves again', async () => {
    const {record} = await exchange('wobbly');
    return record.record.provider === 'wobbly';
  });
  assert.equal(await breaker(), 0);
});

it('each request has one row and one charge, and the books are right', async () => {
  for (const tenant of Object.keys(policies)) {
    const rows = await house.charged_rows(tenant);
    assert.equal(new Set(rows.map((row) => row.request_id)).size, rows.length);
  }
  await house.verify();
});
