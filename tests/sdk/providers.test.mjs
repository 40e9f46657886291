// What the provider does wrong, as the SDK's user sees it. Attempts are counted at the provider.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {each_sdk, failure_of, open, prompt} from './support.mjs';

let house;
before(async () => { house = await open(); });
after(() => house?.close());

async function attempts(client, headers) {
  const before = await house.reached();
  const error = await failure_of(client.chat.completions.create(prompt, {headers}));
  return {error, at_provider: await house.reached() - before, sent: client.sent.length};
}

each_sdk(({name, OpenAI}) => describe(`provider failures with ${name}`, () => {
  it('its 429 keeps its meaning: the SDK waits and sends again', async () => {
    const {error, at_provider, sent} = await attempts(house.client(OpenAI), {'x-mock-status': '429', 'x-mock-retry-after': '0'});
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.equal(error.code, 'provider_rate_limited');
    assert.equal(error.error.gateway.origin, 'provider');
    assert.equal(sent, 3);
    assert.equal(at_provider, 3);
  });

  it('its 500 becomes 502, and is not sent again by the SDK', async () => {
    const {error, at_provider, sent} = await attempts(house.client(OpenAI), {'x-mock-status': '500'});
    assert.equal(error.status, 502);
    assert.equal(error.headers.get('x-should-retry'), 'false');
    assert.equal(sent, 1);
    assert.ok(at_provider >= 1);
  });

  it('its 400 is passed on with its message', async () => {
    const {error, at_provider, sent} = await attempts(house.client(OpenAI), {'x-mock-status': '400'});
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(sent, 1);
    assert.equal(at_provider, 1);
  });

  it('its 401 is ours to solve and never looks like a wrong key', async () => {
    const {error, sent} = await attempts(house.client(OpenAI), {'x-mock-status': '401'});
    assert.equal(error.status, 502);
    assert.equal(error.code, 'provider_configuration_error');
    assert.equal(sent, 1);
  });

  it('failed requests cost nothing', async () => {
    const client = house.client(OpenAI);
    const spent = async () => (await client.get('/account/budget')).spent;
    const before = await spent();
    await attempts(client, {'x-mock-status': '500'});
    assert.equal(await spent(), before);
  });
}));
