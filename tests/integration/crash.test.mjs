// A gateway killed in mid-run: its holds count until it is back, then they end, and no limit was passed at any time.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {admin_token} from '../../scripts/sandbox.mjs';
import {ask, hammer} from '../support/client.mjs';
import {kill, open_house, stores} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const limit = 100;                                                  // cents
const headers = {'x-mock-usage': 'worst', 'x-mock-delay-ms': '800'};
const policies = {
  stop: {hard_stop_usd: 1},
  prepaid: {prepaid_balance_usd: 1},
  lenient: {hard_stop_usd: 1, usage_unknown: 'release'},
};

const cents = (usd) => Math.round(Number(usd) * 100);

// Requests of one gateway that are at the provider now.
async function at_provider(node) {
  const {text} = await ask(node.admin_url, {method: 'GET', path: '/metrics', key: admin_token});
  return Number(text.match(/^tollgate_in_flight (\d+)$/m)[1]);
}

// Spends, kills the first gateway while it has requests at the provider, starts it again, spends the rest.
async function crash(house, tenant) {
  const seen_before = await house.reached();
  const key = house.keys[tenant];
  const bases = house.urls;
  const first_run = hammer(bases, {total: 130, clients: 64, key, headers});
  await until('requests at the provider', async () => await at_provider(house.gateway) >= 5, {every_ms: 5});
  await kill(house.gateway);
  const tally = await first_run;
  assert.ok(tally.ECONNRESET > 0, `nothing was in flight: ${JSON.stringify(tally)}`);
  assert.ok(await house.reached() - seen_before <= limit);

  if (house.nodes.length > 1) {
    const {spent, held} = await house.budget(tenant, house.nodes[1]);
    assert.ok(cents(held) > 0, 'the dead gateway holds nothing');
    assert.ok(cents(spent) + cents(held) <= limit, `spent ${spent}, held ${held}`);
  }
  await house.start_node(0);
  const {spent} = await house.settled(tenant);
  assert.ok(cents(spent) <= limit, `spent ${spent}`);
  await house.verify();

  await hammer(house.urls, {total: 120, clients: 32, key, headers: {'x-mock-usage': 'worst'}});
  const end = await house.settled(tenant);
  const rows = await house.charged_rows(tenant);
  const reached = await house.reached() - seen_before;
  assert.ok(reached <= limit, `${reached} reached the provider`);
  assert.ok(rows.length >= reached, `${reached} reached the provider, ${rows.length} are recorded`);
  await house.verify();
  assert.ok(rows.length >= (tally[200] ?? 0), `${tally[200]} answers, ${rows.length} are recorded`);
  return {end, rows};
}

const houses = [
  {title: 'a lone gateway over SQLite', store: stores[0], nodes: 1},
  {title: 'a lone gateway over PostgreSQL', store: stores[1], nodes: 1},
  {title: 'one of three gateways over PostgreSQL', store: stores[1], nodes: 3},
];

for (const {title, store: kind, nodes} of houses) describe(`${title} is killed`, () => {
  let store, house;
  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies, nodes});
  });
  after(async () => {
    await house?.close();
    await store?.close();
  });

  it('under a hard stop: what it may have spent is charged, and the rest is spent to the cent', async () => {
    const {end, rows} = await crash(house, 'stop');
    assert.equal(end.spent, '1.00');
    assert.equal(rows.length, limit);
    assert.ok(rows.some((row) => row.cost_source === 'estimated'), 'no hold was ended by recovery');
  });

  it('under a prepaid balance: the same', async () => {
    const {end} = await crash(house, 'prepaid');
    assert.equal(end.prepaid.spent, '1.00');
    assert.equal(end.prepaid.available, '0.00');
  });
});

describe('usage_unknown: release', () => {
  let house;
  before(async () => { house = await open_house({policies}); });
  after(() => house.close());

  it('gives back what a killed gateway held', async () => {
    const slow = {'x-mock-delay-ms': '5000'};
    const run = hammer(house.urls, {total: 20, clients: 20, key: house.keys.lenient, headers: slow});
    await until('requests at the provider', async () => await house.reached() >= 20);
    await kill(house.gateway);
    await run;
    await house.start_node(0);
    const {spent} = await house.settled('lenient');
    assert.equal(spent, '0.00');
    await house.verify();
  });
});
