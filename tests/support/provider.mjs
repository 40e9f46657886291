// A provider that says exactly the bytes it is told to: what the mock upstream is too well-behaved for.

import net from 'node:net';

function head_of(text) {
  const [first, ...lines] = text.split('\r\n');
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return {first, headers};
}

class Provider {
  requests = [];
  sockets = new Set();
  says = () => whole({});

  async listen() {
    this.server = net.createServer((socket) => this.#serve(socket));
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}/v1`;
    return this;
  }

  #serve(socket) {
    let taken = Buffer.alloc(0);
    socket.setNoDelay();
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (part) => {
      taken = Buffer.concat([taken, part]);
      const end = taken.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = head_of(taken.subarray(0, end).toString('latin1'));
      const length = Number(head.headers['content-length'] ?? 0);
      if (taken.length < end + 4 + length) return;
      const body = taken.subarray(end + 4, end + 4 + length).toString();
      taken = taken.subarray(end + 4 + length);
      this.#answer(socket, {...head, body});
    });
  }

  async #answer(socket, request) {
    this.requests.push(request);
    const said = this.says(request, socket);
    for (const piece of Array.isArray(said) ? said : [said]) {
      if (typeof piece === 'function') await piece(socket);
      else if (piece !== undefined && !socket.destroyed) await new Promise((done) => socket.write(piece, done));
    }
  }

  get last() { return this.requests.at(-1); }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }
}

export async function start_provider() { return new Provider().listen(); }

// ---- what it may say ----

export const shut = (socket) => socket.end();
export const reset = (socket) => socket.resetAndDestroy();
// The next piece comes in a packet of its own: the one before has left, and the loop turns once.
export const pause = () => new Promise((done) => setImmediate(done));

// An answer with its length; `json` may be anything, or `body` bytes.
export function whole({status = '200 OK', headers = {}, json, body = JSON.stringify(json ?? completion())}) {
  const lines = Object.entries({'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers})
    .filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`, 'latin1'), Buffer.from(body)]);
}

export function completion({usage = {prompt_tokens: 10, completion_tokens: 20, total_tokens: 30}, ...more} = {}) {
  const choices = [{index: 0, message: {role: 'assistant', content: 'ten words'}, finish_reason: 'stop'}];
  return {id: 'c1', object: 'chat.completion', created: 1, model: 'raw', choices, usage, ...more};
}

// A stream in chunks, one for each of `pieces`; functions among them run in their turn.
export function streamed(pieces, {headers = {}, end = true} = {}) {
  const lines = Object.entries({'content-type': 'text/event-stream', 'transfer-encoding': 'chunked', ...headers})
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const chunk = (piece) => {
    if (typeof piece === 'function') return piece;
    const bytes = Buffer.from(piece);
    return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
  };
  return [`HTTP/1.1 200 OK\r\n${lines.join('')}\r\n`, ...pieces.map(chunk), ...(end ? ['0\r\n\r\n'] : [])];
}

export const event = (value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
export const done = event('[DONE]');
export const text_chunk = (content, more = {}) => ({
  id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'raw',
  choices: [{index: 0, delta: {content}, finish_reason: null}], ...more,
});
export const usage_chunk = (usage = {prompt_tokens: 10, completion_tokens: 20, total_tokens: 30}) =>
  ({...text_chunk(''), choices: [], usage});
