// What a provider does wrong: what the client gets, and what is charged for it.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {ask, one_cent, open_stream} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';

const cost = {nothing: '0.00', all: '0.0016', hold: '0.01'};       // 16 words; the worst case
const ample = {hard_stop_usd: 1000};
const policies = {acme: ample, lenient: {...ample, usage_unknown: 'release'}};

let house;
before(async () => {
  house = await open_house({policies, change({catalog, prices}) {
    const {mock} = catalog.providers, {toll} = catalog.models;
    catalog.providers.hasty = {...mock, first_byte_timeout: '300ms', idle_timeout: '300ms'};
    catalog.models['toll-hasty'] = {...toll, provider: 'hasty', upstream: 'toll'};
    prices.prices.push({provider: 'hasty', model: 'toll', input: 0, output: 100, effective_from: '2024-01-01'});
    catalog.providers.nobody = {...mock, base_url: 'http://127.0.0.1:1/v1'};
    catalog.models['toll-nobody'] = {...toll, provider: 'nobody', upstream: 'toll'};
    prices.prices.push({provider: 'nobody', model: 'toll', input: 0, output: 100, effective_from: '2024-01-01'});
  }});
});
after(() => house.close());

function steered(steers) {
  return Object.fromEntries(Object.entries(steers).map(([name, value]) => [`x-mock-${name}`, String(value)]));
}

// Sends, reads to the end, waits for the settlement.
async function exchange({steers = {}, stream = false, model = 'toll', tenant = 'acme'}) {
  const reached = await house.reached();
  const body = {...one_cent, model, stream: stream || undefined};
  const answer = open_stream(house.gateway.url, {key: house.keys[tenant], headers: steered(steers), body});
  const head = await answer.head;
  const events = await answer.rest();
  await house.settled(tenant);
  const record = await house.record(head.headers['x-request-id'], tenant);
  return {head, events, record, ending: answer.ending, text: answer.raw, attempts: await house.reached() - reached};
}

function assert_error(error, code) {
  for (const member of ['message', 'type', 'param', 'code']) assert.ok(member in error, `no ${member}`);
  if (code !== undefined) assert.equal(error.code, code);
}

describe('an error of the provider costs nothing', () => {
  const rows = [
    {steers: {status: 500}, status: 502, code: 'provider_error'},
    {steers: {status: 503, 'error-shape': 'html'}, status: 502, code: 'provider_unavailable'},
    {steers: {status: 401}, status: 502, code: 'provider_configuration_error'},
    {steers: {status: 403}, status: 502, code: 'provider_configuration_error'},
    {steers: {status: 429, 'retry-after': 7}, status: 429, code: 'provider_rate_limited', retry_after: '7'},
    {steers: {status: 429, 'retry-after': 3600}, status: 429, code: 'provider_rate_limited', retry_after: '60'},
    {steers: {status: 400}, status: 400},
    {steers: {status: 404, 'error-shape': 'string'}, status: 404},
    {steers: {'error-in-200': 1}, status: 400},
  ];
  for (const {steers, status, code, retry_after} of rows) for (const stream of [false, true]) {
    it(`${JSON.stringify(steers)} is ${status}${stream ? ' for a stream' : ''}`, async () => {
      const {head, record, ending, text} = await exchange({steers, stream});
      assert.equal(head.status, status);
      assert.equal(ending, 'clean');
      assert.match(head.headers['content-type'], /^application\/json/);
      const {error} = JSON.parse(text);
      assert_error(error, code);
      assert.equal(error.gateway.origin, 'provider');
      assert.equal(head.headers['retry-after'], retry_after);
      if (status >= 500) assert.equal(head.headers['x-should-retry'], 'false');
      assert.equal(record.net_amount_usd, cost.nothing);
      assert.equal(record.settlement_status, 'voided');
    });
  }

  it('a provider that cannot be reached is 502', async () => {
    const {head, record, text} = await exchange({model: 'toll-nobody'});
    assert.equal(head.status, 502);
    assert_error(JSON.parse(text).error, 'provider_unavailable');
    assert.equal(record.net_amount_usd, cost.nothing);
  });
});

describe('a provider that never answers', () => {
  for (const stream of [false, true]) it(`is 504, charged what was held${stream ? ' for a stream' : ''}`, async () => {
    const {head, record, text, attempts} = await exchange({steers: {hang: 1}, model: 'toll-hasty', stream});
    assert.equal(head.status, 504);
    assert_error(JSON.parse(text).error, 'provider_timeout');
    assert.equal(head.headers['x-should-retry'], 'false');
    assert.equal(record.net_amount_usd, cost.hold);
    assert.equal(record.cost_source, 'estimated');
    assert.equal(attempts, 1);
  });

  it('is charged nothing where the policy says release', async () => {
    const {head, record} = await exchange({steers: {hang: 1}, model: 'toll-hasty', tenant: 'lenient'});
    assert.equal(head.status, 504);
    assert.equal(record.net_amount_usd, cost.nothing);
  });
});

describe('a whole answer that is cut', () => {
  const rows = [{'reset-after': 0}, {'reset-after': 1}, {'cut-after': 0}, {'cut-after': 1}];
  for (const steers of rows) it(`${JSON.stringify(steers)} is 502, and charged what was held`, async () => {
    const {head, record, text} = await exchange({steers});
    assert.equal(head.status, 502);
    assert_error(JSON.parse(text).error, 'provider_unavailable');
    assert.equal(record.net_amount_usd, cost.hold);
  });

  it('by silence is 504', async () => {
    const {head, record} = await exchange({steers: {'slow-body': 1, 'gap-ms': 5000}, model: 'toll-hasty'});
    assert.equal(head.status, 504);
    assert.equal(record.net_amount_usd, cost.hold);
  });
});

describe('a stream that is cut ends with an error event and not cleanly', () => {
  // The first event has no text; then one word each.
  const rows = [
    {steers: {'reset-after': 3, chunks: 8}, cost: '0.0004'},
    {steers: {'cut-after': 3, chunks: 8}, cost: '0.0004'},
    {steers: {'no-done': 1}, cost: cost.all},
    {steers: {chunks: 4, 'gap-ms': 5000}, model: 'toll-hasty', code: 'provider_timeout'},
  ];
  for (const {steers, model, code = 'stream_truncated', cost: charged} of rows) it(JSON.stringify(steers), async () => {
    const {head, events, record, ending, text} = await exchange({steers, model, stream: true});
    assert.equal(head.status, 200);
    assert.equal(ending, 'broken');
    assert.equal(text.includes('[DONE]'), false);
    assert_error(JSON.parse(events.at(-1)).error, code);
    if (charged) assert.equal(record.net_amount_usd, charged);
    assert.equal(record.record.code, code);
  });

  it('before its first byte, it is 502', async () => {
    const {head, record, text} = await exchange({steers: {'cut-after': 0}, stream: true});
    assert.equal(head.status, 502);
    assert_error(JSON.parse(text).error, 'stream_truncated');
    assert.equal(record.net_amount_usd, '0.00');
  });

  it('an error event of the provider is passed on, and what came before it is charged', async () => {
    const {events, record, text} = await exchange({steers: {'stream-error-after': 3, chunks: 8}, stream: true});
    assert_error(JSON.parse(events.at(-1)).error);
    assert.equal(text.includes('[DONE]'), false);
    assert.equal(record.net_amount_usd, '0.0004');
    assert.equal(record.cost_source, 'counted');
  });
});

describe('usage', () => {
  const rows = [
    {usage: 'present', source: 'provider_usage', cost: cost.all},
    {usage: 'cumulative', source: 'provider_usage', cost: cost.all},
    {usage: 'worst', source: 'provider_usage', cost: cost.hold},
    {usage: 'zero', source: 'provider_usage', cost: cost.nothing},
    {usage: 'absent', source: 'counted', cost: cost.all, flagged: true},
    {usage: 'wrong', source: 'estimated', cost: cost.hold, flagged: true},
  ];
  for (const {usage, source, cost: expected, flagged} of rows) for (const stream of [false, true]) {
    it(`${usage} is settled as ${source}${stream ? ' for a stream' : ''}`, async () => {
      const {head, record} = await exchange({steers: {usage}, stream});
      assert.equal(head.status, 200);
      assert.equal(record.cost_source, source);
      assert.equal(record.net_amount_usd, expected);
      assert.equal(record.record.flagged, flagged);
    });
  }

  it('over the worst case is charged in full, and flagged', async () => {
    const {record} = await exchange({steers: {'usage-completion': 250}});
    assert.equal(record.net_amount_usd, '0.025');
    assert.equal(record.record.flagged, true);
    await house.verify();
  });
});

describe('odd framing does not change the bill', () => {
  const rows = [{gzip: 1}, {crlf: 1}, {heartbeat: 1}, {'huge-line': 200_000}, {'slow-body': 1, 'gap-ms': 5},
                {chunks: 3}];
  for (const steers of rows) it(`${JSON.stringify(steers)} of a stream`, async () => {
    const {events, record, ending, head} = await exchange({steers, stream: true});
    assert.equal(ending, 'clean');
    assert.equal(events.at(-1), '[DONE]');
    assert.equal(head.headers['content-encoding'], undefined);
    const parts = events.slice(0, -1).map((event) => JSON.parse(event));
    const text = parts.map((part) => part.choices?.[0]?.delta?.content ?? '').join('');
    assert.ok(text.startsWith(' for at is as to'), text.slice(0, 80));
    // It did not ask for usage: it does not see that we did.
    assert.equal(parts.some((part) => 'usage' in part || part.choices?.length === 0), false);
    assert.equal(record.cost_source, 'provider_usage');
    assert.equal(record.net_amount_usd, cost.all);
  });

  it('a line too long to look into passes as it is', async () => {
    const {events, record, ending} = await exchange({steers: {'huge-line': 3_000_000}, stream: true});
    assert.equal(ending, 'clean');
    assert.ok(events.some((event) => event.length >= 3_000_000));
    assert.equal(record.net_amount_usd, cost.all);
  });

  it('gzip of a whole answer', async () => {
    const {text, record, head} = await exchange({steers: {gzip: 1}});
    assert.equal(head.headers['content-encoding'], undefined);
    assert.equal(JSON.parse(text).usage.cost_usd, cost.all);
    assert.equal(record.net_amount_usd, cost.all);
  });

  it('JSON where a stream was asked for is passed on as JSON', async () => {
    const {head, text, record} = await exchange({steers: {'json-for-stream': 1}, stream: true});
    assert.match(head.headers['content-type'], /^application\/json/);
    assert.equal(JSON.parse(text).object, 'chat.completion');
    assert.equal(record.net_amount_usd, cost.all);
  });

  it('a stream that calls itself something else is a stream all the same', async () => {
    const {head, record, ending} = await exchange({steers: {'content-type': 'text/html'}, stream: true});
    assert.equal(head.headers['content-type'], 'text/event-stream');
    assert.equal(ending, 'clean');
    assert.equal(record.net_amount_usd, cost.all);
  });
});

it('the provider answers while the gateway asks many times over the same connections', async () => {
  const send = () => ask(house.gateway.url, {key: house.keys.acme, body: one_cent});
  const answers = await Promise.all(Array.from({length: 50}, send));
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
  await house.settled('acme');
  await house.verify();
});
