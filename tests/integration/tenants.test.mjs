// Many tenants in one process: all are served, and a change among them drops no request.

import {after, before, describe, it} from 'node:test';
import assert from 'node:assert/strict';
import {hammer} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';
import {until} from '../support/until.mjs';

const count = 1_500;
const ample = {monthly_budget_usd: 1000, hard_stop_usd: 1000};

describe(`${count} tenants`, () => {
  let house;
  before(async () => {
    house = await open_house({policies: {acme: ample, zeta: ample}, start: false});
    for (let i = 0; i < count; ++i) house.put_policy(`tenant_${i}`, {...ample, daily_soft_limit_usd: 10 + i});
    await house.start_node(0);
  });
  after(() => house?.close());

  const page = async (path) => {
    const {admin_url} = house.gateway;
    const {admin_token} = await import('../../scripts/sandbox.mjs');
    const answer = await fetch(`${admin_url}/admin/v1/${path}`, {headers: {authorization: `Bearer ${admin_token}`}});
    return answer.json();
  };

  it('are all in force, in pages', async () => {
    const seen = new Set();
    for (let after = ''; after !== null;) {
      const {data, next} = await page(`tenants?limit=400${after && `&after=${after}`}`);
      for (const {id} of data) seen.add(id);
      after = next;
    }
    assert.equal(seen.size, count + 2);
  });

  it('are reloaded, and published to, without a request lost', async () => {
    let done = false;
    const changed = (async () => {
      house.put_policy('tenant_7', {...ample, policy_version: 'v2'});
      await until('the new version', async () => (await page('policies/tenant_7')).version === 'v2');
      done = true;
    })();
    const tally = await hammer(house.urls, {total: 100_000, clients: 4, key: house.keys.zeta, until: () => done});
    await changed;
    assert.deepEqual(Object.keys(tally), ['200']);
    assert.ok(tally['200'] > 0);
  });
});
