// Load by wrk, and many streams that wait.

import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {root} from '../scripts/sandbox.mjs';

const run = promisify(execFile);
const script = join(root, 'bench/requests.lua');
let round = 0;

export const connections_count = 64;

// One burst: {requests, duration_us, p50_us, p99_us}. Fails when an answer was not a success.
export async function burst(url, keys_file, {seconds, bytes = 1024, chunks = 0, think_ms = 0, threads = 1, connections = connections_count, wrap = [], headers = {}}) {
  const args = [...wrap, 'wrk', '-t', String(threads), '-c', String(connections), '-d', `${seconds}s`, '--timeout', '20s',
                '-s', script, url, '--', keys_file, String(bytes), String(chunks), String(think_ms), String(37 * ++round), ...Object.entries(headers).flat()];
  const {stdout} = await run(args[0], args.slice(1), {maxBuffer: 1 << 20});
  const line = stdout.match(/^RESULT (.*)$/m);
  if (!line) throw new Error(`wrk said nothing of use:\n${stdout}`);
  const result = JSON.parse(line[1]);
  if (result.status_errors > 0) throw new Error(`${result.status_errors} of ${result.requests} answers were no success (${url})`);
  if (result.requests === 0) throw new Error(`not one answer from ${url}\n${stdout}`);
  return result;
}

export function write_keys(folder, name, keys) {
  const file = join(folder, `${name}.keys`);
  writeFileSync(file, keys.map((key) => `${key}\n`).join(''));
  return file;
}

// Opens `count` streams that have begun and then say nothing; resolves with a function that closes them.
export async function open_idle_streams(url, keys, count) {
  const {hostname, port} = new URL(url);
  const body = JSON.stringify({model: 'gpt-5-mini', stream: true, max_completion_tokens: 16, messages: [{role: 'user', content: 'wait'}]});
  const sockets = [];
  const open_one = (i) => new Promise((done, fail) => {
    const socket = connect({host: hostname, port: Number(port)});
    sockets.push(socket);
    socket.once('error', fail);
    socket.once('data', (bytes) => {
      const status = bytes.toString('latin1', 9, 12);
      return status === '200' ? done() : fail(new Error(`stream ${i}: status ${status}`));
    });
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${keys[i % keys.length]}\r\n` +
                 'Content-Type: application/json\r\nX-Mock-Chunks: 3\r\nX-Mock-Gap-Ms: 120000\r\n' +
                 `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  });
  for (let i = 0; i < count; i += 100) {
    await Promise.all(Array.from({length: Math.min(100, count - i)}, (_, k) => open_one(i + k)));
  }
  return () => {
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.destroy();
    }
  };
}
