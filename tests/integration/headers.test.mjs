// What passes between client and provider, and what does not.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {ask, chat, one_cent, open_stream, send_raw} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';

const policies = {
  acme: {hard_stop_usd: 1000, allowed_model_tiers: ['standard']},
  broke: {hard_stop_usd: 0.001},
  capped: {hard_stop_usd: 1000, output: {default_max_tokens: 50}},
};

let house, url;
before(async () => {
  house = await open_house({policies});
  url = house.gateway.url;
});
after(() => house?.close());

const send = (tenant, request = {}) => ask(url, {key: house.keys[tenant], body: one_cent, ...request});
// The provider's record of the newest request, and the text that holds its body as it came.
async function at_provider() {
  const text = await (await fetch(`${house.mock.url}/__mock/requests`)).text();
  const last = JSON.parse(text).requests.at(-1);
  return {...last, text, names: last.headers.map(({name}) => name.toLowerCase())};
}

describe('headers of an answer', () => {
  const decision = {
    'x-ai-quota-policy': 'v1', 'x-ai-budget-state': 'ok', 'x-ai-cost-estimated-usd': '0.01',
    'x-ai-model-tier': 'standard', 'x-ai-model-requested': 'toll', 'x-ai-model-served': 'toll',
  };
  const assert_headers = (headers, wanted) => {
    for (const [name, value] of Object.entries(wanted)) assert.equal(headers[name], value, name);
  };

  for (const stream of [false, true]) it(`tell the decision${stream ? ', before a stream' : ''}`, async () => {
    const {spent} = await house.settled('acme');
    const {head} = await open_and_read('acme', {...one_cent, stream});
    assert_headers(head.headers, decision);
    assert.match(head.headers['x-request-id'], /^req_[0-9A-Z]{26}$/);
    const left = 1000 - Number(spent) - 0.01;
    assert.equal(Number(head.headers['x-ai-quota-remaining-usd']).toFixed(6), left.toFixed(6));
    assert.match(head.headers['content-type'], stream ? /^text\/event-stream/ : /^application\/json/);
  });

  async function open_and_read(tenant, body) {
    const stream = open_stream(url, {key: house.keys[tenant], body});
    const head = await stream.head;
    return {head, events: await stream.rest()};
  }

  it('tell the decision of a refusal', async () => {
    const {status, headers} = await send('broke');
    assert.equal(status, 402);
    assert_headers(headers, {...decision, 'x-ai-budget-state': 'over_budget'});
    assert.equal(headers['x-ai-quota-remaining-usd'], '0.001');
    assert.equal(headers['x-should-retry'], 'false');
    assert.equal(headers['retry-after'], undefined);
  });

  it('tell the decision of a policy refusal and of a failure of the provider', async () => {
    const forbidden = await send('acme', {body: {...one_cent, model: 'toll-premium'}});
    assert.equal(forbidden.status, 403);
    assert.equal(forbidden.headers['x-ai-quota-policy'], 'v1');
    assert.equal(forbidden.headers['x-ai-model-requested'], 'toll-premium');
    const failed = await send('acme', {headers: {'x-mock-status': '500'}});
    assert.equal(failed.status, 502);
    assert_headers(failed.headers, decision);
  });

  it('give every answer an id of its own', async () => {
    const requests = [send('acme'), send('broke'), send('acme', {path: '/nowhere'}), ask(url, {body: one_cent}),
                      send('acme', {body: '{'}), send('acme', {method: 'GET', path: '/v1/models', body: undefined})];
    const ids = (await Promise.all(requests)).map((answer) => answer.headers['x-request-id']);
    assert.equal(ids.every((id) => /^req_/.test(id)), true, ids.join(' '));
    assert.equal(new Set(ids).size, ids.length);
  });

  it('name the caller\'s trace in the record, where there is one', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    for (const [id, recorded] of [[trace, trace], ['0'.repeat(32), undefined], [trace.toUpperCase(), undefined]]) {
      const {headers} = await send('acme', {headers: {traceparent: `00-${id}-b7ad6b7169203331-01`}});
      assert.equal((await house.record(headers['x-request-id'], 'acme')).record.trace_id, recorded);
    }
  });

  it('do not take a request id from the client', async () => {
    const {headers} = await send('acme', {headers: {'x-request-id': 'mine'}});
    assert.notEqual(headers['x-request-id'], 'mine');
  });

  it('put the final cost into the body, or into the usage chunk that was asked for', async () => {
    assert.equal((await send('acme')).json.usage.cost_usd, '0.0016');
    const {events} = await open_and_read('acme', {...one_cent, stream: true, stream_options: {include_usage: true}});
    const chunk = JSON.parse(events.at(-2));
    assert.deepEqual(chunk.choices, []);
    assert.equal(chunk.usage.cost_usd, '0.0016');
  });

  it('name nothing of the hop to the provider', async () => {
    const {raw_headers} = await send('acme');
    const names = raw_headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    for (const name of ['server', 'via', 'set-cookie', 'keep-alive', 'transfer-encoding', 'content-encoding'])
      assert.equal(names.includes(name), false, name);
    assert.equal(new Set(names).size, names.length, `twice: ${names.join(' ')}`);
  });
});

describe('headers of a request', () => {
  it('reach the provider only when they are meant for it', async () => {
    const key = house.keys.acme;
    const body = JSON.stringify(one_cent);
    const fields = [
      'host: gateway.example', `authorization: Bearer ${key}`, 'x-api-key-2: a', 'cookie: session=1',
      'proxy-authorization: Basic YTpi', 'connection: close, x-hop', 'x-hop: 1', 'keep-alive: timeout=5',
      'te: trailers', 'proxy-connection: keep-alive',
      'x-forwarded-for: 10.1.2.3', 'forwarded: for=10.1.2.3', 'x-real-ip: 10.1.2.3', 'referer: http://inside.example/',
      'x-ai-feature: support', 'x-ai-end-user: ann', 'x-custom: 1', 'accept-encoding: gzip, br',
      'openai-organization: org-1', 'openai-beta: assistants=v2', 'user-agent: tester/1', 'accept: application/json',
      'content-type: application/json', `content-length: ${body.length}`,
    ];
    const {status} = await send_raw(url, [`POST ${chat} HTTP/1.1`, ...fields, '', body].join('\r\n'));
    assert.equal(status, 200);
    const {names, headers, credentials, text} = await at_provider();
    const passed = ['accept', 'accept-encoding', 'content-length', 'content-type', 'host', 'openai-beta', 'user-agent'];
    assert.deepEqual(names.sort(), passed);
    const value_of = (name) => headers.find((each) => each.name.toLowerCase() === name).value;
    assert.equal(value_of('host'), new URL(house.mock.url).host);
    assert.equal(value_of('accept-encoding'), 'identity');
    assert.equal(value_of('user-agent'), 'tester/1');
    assert.deepEqual(credentials, {});
    assert.equal(text.includes(key), false);
  });

  it('name the tenant by key alone', async () => {
    const claims = {'x-ai-tenant': 'broke', 'x-tenant-id': 'broke', 'openai-organization': 'broke'};
    const {headers} = await send('acme', {headers: claims});
    const record = await house.record(headers['x-request-id'], 'acme');
    assert.equal(record.tenant, 'acme');
    assert.equal((await house.get(`/v1/account/requests/${headers['x-request-id']}`, 'broke')).status, 404);
  });

  it('set the tags that the record keeps, and the key wins over them', async () => {
    const tags = {'x-ai-workspace': 'w', 'x-ai-feature': 'f', 'x-ai-agent-id': 'a', 'x-ai-environment': 'e',
                  'x-ai-end-user': 'u', 'x-ai-session': 's', 'x-ai-request-class': 'c'};
    const open = await send('acme', {headers: tags});
    const {record} = await house.record(open.headers['x-request-id'], 'acme');
    const kept = (of) => ['workspace', 'feature', 'agent', 'environment', 'end_user', 'session', 'request_class']
      .map((name) => of[name]).join(' ');
    assert.equal(kept(record), 'w f a e u s c');

    const pins = ['--workspace', 'W', '--feature', 'F', '--agent', 'A', '--environment', 'E'];
    const pinned_key = await house.create_key('acme', ...pins);
    const pinned = await send('acme', {key: pinned_key, headers: tags});
    const {record: second} = await house.record(pinned.headers['x-request-id'], 'acme');
    assert.equal(kept(second), 'W F A E u s c');
  });
});

describe('a body', () => {
  it('reaches the provider byte by byte when no policy changes it', async () => {
    const body = '{ "messages" : [ {"role":"user","content":"h\\u0069 \\/ \u00fc"} ],\n\t"max_tokens":100 , ' +
                 '"model":"toll", "an_unknown_field":{"deep":[1.0, 1e2, null,true]},"top_p":0.10, "stop":[""]  }\n';
    assert.equal((await send('acme', {body})).status, 200);
    const {text, body_bytes} = await at_provider();
    assert.equal(body_bytes, Buffer.byteLength(body));
    assert.ok(text.includes(`"body":${body}`), 'the bytes differ');
  });

  it('sent in chunks reaches the provider the same', async () => {
    const body = JSON.stringify({...one_cent, some: 'field'});
    const parts = [body.slice(0, 10), body.slice(10, 11), body.slice(11)];
    const chunks = parts.flatMap((part) => [`${part.length.toString(16)};ext=1`, part]);
    const fields = ['host: x', 'connection: close', `authorization: Bearer ${house.keys.acme}`,
                    'transfer-encoding: chunked'];
    const {status} = await send_raw(url, [`POST ${chat} HTTP/1.1`, ...fields, '', ...chunks, '0', '', ''].join('\r\n'));
    assert.equal(status, 200);
    const {text, body_bytes, names} = await at_provider();
    assert.equal(body_bytes, body.length);
    assert.ok(text.includes(`"body":${body}`));
    assert.equal(names.includes('transfer-encoding'), false);
  });

  it('of a stream is asked for usage, and keeps the rest', async () => {
    const kept = '"odd":[ 1 ],"messages":[{"role":"user","content":"hi"}],"stream": true';
    const body = `{"model":"toll", "max_tokens":100,${kept} }`;
    const stream = open_stream(url, {key: house.keys.acme, body});
    await stream.head;
    const events = await stream.rest();
    assert.equal(events.at(-1), '[DONE]');
    const {body: seen, text} = await at_provider();
    assert.deepEqual(seen, {...JSON.parse(body), stream_options: {include_usage: true}});
    assert.ok(text.includes(kept));
  });

  it('without a cap gets the policy\'s, and the answer says so', async () => {
    const {status, headers} = await send('capped', {body: {...one_cent, max_tokens: undefined}});
    assert.equal(status, 200);
    assert.equal(headers['x-ai-output-cap'], '50');
    assert.equal(headers['x-ai-cost-estimated-usd'], '0.005');
    const {body: seen} = await at_provider();
    assert.equal(seen.max_completion_tokens ?? seen.max_tokens, 50);
  });

  it('with a cap of its own keeps it', async () => {
    const {headers} = await send('capped', {body: {...one_cent, max_tokens: 70}});
    assert.equal(headers['x-ai-output-cap'], undefined);
    assert.equal((await at_provider()).body.max_tokens, 70);
  });
});
