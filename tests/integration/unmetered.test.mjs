// Paths that the operator lets through without metering: for holders of a key alone, at the provider's own credential.

import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, it} from 'node:test';
import {ask} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';
import {start_provider, whole} from '../support/provider.mjs';

let house, provider;
before(async () => {
  provider = await start_provider();
  house = await open_house({
    policies: {acme: {hard_stop_usd: 1}, suspended: {status: 'suspended'}},
    settings: {server: {unmetered_paths: ['/v1/moderations', '/v1/files']}},
    change({catalog}) {
      catalog.providers.openai = {base_url: provider.url, api_key: 'of-the-operator', quirks: 'openai'};
    },
  });
});
after(async () => {
  await house?.verify();
  await house?.close();
  await provider?.close();
});
beforeEach(() => { provider.says = () => whole({json: {object: 'list', data: []}}); });

const send = (request) => ask(house.gateway.url, {key: house.keys.acme, path: '/v1/moderations', body: {input: 'hi'}, ...request});

describe('an unmetered path', () => {
  it('passes body, method and query, and none of the client\'s credentials', async () => {
    const posted = await send({});
    assert.equal(posted.status, 200);
    assert.deepEqual(posted.json, {object: 'list', data: []});
    assert.equal(provider.last.first, 'POST /v1/moderations HTTP/1.1');
    assert.equal(provider.last.body, '{"input":"hi"}');
    assert.equal(provider.last.headers.authorization, 'Bearer of-the-operator');
    const listed = await send({method: 'GET', path: '/v1/files?limit=20&after=f%201', body: undefined});
    assert.equal(listed.status, 200);
    assert.equal(provider.last.first, 'GET /v1/files?limit=20&after=f%201 HTTP/1.1');
    assert.equal(listed.headers['x-ai-quota-policy'], 'v1');
  });

  it('costs nothing', async () => { assert.equal((await house.budget('acme')).spent, '0.00'); });

  it('is for holders of a key that may be used', async () => {
    const before = provider.requests.length;
    assert.equal((await send({key: undefined})).status, 401);
    assert.equal((await send({key: house.keys.suspended})).status, 403);
    assert.equal((await send({path: '/v1/moderations/x'})).status, 404);
    assert.equal(provider.requests.length, before);
  });

  it('never shows a provider\'s refusal of our credential as one of the client\'s', async () => {
    for (const status of ['401 Unauthorized', '403 Forbidden']) {
      provider.says = () => whole({status, json: {error: {message: 'Incorrect API key: of-the-operator', code: 'invalid_api_key'}}});
      const {status: told, json, text} = await send({});
      assert.equal(told, 502);
      assert.equal(json.error.code, 'provider_configuration_error');
      assert.doesNotMatch(text, /of-the-operator/);
    }
  });

  it('tells how long a provider asks to wait, and what was wrong with the request', async () => {
    provider.says = () => whole({status: '429 Too Many', headers: {'retry-after': '7'}, json: {error: {message: 'slow'}}});
    const slow = await send({});
    assert.equal(slow.status, 429);
    assert.equal(slow.headers['retry-after'], '7');
    provider.says = () => whole({status: '400 Bad', json: {error: {message: 'no input', type: 'invalid_request_error'}}});
    const bad = await send({});
    assert.equal(bad.status, 400);
    assert.equal(bad.json.error.message, 'no input');
  });
});
