// What nobody should send: refused with OpenAI's error object, before a provider sees a byte, and costing nothing.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {ask, chat, one_cent, send_raw} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const ample = {hard_stop_usd: 1000};
const policies = {
  acme: {...ample, allowed_model_tiers: ['standard', 'economy'], blocked_features: ['bulk_enrichment'],
         limits: [{name: 'one', per_request_usd: 1.5}]},
  suspended: {...ample, status: 'suspended'},
  closed: {...ample, status: 'closed'},
};
const body_bytes_max = 256 * 1024;

let house, url, key;
before(async () => {
  house = await open_house({policies, settings: {server: {body_bytes_max: `${body_bytes_max / 1024}KiB`}}});
  url = house.gateway.url;
  key = house.keys.acme;
});
after(async () => {
  await house?.settled('acme');
  await house?.verify();
  await house?.close();
});

function assert_shape(answer, status, code) {
  assert.equal(answer.status, status, `${answer.status} ${answer.text}`);
  assert.match(answer.headers['content-type'], /^application\/json/);
  assert.ok(answer.headers['x-request-id']?.length > 8, 'no request id');
  const {error} = answer.json;
  for (const member of ['message', 'type', 'param', 'code']) assert.ok(member in error, `no ${member}: ${answer.text}`);
  assert.equal(error.code, code);
  return error;
}

async function refused(request, status, code) {
  const before = await house.reached();
  const answer = await ask(url, {key, body: one_cent, ...request});
  const error = assert_shape(answer, status, code);
  assert.equal(await house.reached(), before, 'the provider saw it');
  return {answer, error};
}

describe('bodies', () => {
  const saying = (text) => `{"model":"toll","messages":[{"role":"user","content":"${text}"}]}`;
  const having = (members) => saying('hi').replace(/}$/, `,${members}}`);
  const with_cap = (cap) => having(`"max_tokens":${cap}`);
  const deep = `{"model":"toll","messages":${'['.repeat(500)}${']'.repeat(500)}}`;
  const rows = {
    'nothing': '',
    'white space': '   ',
    'no JSON': 'hello',
    'an array': '[1,2]',
    'a cut object': '{"model":"toll","messages":[{"role":"user"',
    'two objects': `${JSON.stringify(one_cent)}{}`,
    'a trailing comma': '{"model":"toll","messages":[],}',
    'a byte order mark': `\ufeff${JSON.stringify(one_cent)}`,
    'broken UTF-8': Buffer.from(saying('\xff\xfe'), 'latin1'),
    'deep nesting': deep,
    'no model': '{"messages":[{"role":"user","content":"hi"}]}',
    'a model that is a number': '{"model":5,"messages":[]}',
    'a negative cap': with_cap('-1'),
    'a cap of zero': with_cap('0'),
    'a fractional cap': with_cap('1.5'),
    'a huge cap': with_cap('1e30'),
    'a cap beyond 64 bits': with_cap('99999999999999999999'),
    'a cap in a string': with_cap('"100"'),
    'a cap in an array': with_cap('[100]'),
    'two caps': having('"max_tokens":1,"max_tokens":10000'),
    'two caps, one escaped': having('"max_tokens":1,"max_\\u0074okens":10000'),
    'two models': '{"model":"toll","model":"toll-economy","messages":[]}',
    'n of zero': having('"n":0'),
    'n in a string': having('"n":"2"'),
    'a stream flag in a string': having('"stream":"true"'),
  };
  for (const [what, body] of Object.entries(rows)) it(`with ${what} are 400`, async () => {
    await refused({body}, 400, 'invalid_request');
  });

  it('whose encoding is not plain are 415', async () => {
    await refused({headers: {'content-encoding': 'gzip'}}, 415, 'unsupported_media_type');
  });

  it('that are too large are 413, declared or in chunks', async () => {
    const body = JSON.stringify({...one_cent, padding: 'x'.repeat(body_bytes_max)});
    await refused({body}, 413, 'body_too_large');
    const before = await house.reached();
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const fields = ['host: x', `authorization: Bearer ${key}`, 'transfer-encoding: chunked'];
    const {status} = await send_raw(url, [`POST ${chat} HTTP/1.1`, ...fields, '', chunk].join('\r\n'));
    assert.equal(status, 413);
    assert.equal(await house.reached(), before);
  });

  it('of the largest size allowed pass', async () => {
    const bare = JSON.stringify({...one_cent, padding: ''}).length;
    const body = JSON.stringify({...one_cent, padding: 'x'.repeat(body_bytes_max - bare)});
    assert.equal(body.length, body_bytes_max);
    assert.equal((await ask(url, {key, body})).status, 200);
  });
});

describe('paths and methods', () => {
  const unknown = ['/', '/v1', '/v1/nothing', '/v1/chat/completions/', '/v1/moderations', '/v1/files', '/metrics',
                   '//v1/chat/completions', '/v1/chat/../chat/completions', '/V1/chat/completions',
                   '/v1/chat%2fcompletions', '/admin/v1/keys'];
  for (const path of unknown)
    it(`${path} is 404`, async () => { await refused({path}, 404, 'path_not_found'); });

  it('GET on a POST route is 405 and names what is allowed', async () => {
    const {answer} = await refused({method: 'GET', body: undefined}, 405, 'method_not_allowed');
    assert.equal(answer.headers.allow, 'POST');
  });

  it('POST on a GET route is 405', async () => {
    const {answer} = await refused({path: '/v1/models'}, 405, 'method_not_allowed');
    assert.equal(answer.headers.allow, 'GET, HEAD');
  });

  for (const path of ['/v1/models', '/v1/models/toll', '/v1/account/budget', '/v1/account/usage', '/v1/account/usage/export'])
    it(`HEAD ${path} has the head of a GET`, async () => {
      const [head, whole] = await Promise.all(['HEAD', 'GET'].map((method) => ask(url, {key, method, path})));
      assert.equal(head.status, 200);
      assert.equal(head.text, '');
      assert.ok(whole.text.length > 0);
      for (const name of ['content-type', 'content-length', 'transfer-encoding', 'x-ai-quota-policy'])
        assert.equal(head.headers[name], whole.headers[name], name);
      assert.equal(head.headers['x-ai-quota-policy'], 'v1');
    });
});

describe('keys', () => {
  const rows = {
    'none': {key: undefined},
    'an unknown one': {key: 'sk-tg-0000000000000000000000000000000000000000000'},
    'an empty one': {key: undefined, headers: {authorization: 'Bearer '}},
    'another scheme': {key: undefined, headers: {authorization: 'Basic YTpi'}},
    'an overlong one': {key: 'x'.repeat(2000)},
  };
  for (const [what, request] of Object.entries(rows)) it(`${what} is 401`, async () => {
    const {answer, error} = await refused(request, 401, 'invalid_api_key');
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
    assert.deepEqual(Object.keys(error.gateway ?? {}).filter((name) => /policy|scope|limit/.test(name)), []);
    if (request.key) assert.equal(answer.text.includes(request.key), false);
  });

  it('are taken from x-api-key and api-key too', async () => {
    for (const name of ['x-api-key', 'api-key'])
      assert.equal((await ask(url, {headers: {[name]: key}, body: one_cent})).status, 200);
  });

  it('of a suspended or closed tenant are 403', async () => {
    for (const tenant of ['suspended', 'closed']) await refused({key: house.keys[tenant]}, 403, 'tenant_suspended');
  });

  it('stop when their tenant is suspended, and work again when it is active', async () => {
    const policy = {...ample, policy_version: 'v2', status: 'active'};
    const answers = (status) => until(`answers ${status}`, async () =>
      (await ask(url, {key: house.keys.suspended, body: one_cent})).status === status, {within_ms: 10_000});
    house.put_policy('suspended', policy);
    await answers(200);
    house.put_policy('suspended', {...policy, policy_version: 'v3', status: 'suspended'});
    await answers(403);
  });
});

describe('what the policy forbids', () => {
  it('a model nobody knows is 404', async () => {
    const {error} = await refused({body: {...one_cent, model: 'none'}}, 404, 'model_not_found');
    assert.equal(error.param, 'model');
  });

  it('a tier that is not allowed is 403', async () => {
    const {answer, error} = await refused({body: {...one_cent, model: 'toll-premium'}}, 403, 'model_tier_not_allowed');
    assert.equal(error.param, 'model');
    assert.equal(answer.headers['x-ai-model-tier'], 'premium');
  });

  it('a model without a price is 403', async () => {
    await refused({body: {...one_cent, model: 'toll-unpriced'}}, 403, 'model_not_priced');
  });

  it('a blocked feature is 403, named by header or by body', async () => {
    await refused({headers: {'x-ai-feature': 'bulk_enrichment'}}, 403, 'feature_blocked');
    await refused({body: {...one_cent, metadata: {feature: 'bulk_enrichment'}}}, 403, 'feature_blocked');
  });

  it('a request dearer than one may be is 400', async () => {
    const {error} = await refused({body: {...one_cent, max_tokens: 15_001}}, 400, 'request_cost_limit_exceeded');
    assert.equal(error.param, 'max_completion_tokens');
    assert.equal((await ask(url, {key, body: {...one_cent, max_tokens: 15_000}})).status, 200);
  });

  it('a hosted tool is 403', async () => {
    const body = {model: 'toll', input: 'hi', max_output_tokens: 20, tools: [{type: 'web_search'}]};
    await refused({path: '/v1/responses', body}, 403, 'hosted_tool_not_allowed');
  });

  it('a tag that is too long is 400', async () => {
    await refused({headers: {'x-ai-feature': 'x'.repeat(129)}}, 400, 'invalid_request');
  });
});

describe('heads', () => {
  it('that are too large are 431', async () => {
    const {answer} = await refused({headers: {'x-long': 'x'.repeat(17_000)}}, 431, 'head_too_large');
    assert.equal(answer.headers.connection, 'close');
  });

  it('with too many fields are 431', async () => {
    const headers = Object.fromEntries(Array.from({length: 101}, (_, n) => [`x-f${n}`, '1']));
    await refused({headers}, 431, 'head_too_large');
  });

  // Each of these could be read as two different requests, or as one with two owners.
  const body = JSON.stringify(one_cent);
  const post = (fields, rest = body) =>
    [`POST ${chat} HTTP/1.1`, 'host: x', 'authorization: Bearer KEY', ...fields, '', rest].join('\r\n');
  const length = `content-length: ${body.length}`;
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const smuggled = {
    'both lengths': post([length, 'transfer-encoding: chunked'], chunked),
    'both lengths, the other way round': post(['transfer-encoding: chunked', length], chunked),
    'two different lengths': post([length, 'content-length: 3']),
    'the same length twice': post([length, length]),
    'a list of lengths': post([`content-length: ${body.length}, ${body.length}`]),
    'a signed length': post([`content-length: +${body.length}`]),
    'a hexadecimal length': post([`content-length: 0x${body.length.toString(16)}`]),
    'an unknown transfer coding': post(['transfer-encoding: gzip']),
    'a coding before chunked': post(['transfer-encoding: gzip, chunked'], chunked),
    'chunked twice': post(['transfer-encoding: chunked', 'transfer-encoding: chunked'], chunked),
    'a look-alike of chunked': post(['transfer-encoding: xchunked'], chunked),
    'a blank before the colon': post([`content-length : ${body.length}`]),
    'a folded line': post([length, 'x-a: 1', ' 2']),
    'a bare line feed': post([length]).replace('host: x\r\n', 'host: x\n'),
    'a bare carriage return': post([length, 'x-a: 1\r2']),
    'a zero byte': post([length, 'x-a: 1\0']),
    'two hosts': post([length, 'host: y']),
    'no host': post([length]).replace('host: x\r\n', ''),
    'two credentials': post([length, 'authorization: Bearer other']),
    'two features': post([length, 'x-ai-feature: a', 'x-ai-feature: b']),
    'chunked in HTTP/1.0': post(['transfer-encoding: chunked'], chunked).replace('HTTP/1.1', 'HTTP/1.0'),
    'an absolute target': post([length]).replace(`POST ${chat}`, `POST http://x${chat}`),
  };
  for (const [what, bytes] of Object.entries(smuggled)) it(`with ${what} are 400 and the last`, async () => {
    const before = await house.reached();
    // A second request behind it must never be looked at.
    const second = `GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`;
    const {text, status, closed} = await send_raw(url, bytes.replace('KEY', key) + second);
    assert.equal(status, 400, text);
    assert.equal(text.match(/HTTP\/1\.1 /g).length, 1, text);
    assert.match(text, /\r\nconnection: close\r\n/i);
    assert.equal(closed, true);
    const {error} = JSON.parse(text.slice(text.indexOf('\r\n\r\n')));
    for (const member of ['message', 'type', 'param', 'code']) assert.ok(member in error);
    assert.equal(await house.reached(), before);
  });

  const bad_chunks = {
    'a size that is no number': 'zz\r\nxx\r\n0\r\n\r\n',
    'a size beyond 64 bits': 'fffffffffffffffff\r\nxx\r\n0\r\n\r\n',
    'no line end behind a chunk': `${body.length.toString(16)}\r\n${body}XX0\r\n\r\n`,
    'a negative size': '-1\r\nxx\r\n0\r\n\r\n',
  };
  for (const [what, bytes] of Object.entries(bad_chunks)) it(`before chunks with ${what} are the last`, async () => {
    const before = await house.reached();
    const {status, closed, text} = await send_raw(url, post(['transfer-encoding: chunked'], bytes).replace('KEY', key));
    assert.equal(status, 400, text);
    assert.equal(closed, true);
    assert.equal(await house.reached(), before);
  });

  it('a trailer is no header', async () => {
    const fields = ['host: x', 'connection: close', 'transfer-encoding: chunked'];
    const chunks = [body.length.toString(16), body, '0', `authorization: Bearer ${key}`];
    const {status} = await send_raw(url, [`POST ${chat} HTTP/1.1`, ...fields, '', ...chunks, '', ''].join('\r\n'));
    assert.equal(status, 401);
  });

  it('that come in pieces are one head', async () => {
    const bytes = post([length, 'connection: close']).replace('KEY', key);
    const {status} = await send_raw(url, bytes.slice(0, 20), {pieces: [bytes.slice(20, 90), bytes.slice(90)]});
    assert.equal(status, 200);
  });
});
