// Commands that run at the same time, each a process of its own, on one store.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {open_house, stores} from '../support/house.mjs';

const policies = {acme: {monthly_budget_usd: 10}, once: {monthly_budget_usd: 10}};

for (const kind of stores) describe(`commands over ${kind.name}`, () => {
  let store, house;
  before(async () => {
    store = await kind.open();
    house = await open_house({store, policies, start: false});
  });
  after(async () => {
    await house?.close();
    await store?.close();
  });

  const tollgate = (...args) => house.run(...args);
  const move = (kind_of, tenant, usd, key) =>
    tollgate('balance', kind_of, '--tenant', tenant, '--usd', usd, '--idempotency-key', key, '--json');
  const balance_of = async (tenant) =>
    JSON.parse((await tollgate('balance', 'show', '--tenant', tenant, '--json')).out).available_usd;
  const many = (count, body) => Promise.all(Array.from({length: count}, (_, number) => body(number)));

  it('credits a top-up once, however often it is sent', async () => {
    const ends = await many(12, () => move('top-up', 'once', '5', 'invoice-1'));
    assert.deepEqual(new Set(ends.map((end) => end.code)), new Set([0]), ends.find((end) => end.code)?.err);
    const answers = ends.map((end) => JSON.parse(end.out));
    assert.equal(answers.filter((answer) => !answer.repeated).length, 1);
    assert.equal(new Set(answers.map((answer) => answer.transaction)).size, 1);
    assert.equal(await balance_of('once'), '5.00');
  });

  it('loses none of many different ones, and takes no more than there is', async () => {
    await many(12, (number) => move('top-up', 'acme', '0.1', `in-${number}`));
    assert.equal(await balance_of('acme'), '1.20');
    const ends = await many(10, (number) => move('adjust', 'acme', '-0.25', `out-${number}`));
    const codes = ends.map((end) => end.code).sort();
    assert.deepEqual(codes, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    assert.equal(await balance_of('acme'), '0.20');
  });

  it('leaves the books right', async () => {
    const end = await tollgate('ledger', 'verify', '--json');
    assert.equal(end.code, 0, end.err);
    assert.deepEqual(JSON.parse(end.out), []);
  });

  if (kind.name === 'PostgreSQL') it('exits 3 while the store is away', async () => {
    await store.stop();
    for (const args of [['keys', 'list'], ['balance', 'show', '--tenant', 'acme'], ['migrate'], ['ledger', 'verify']]) {
      const end = await tollgate(...args);
      assert.equal(end.code, 3, args.join(' '));
      assert.equal(end.out, '');
    }
    await store.start();
    assert.equal(await balance_of('acme'), '0.20');
  });
});
