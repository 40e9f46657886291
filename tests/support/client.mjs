// A plain HTTP client that shows what is on the wire: raw header lists, streams event by event, broken connections as
// values, and sockets for what no client would send.

import http from 'node:http';
import net from 'node:net';

export const chat = '/v1/chat/completions';

// Costs at most 0.01 USD where output costs 100 USD per million tokens and input nothing.
export const one_cent = {model: 'toll', max_tokens: 100, messages: [{role: 'user', content: 'hi'}]};

function options_of(base, {method = 'POST', path = chat, key, headers = {}, agent, body}) {
  const {hostname, port} = new URL(base);
  const sent = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const all = {...headers};
  if (key) all.authorization = `Bearer ${key}`;
  if (sent !== undefined) {
    all['content-type'] ??= 'application/json';
    all['content-length'] ??= Buffer.byteLength(sent);
  }
  return {how: {hostname, port, method, path, headers: all, agent}, sent};
}

// {status, headers, text, json}, or {failed: CODE} when there was no whole answer.
export function ask(base, request = {}) {
  const {how, sent} = options_of(base, request);
  return new Promise((done) => {
    const client = http.request(how, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      const {statusCode: status, headers, rawHeaders: raw_headers} = answer;
      const text = () => Buffer.concat(parts).toString();
      answer.on('error', (error) => done({failed: error.code, status, text: text()}));
      answer.on('end', () => done({status, headers, raw_headers, text: text(), json: parsed(text())}));
    });
    client.on('error', (error) => done({failed: error.code}));
    client.end(sent);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// How an answer counts in a tally: "200", "402 tenant_budget_exceeded", "ECONNRESET".
export function name_of(answer) {
  if (answer.failed) return answer.failed;
  const code = answer.json?.error?.code;
  return code ? `${answer.status} ${code}` : String(answer.status);
}

// `clients` at once, each with requests one after another, `total` in all; each goes to the next of `bases`.
// `after` is told of every answer; `until` true ends it early. Yields the tally of answers.
export async function hammer(bases, {total, clients, after = () => {}, until = () => false, ...request}) {
  const agent = new http.Agent({keepAlive: true, maxSockets: clients});
  const tally = {};
  let left = total;
  const one_client = async (number) => {
    while (left > 0 && !until()) {
      left -= 1;
      const answer = await ask(bases[number++ % bases.length], {agent, body: one_cent, ...request});
      const name = name_of(answer);
      tally[name] = (tally[name] ?? 0) + 1;
      await after(answer, tally);
    }
  };
  await Promise.all(Array.from({length: clients}, (_, number) => one_client(number)));
  agent.destroy();
  return tally;
}

// A stream: `head` resolves to the answer's head; `event()` to the next event's data, or to undefined at the end, when
// `ending` is "clean" (the chunked body was finished) or "broken"; `drop()` closes the connection, `reset()` does with
// a RST.
export function open_stream(base, request = {}) {
  const {how, sent} = options_of(base, {agent: false, ...request});
  const events = [], waiting = [];
  const stream = {ending: undefined, raw: ''};
  const hand_over = () => {
    while (waiting.length > 0 && (events.length > 0 || stream.ending)) waiting.shift()(events.shift());
  };
  const end = (kind) => {
    stream.ending ??= kind;
    hand_over();
  };
  let rest = '';
  const take = (text) => {
    stream.raw += text;
    rest += text;
    const pieces = rest.split(/\r?\n\r?\n/);
    rest = pieces.pop();
    for (const piece of pieces) {
      const data = piece.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim());
      if (data.length > 0) events.push(data.join('\n'));
    }
    hand_over();
  };
  const client = http.request(how);
  stream.head = new Promise((done) => {
    client.on('response', (answer) => {
      answer.setEncoding('utf8');
      answer.on('data', take);
      answer.on('end', () => end('clean'));
      answer.on('error', () => end('broken'));
      answer.on('close', () => end('broken'));
      done({status: answer.statusCode, headers: answer.headers});
    });
    client.on('error', (error) => {
      end('broken');
      done({failed: error.code});
    });
  });
  client.end(sent);
  stream.event = () => new Promise((done) => {
    waiting.push(done);
    hand_over();
  });
  stream.drop = () => client.destroy();
  stream.reset = () => client.socket.resetAndDestroy();
  // All events to the end.
  stream.rest = async () => {
    const all = [];
    for (let one = await stream.event(); one !== undefined; one = await stream.event()) all.push(one);
    return all;
  };
  return stream;
}

// Bytes as they are over a socket of one's own; resolves to all that came until the peer closed, or until `enough`.
export function send_raw(base, bytes, {enough = () => false, pieces = []} = {}) {
  const {hostname, port} = new URL(base);
  return new Promise((done) => {
    let text = '';
    const socket = net.connect(port, hostname, () => {
      socket.write(bytes);
      for (const piece of pieces) socket.write(piece);
    });
    socket.setEncoding('latin1');
    const end = (closed) => {
      socket.destroy();
      done({text, closed, status: Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1])});
    };
    socket.on('data', (part) => {
      text += part;
      if (enough(text)) end(false);
    });
    socket.on('error', () => end(true));
    socket.on('close', () => end(true));
  });
}
