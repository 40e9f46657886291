// A price that rises: nobody pays it who has not agreed to, until it is approved.

import assert from 'node:assert/strict';
import {after, before, it} from 'node:test';
import {ask, one_cent} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const ample = {hard_stop_usd: 1000};
const fallback = {max_attempts: 2, price_increase_max: 1.25};
const policies = {
  acme: {...ample, fallback},
  other: {...ample, fallback},
  careless: ample,
  strict: {...ample, fallback: {...fallback, providers: ['mock']}},
};

let house, files;
before(async () => {
  house = await open_house({policies, change(made) {
    files = made;
    const {catalog, prices} = made;
    catalog.providers.second = {...catalog.providers.mock};
    const own = {tier: 'standard', max_output_tokens: 32_000, context_tokens: 200_000};
    const priced = (provider, model) =>
      prices.prices.push({provider, model, input: 0, output: 100, effective_from: '2024-01-01'});
    catalog.models.alone = {...own, provider: 'mock'};
    catalog.models.twice = {...own, routes: [{provider: 'mock', priority: 1}, {provider: 'second', priority: 2}]};
    catalog.models.replaced = {...own, provider: 'mock', fallback: ['toll']};
    for (const model of ['alone', 'twice', 'replaced']) priced('mock', model);
    priced('second', 'twice');
  }});
});
after(() => house.close());

const send = (model, tenant = 'acme') =>
  ask(house.gateway.url, {key: house.keys[tenant], body: {...one_cent, model}});

let version = 1;
async function set_price(model, output) {
  files.prices.version = `test-${++version}`;
  for (const row of files.prices.prices) if (row.provider === 'mock' && row.model === model) row.output = output;
  house.put('prices.yaml', files.prices);
  await until('the new prices are in use', async () => {
    const answer = await send('toll', 'careless');
    const record = await house.record(answer.headers['x-request-id'], 'careless');
    return record.record.price_version === files.prices.version;
  });
}

const approve = async (...args) => {
  const {code, out, err} = await house.run('prices', 'approve', ...args);
  assert.equal(code, 0, err);
  return out;
};

it('a rise beyond what the policy accepts stops the model until the price is approved', async () => {
  assert.equal((await send('alone')).status, 200);
  await set_price('alone', 125);
  assert.equal((await send('alone')).status, 200); // a quarter: accepted
  await set_price('alone', 126);
  const reached = await house.reached();
  const refused = await send('alone');
  assert.equal(refused.status, 403);
  const {error} = refused.json;
  assert.equal(error.code, 'price_increase_not_approved');
  assert.equal(error.type, 'permission_error');
  assert.equal(error.param, 'model');
  assert.match(error.message, /100\.00 USD output .* 126\.00 USD output/);
  assert.equal(await house.reached(), reached);
  assert.equal((await send('alone', 'careless')).status, 200); // has not limited it

  // Accepting small rises one after another moves nothing: the measure is what was approved.
  await set_price('alone', 130);
  assert.equal((await send('alone')).status, 403);

  await approve('--tenant', 'acme', '--provider', 'mock', '--model', 'alone');
  await until('the approval is in use', async () => (await send('alone')).status === 200);
  assert.equal((await send('alone', 'other')).status, 403); // it was for one tenant
  await approve('--provider', 'mock', '--model', 'alone');
  await until('the approval is in use for all', async () => (await send('alone', 'other')).status === 200);
});

it('a fall is taken as it comes', async () => {
  await set_price('toll', 50);
  assert.equal((await send('toll')).status, 200);
  await set_price('toll', 100);
  assert.equal((await send('toll')).status, 200);
});

it('another route serves in the place of one that became dear', async () => {
  await set_price('twice', 200);
  const answer = await send('twice');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['x-ai-fallback-reason'], 'price_increase_not_approved');
  const {record} = await house.record(answer.headers['x-request-id'], 'acme');
  assert.equal(record.provider, 'second');
  assert.equal((await send('twice', 'strict')).status, 403); // whose policy does not approve of the other provider
  const dear = await send('twice', 'careless');
  const paid = await house.record(dear.headers['x-request-id'], 'careless');
  assert.equal(paid.record.provider, 'mock');
  assert.equal(paid.net_amount_usd, '0.0032');
});

it('another model serves where the catalogue names one', async () => {
  await set_price('replaced', 200);
  const answer = await send('replaced');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['x-ai-model-served'], 'toll');
  assert.equal(answer.headers['x-ai-model-requested'], 'replaced');
  assert.equal(answer.headers['x-ai-fallback-reason'], 'price_increase_not_approved');
});

it('what was approved survives a restart, and the books are right', async () => {
  const list = await house.run('prices', 'list', '--json');
  const rows = JSON.parse(list.out).filter((row) => row.model === 'alone');
  assert.deepEqual(rows.map((row) => [row.tenant, row.output_usd, row.actor]),
                   [[null, '130.00', 'cli'], ['acme', '130.00', 'cli']]);
  await house.gateway.stop();
  await house.start_node(0);
  assert.equal((await send('twice', 'strict')).status, 403);
  assert.equal((await send('alone')).status, 200);
  await house.verify();
});
