// A PostgreSQL of one's own on a Unix socket in a temporary folder; run as another user when we are root.

import {execFile, execFileSync} from 'node:child_process';
import {appendFileSync, chownSync, readdirSync, rmSync, writeFileSync, existsSync} from 'node:fs';
import net from 'node:net';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {Process, temporary_folder} from '../../scripts/sandbox.mjs';
import {until} from './until.mjs';

const run = promisify(execFile);
const home = '/usr/lib/postgresql';

function find_programs() {
  const versions = existsSync(home) ? readdirSync(home) : [];
  const found = versions.sort((a, b) => b - a).find((version) => existsSync(join(home, version, 'bin/initdb')));
  if (!found) throw new Error(`no PostgreSQL under ${home}`);
  return join(home, found, 'bin');
}

// PostgreSQL does not run as root.
function other_user() {
  if (process.getuid() !== 0) return undefined;
  const number_of = (what, name) => Number(execFileSync('id', [what, name], {encoding: 'utf8'}));
  const name = ['postgres', 'nobody'].find((each) => {
    try {
      return number_of('-u', each) > 0;
    } catch {
      return false;
    }
  });
  return {uid: number_of('-u', name), gid: number_of('-g', name)};
}

export class Postgres {
  static async start() {
    const made = new Postgres();
    await made.#initialise();
    await made.start();
    return made;
  }

  async #initialise() {
    this.programs = find_programs();
    this.folder = temporary_folder('pg');
    this.data = join(this.folder, 'data');
    this.log = join(this.folder, 'log');
    this.user = other_user();
    this.databases = 0;
    writeFileSync(this.log, '');
    if (this.user) for (const path of [this.folder, this.log]) chownSync(path, this.user.uid, this.user.gid);
    const how = ['-D', this.data, '-U', 'tollgate', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    await run(join(this.programs, 'initdb'), how, {cwd: this.folder, ...this.user});
    // The tests kill processes, not the machine: what is written need not reach the disk.
    appendFileSync(join(this.data, 'postgresql.conf'), [
      `listen_addresses = ''`, `unix_socket_directories = '${this.folder}'`, 'max_connections = 60',
      'logging_collector = off', 'fsync = off', 'shared_buffers = 32MB', ''].join('\n'));
  }

  async start() {
    const wrap = this.user
      ? ['setpriv', `--reuid=${this.user.uid}`, `--regid=${this.user.gid}`, '--clear-groups'] : [];
    this.server = new Process(join(this.programs, 'postgres'), ['-D', this.data],
                              {log: this.log, wrap, last_signal: 'SIGQUIT'});
    await until('PostgreSQL', () => this.#answers(), {within_ms: 60_000, every_ms: 20});
  }

  // It lets us in: the first byte of its answer to a start-up message is R; E while it still recovers.
  #answers() {
    const words = Buffer.from('user\0tollgate\0database\0postgres\0\0');
    const head = Buffer.alloc(8);
    head.writeInt32BE(head.length + words.length, 0);
    head.writeInt32BE(3 << 16, 4);
    return new Promise((done) => {
      const socket = net.connect(join(this.folder, '.s.PGSQL.5432'), () => socket.write(Buffer.concat([head, words])));
      const end = (ready) => {
        socket.destroy();
        done(ready);
      };
      socket.on('data', (part) => end(part[0] === 'R'.charCodeAt(0)));
      socket.on('error', () => end(false));
      socket.on('close', () => end(false));
    });
  }

  // SIGINT: the fast way, running transactions are ended. SIGQUIT: at once, like a crash.
  async stop(signal = 'SIGINT') {
    await this.server.stop(signal);
    this.server = undefined;
  }

  async restart(signal = 'SIGINT') {
    await this.stop(signal);
    await this.start();
  }

  // The URL of a fresh database.
  async new_database() {
    const name = `t${++this.databases}`;
    await run(join(this.programs, 'createdb'), ['-h', this.folder, '-U', 'tollgate', name]);
    return `postgresql:///${name}?host=${this.folder}&user=tollgate`;
  }

  async close() {
    if (this.server) await this.stop('SIGQUIT');
    rmSync(this.folder, {recursive: true, force: true});
  }
}
