// What clients do on the wire that is unusual and allowed, and what must not follow from it.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import net from 'node:net';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ask, chat, one_cent, send_raw} from '../support/client.mjs';
import {open_house, stores} from '../support/house.mjs';
import {start_provider} from '../support/provider.mjs';

const body = JSON.stringify(one_cent);
const ample = {hard_stop_usd: 1000};

function post(key, fields = [], rest = body, path = chat) {
  return [`POST ${path} HTTP/1.1`, 'host: x', `authorization: Bearer ${key}`, `content-length: ${Buffer.byteLength(rest)}`,
          ...fields, '', rest].join('\r\n');
}

const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
const answers = (count) => (text) => statuses(text).filter((status) => status >= 200).length >= count && text.endsWith('}');

describe('a connection', () => {
  let house, url, key;
  before(async () => {
    house = await open_house({policies: {acme: ample}});
    url = house.gateway.url;
    key = house.keys.acme;
  });
  after(async () => {
    await house?.settled('acme');
    await house?.verify();
    await house?.close();
  });

  // Sends `first`, and `second` once the answer says 100; all that came until a final status.
  function in_two_steps(first, second) {
    const {hostname, port} = new URL(url);
    return new Promise((done) => {
      let text = '', asked = false;
      const socket = net.connect(port, hostname, () => socket.write(first));
      socket.on('data', (part) => {
        text += part;
        if (!asked && statuses(text).includes(100)) {
          asked = true;
          socket.write(second);
        }
        if (!statuses(text).some((status) => status >= 200)) return;
        socket.destroy();
        done(statuses(text));
      });
    });
  }

  const halves = (fields) => {
    const whole = post(key, fields);
    return [whole.slice(0, -body.length), body];
  };

  it('that expects 100 Continue is asked for its body', async () => {
    assert.deepEqual(await in_two_steps(...halves(['expect: 100-continue'])), [100, 200]);
  });

  it('that expects 100 Continue with a wrong key is told so, and not asked', async () => {
    const [head] = halves(['expect: 100-continue']);
    assert.deepEqual(await in_two_steps(head.replace(key, 'wrong'), body), [401]);
  });

  it('that sends requests without waiting gets all answers, in order', async () => {
    const bytes = post(key) + post('wrong') + post(key, [], body, '/v1/nothing') + post(key);
    const {text} = await send_raw(url, bytes, {enough: answers(4)});
    assert.deepEqual(statuses(text), [200, 401, 404, 200]);
  });

  it('of which half is closed gets its answer', async () => {
    const {hostname, port} = new URL(url);
    const text = await new Promise((done) => {
      let all = '';
      const socket = net.connect({port, host: hostname, allowHalfOpen: true}, () => socket.end(post(key)));
      socket.on('data', (part) => { all += part; });
      socket.on('end', () => {
        socket.destroy();
        done(all);
      });
    });
    assert.deepEqual(statuses(text), [200]);
  });

  it('that ends inside a body never reaches a provider', async () => {
    const reached = await house.reached();
    const {hostname, port} = new URL(url);
    await new Promise((done) => {
      const socket = net.connect({port, host: hostname}, () => socket.end(post(key).slice(0, -5)));
      socket.on('error', done);
      socket.on('close', done);
      socket.resume();
    });
    assert.equal(await house.reached(), reached);
    await house.settled('acme');
  });

  it('may begin with an empty line', async () => {
    const {status} = await send_raw(url, `\r\n${post(key)}`, {enough: answers(1)});
    assert.equal(status, 200);
  });

  it('of HTTP/1.0 is closed behind its answer', async () => {
    const {status, closed} = await send_raw(url, post(key).replace('HTTP/1.1', 'HTTP/1.0'));
    assert.deepEqual([status, closed], [200, true]);
  });

  it('that wants HTTP/2 at once is told that there is none', async () => {
    const {status, closed} = await send_raw(url, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    assert.deepEqual([status, closed], [400, true]);
  });

  it('with chunk extensions, leading zeros and upper case is read', async () => {
    const chunks = `00${body.length.toString(16).toUpperCase()};a=b;c="d"\r\n${body}\r\n000\r\nx-t: 1\r\n\r\n`;
    const bytes = post(key, ['Transfer-Encoding: Chunked'], chunks).replace(/content-length: \d+\r\n/, '');
    assert.equal((await send_raw(url, bytes, {enough: answers(1)})).status, 200);
  });

  const keys = {
    'with its scheme in lower case': (k) => ({authorization: `bearer ${k}`}),
    'behind more than one blank': (k) => ({authorization: `Bearer   ${k}`}),
    'before blanks': (k) => ({authorization: `Bearer ${k} \t`}),
    'beside the same one': (k) => ({authorization: `Bearer ${k}`, 'x-api-key': k}),
    'beside another one: Authorization counts': (k) => ({authorization: `Bearer ${k}`, 'x-api-key': 'sk-other'}),
  };
  for (const [what, headers] of Object.entries(keys)) it(`knows a key ${what}`, async () => {
    assert.equal((await ask(url, {headers: headers(key), body})).status, 200);
  });

  it('may add a query, which the provider never sees', async () => {
    const path = `${chat}?api-version=2024-06-01&key=secret`;
    assert.equal((await ask(url, {key, path, body})).status, 200);
    assert.equal(JSON.stringify(await house.last_seen()).includes('api-version'), false);
  });
});

// Bytes in tags that are no UTF-8 would make a database refuse a whole batch, and a log line no JSON.
for (const store of stores) describe(`odd tags, over ${store.name}`, () => {
  let opened, house, provider;
  before(async () => {
    [opened, provider] = await Promise.all([store.open(), start_provider()]);
    const per = (who) => ({name: who, per: who, cost_usd: 50, window: 'day'});
    const policies = {acme: {...ample, limits: [per('feature'), per('end_user')]}};
    house = await open_house({store: opened, policies, change({catalog}) {
      catalog.providers.mock.base_url = provider.url;
    }});
  });
  after(async () => {
    await house?.close();
    await provider?.close();
    await opened?.close();
  });

  const rows = {
    'Latin 1': ['x-ai-feature: caf\xe9'],
    'bytes that never stand in UTF-8': ['x-ai-end-user: \xff\xfe'],
    'an overlong zero': ['x-ai-end-user: \xc0\x80'],
    'half a surrogate pair': ['x-ai-end-user: \xed\xa0\x80'],
    'a formula': ['x-ai-feature: =cmd|"a",b'],
    'half an escaped pair': [], 'an escaped pair': [], 'Latin 1 in what is no tag': ['user-agent: \xff', 'traceparent: zz-\xff'],
  };
  const bodies = {'half an escaped pair': '\\ud800', 'an escaped pair': '\\ud83d\\ude00'};

  it('are served, recorded and exported', async () => {
    for (const [what, fields] of Object.entries(rows)) {
      const more = what in bodies ? body.replace('{', `{"user":"${bodies[what]}",`) : body;
      const bytes = Buffer.from(post(house.keys.acme, ['connection: close', ...fields], more), 'latin1');
      const {status, text} = await send_raw(house.gateway.url, bytes);
      assert.equal(status, 200, `${what}: ${text}`);
    }
    await house.settled('acme');
    const {text} = await house.get('/v1/account/usage/export?format=jsonl', 'acme');
    assert.equal(text.trim().split('\n').map((line) => JSON.parse(line)).length, Object.keys(rows).length);
    await house.verify();
  });

  it('of control characters are refused', async () => {
    const user = await ask(house.gateway.url, {key: house.keys.acme, body: body.replace('{', '{"user":"a\\u0000b",')});
    assert.equal(user.status, 400);
    const {status} = await send_raw(house.gateway.url, post(house.keys.acme, ['x-ai-feature: a\x7fb']));
    assert.equal(status, 400);
  });

  it('leave a log of whole JSON lines', () => {
    const strict = new TextDecoder('utf-8', {fatal: true});
    const log = strict.decode(readFileSync(join(house.folder, 'node0', 'requests.log')));
    for (const line of log.split('\n').filter(Boolean)) JSON.parse(line);
  });
});
