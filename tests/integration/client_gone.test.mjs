// A client that leaves in mid-stream pays for what was produced, and the provider is told to stop.

import assert from 'node:assert/strict';
import net from 'node:net';
import {after, before, describe, it} from 'node:test';
import {chat, one_cent, open_stream} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const ample = {hard_stop_usd: 1000};
const policies = {acme: ample, thinker: ample, whole_drop: ample, whole_reset: ample};
const streamed = {...one_cent, max_tokens: 1000, stream: true};
const token_usd = 0.0001;

let house;
before(async () => { house = await open_house({policies}); });
after(() => house.close());

// Reads `events` events of a stream, then leaves; yields its record once it is settled.
async function leave_after(events, {headers, body = streamed, until_event = () => false}) {
  const gone_before = (await house.mock.seen()).clients_gone;
  const stream = open_stream(house.gateway.url, {key: house.keys.acme, body, headers});
  const head = await stream.head;
  assert.equal(head.status, 200);
  const read = [];
  while (read.length < events) {
    const one = await stream.event();
    assert.notEqual(one, undefined, `the stream ended after ${read.length} events`);
    read.push(one);
    if (until_event(one)) break;
  }
  const left_at = performance.now();
  stream.drop();
  await house.settled('acme');
  const settled_ms = performance.now() - left_at;
  const record = await house.record(head.headers['x-request-id'], 'acme');
  return {record, read, gone_before, settled_ms};
}

describe('a client that leaves', () => {
  for (const events of [1, 3, 10]) it(`after ${events} events pays for what was counted`, async () => {
    // 200 pieces of 50 ms: ten seconds, had nobody stopped it.
    const {record, gone_before, settled_ms} = await leave_after(events, {
      headers: {'x-mock-chunks': '200', 'x-mock-completion-tokens': '200', 'x-mock-gap-ms': '50'},
    });
    assert.equal(record.cost_source, 'counted');
    const cost = Number(record.net_amount_usd);
    assert.ok(cost > 0, `cost ${cost}`);
    assert.ok(cost < 100 * token_usd, `cost ${cost}: more than was produced`);
    await until('the provider sees its client leave', async () => (await house.mock.seen()).clients_gone > gone_before);
    assert.ok(settled_ms < 5000, `settled after ${settled_ms} ms`);
    await house.verify();
  });

  it('before the usage chunk, having read every word, pays for every word', async () => {
    const words = 40;
    const {record, read} = await leave_after(1000, {
      headers: {'x-mock-chunks': String(words), 'x-mock-completion-tokens': String(words), 'x-mock-gap-ms': '20'},
      until_event: (event) => event !== '[DONE]' && JSON.parse(event).choices[0]?.finish_reason,
    });
    const text = read.map((event) => JSON.parse(event).choices[0]?.delta?.content ?? '').join('');
    assert.equal(text.trim().split(/\s+/).length, words);
    assert.ok(Number(record.net_amount_usd) >= words * token_usd * 0.999, `cost ${record.net_amount_usd}`);
    await house.verify();
  });

  // Leaves as soon as the provider has the request; yields the row once it is settled.
  async function leave_unanswered(tenant, how, request) {
    const seen = await house.reached();
    const stream = open_stream(house.gateway.url, {key: house.keys[tenant], ...request});
    await until('the request at the provider', async () => await house.reached() > seen);
    stream[how]();
    await house.settled(tenant);
    const [row] = await until('its row', async () => {
      const rows = await house.charged_rows(tenant);
      return rows.length > 0 && rows;
    });
    await house.verify();
    return row;
  }

  it('a stream while the provider thinks, pays what was held, for nobody knows more', async () => {
    const started = performance.now();
    const row = await leave_unanswered('thinker', 'reset', {body: streamed, headers: {'x-mock-delay-ms': '60000'}});
    assert.equal(row.cost_source, 'estimated');
    assert.equal(row.net_amount_usd, '0.10');
    assert.equal(row.record.client_gone, true);
    assert.ok(performance.now() - started < 30_000);
  });

  it('an answer that is no stream, pays what the provider bills for it', async () => {
    for (const how of ['drop', 'reset']) {
      const row = await leave_unanswered(`whole_${how}`, how, {body: one_cent, headers: {'x-mock-delay-ms': '300'}});
      assert.equal(row.cost_source, 'provider_usage');
      assert.equal(row.net_amount_usd, '0.0016');
    }
  });
});

it('a client that only has no more to say gets its whole stream', async () => {
  const {hostname, port} = new URL(house.gateway.url);
  const body = JSON.stringify(streamed);
  const head = [`POST ${chat} HTTP/1.1`, 'host: x', `authorization: Bearer ${house.keys.acme}`,
                'content-type: application/json', `content-length: ${body.length}`,
                'x-mock-chunks: 10', 'x-mock-gap-ms: 30', '', ''].join('\r\n');
  const text = await new Promise((done, fail) => {
    let all = '';
    const socket = net.connect({port, host: hostname, allowHalfOpen: true}, () => socket.end(head + body));
    socket.on('data', (part) => { all += part; });
    socket.on('end', () => done(all));
    socket.on('error', fail);
  });
  assert.match(text, /data: \[DONE\]/);
});
