import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {each_sdk, failure_of, open, prompt, sdks} from './support.mjs';

let house;
before(async () => { house = await open(); });
after(() => house?.close());

// Refused before a provider is asked: one send, none at the mock, an error of the right class with all four members.
async function refused(client, request, options) {
  const before = await house.reached();
  const error = await failure_of(client.chat.completions.create(request ?? prompt, options));
  assert.equal(await house.reached(), before, 'the provider saw it');
  assert.equal(client.sent.length, 1, 'the SDK sent it again');
  assert.ok(error.requestID?.length > 8, 'no request id');
  for (const member of ['message', 'type', 'param', 'code']) assert.ok(member in error.error, `no ${member}`);
  return error;
}

each_sdk(({name, OpenAI}) => describe(`refusals with ${name}`, () => {
  it('a wrong key is 401, once', async () => {
    const error = await refused(house.client(OpenAI, 'sk-tg-0000000000000000000000000000000000000000000'));
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(error.code, 'invalid_api_key');
    assert.equal(error.headers.get('www-authenticate')?.startsWith('Bearer'), true);
  });

  it('a spent budget is 402, once, and says which limit', async () => {
    const error = await refused(house.client(OpenAI, 'broke'));
    assert.equal(error.status, 402);
    assert.equal(error.code, 'tenant_budget_exceeded');
    assert.equal(error.type, 'insufficient_quota');
    assert.equal(error.headers.get('x-should-retry'), 'false');
    assert.equal(error.headers.get('retry-after'), null);
    const {gateway} = error.error;
    assert.equal(gateway.origin, 'gateway');
    assert.equal(gateway.scope.kind, 'tenant');
    assert.equal(typeof gateway.limit_usd, 'string');
    assert.equal(gateway.policy_version, 'broke-v1');
    assert.match(gateway.resets_at, /^\d{4}-\d\d-01T00:00:00Z$/);
  });

  it('a spent budget is 402 for a stream too, not an empty stream', async () => {
    const error = await refused(house.client(OpenAI, 'broke'), {...prompt, stream: true});
    assert.equal(error.status, 402);
  });

  it('an empty prepaid balance is 402, once', async () => {
    const error = await refused(house.client(OpenAI, 'prepaid'));
    assert.equal(error.status, 402);
    assert.equal(error.code, 'prepaid_balance_required');
  });

  it('under refusal_profile openai it is 429, and still sent once', async () => {
    const error = await refused(house.client(OpenAI, 'money_as_429'));
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.equal(error.type, 'insufficient_quota');
  });

  it('a confirmation is asked once, and given with a header', async () => {
    const client = house.client(OpenAI, 'asks');
    const error = await refused(client);
    assert.equal(error.status, 428);
    assert.equal(error.code, 'confirmation_required');
    const {token, header} = error.error.gateway.confirmation;
    const answer = await client.chat.completions.create(prompt, {headers: {[header]: token}});
    assert.ok(answer.choices[0].message.content);
    const again = await failure_of(client.chat.completions.create(prompt, {headers: {[header]: token}}));
    assert.equal(again.status, 428);
  });

  it('a cheaper model that serves says so in usage', async () => {
    const answer = await house.client(OpenAI, 'frugal').chat.completions.create(prompt);
    assert.equal(answer.usage.model_requested, 'gpt-5-mini');
    assert.equal(answer.usage.model_served, 'gpt-5-nano');
    assert.equal(answer.usage.fallback_reason, 'downgrade:monthly_budget_usd');
    assert.ok(Number(answer.usage.cost_usd) > 0);
  });

  it('a tier that is not allowed is 403', async () => {
    const error = await refused(house.client(OpenAI, 'economy'), {...prompt, model: 'gpt-5'});
    assert.ok(error instanceof OpenAI.PermissionDeniedError);
    assert.equal(error.code, 'model_tier_not_allowed');
    assert.equal(error.param, 'model');
  });

  it('a blocked feature is 403', async () => {
    const asked = {...prompt, model: 'gpt-5-nano'};
    const error = await refused(house.client(OpenAI, 'economy'), asked, {headers: {'x-ai-feature': 'bulk_enrichment'}});
    assert.equal(error.code, 'feature_blocked');
  });

  it('an unknown model is 404', async () => {
    const error = await refused(house.client(OpenAI), {...prompt, model: 'gpt-none'});
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, 'model_not_found');
  });

  it('a cap that is no number is 400', async () => {
    const error = await refused(house.client(OpenAI), {...prompt, max_completion_tokens: '100'});
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, 'max_completion_tokens');
  });
}));

describe('rate limits', () => {
  it('of a month are 429 and not sent again, since the wait is long', async () => {
    const [{OpenAI}] = sdks;
    const client = house.client(OpenAI, 'slow');
    await client.chat.completions.create(prompt);
    client.sent.length = 0;
    const error = await refused(client);
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.equal(error.code, 'rate_limit_exceeded');
    assert.equal(error.headers.get('x-should-retry'), 'false');
    assert.equal(error.headers.get('retry-after'), null);
    assert.match(error.error.gateway.resets_at, /^\d{4}-\d\d-01T00:00:00Z$/);
  });
});
