import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { afterEach } from 'vitest';

/** A real mosquitto that listens on 127.0.0.1. */
export interface Mosquitto {
  readonly port: number;
  /** e.g. `mqtt://127.0.0.1:41883` */
  readonly url: string;
  /** What it has written so far. */
  readonly log: () => string;
  /** Ends it in order and waits for that; a second call does nothing. Throws where it had to be killed. */
  readonly stop: () => Promise<void>;
}

export interface MosquittoOptions {
  /** The program, from `requireServer('mosquitto')`. */
  readonly program: string;
  /** Further lines of its configuration; by default anyone may connect and nothing is kept on disk. */
  readonly config?: readonly string[];
}

const STARTED = /^\d+: mosquitto version \S+ running$/m;
const PORT_TAKEN = /Address already in use/;
const ATTEMPTS = 5;
const STOP_MS = 5_000;
const REPEAT_MS = 100;

/** mosquitto does not report the port it got for 0, so that one is chosen here and may be taken by someone else. */
async function probablyFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

class MosquittoProcess implements Mosquitto {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  #running = true;

  constructor(options: MosquittoOptions, port: number) {
    this.port = port;
    const folder = mkdtempSync(join(tmpdir(), 'waterwarden-mosquitto-'));
    const file = join(folder, 'mosquitto.conf');
    const lines = [
      `listener ${port} 127.0.0.1`,
      // Started by root it would become another user, who may not read the files of a test.
      `user ${userInfo().username}`,
      'allow_anonymous true',
      'persistence false',
      ...(options.config ?? []),
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    this.#child = spawn(options.program, ['-c', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', chunk => (this.#output += String(chunk)));
    }
    const killWithTests = () => this.#child.kill('SIGKILL');
    process.once('exit', killWithTests);
    this.#ended = new Promise<void>(resolve => {
      this.#child.once('error', error => {
        this.#output += String(error);
        resolve();
      });
      this.#child.once('close', () => resolve());
    }).then(() => {
      this.#running = false;
      process.removeListener('exit', killWithTests);
      rmSync(folder, { recursive: true });
    });
  }

  get url() {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  get running() {
    return this.#running;
  }

  readonly log = () => this.#output;

  /** True once it listens, false when it ended before. */
  async listening(): Promise<boolean> {
    while (this.#running && !STARTED.test(this.#output)) {
      await Promise.race([this.#ended, once(this.#child.stderr ?? this.#child, 'data')]);
    }
    return this.#running;
  }

  kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }

  readonly stop = async () => {
    if (!this.#running) return;
    let killed = false;
    const deadline = setTimeout(() => {
      killed = true;
      this.#child.kill('SIGKILL');
    }, STOP_MS);
    // It says that it runs just before its loop starts, and forgets a signal that comes in between.
    const terminate = () => this.#child.kill('SIGTERM');
    const again = setInterval(terminate, REPEAT_MS);
    terminate();
    await this.#ended;
    clearInterval(again);
    clearTimeout(deadline);
    if (killed) throw new Error(`mosquitto did not end within ${STOP_MS} ms:\n${this.#output}`);
  };
}

/**
 * Starts mosquittos for the enclosing `describe` or file. What is still running after each test is killed and fails
 * the test; hooks declared later run earlier and may stop it.
 *
 * @param after when to look: `afterEach`, or `afterAll` where a suite shares one
 */
export function mosquittoStarter(
  after: (check: () => Promise<void>) => void = afterEach,
): (options: MosquittoOptions) => Promise<Mosquitto> {
  const started = new Set<MosquittoProcess>();
  after(async () => {
    const left = [...started].filter(({ running }) => running);
    started.clear();
    await Promise.all(left.map(server => server.kill()));
    if (left.length === 0) return;
    throw new Error(`mosquitto was left running on port ${left.map(({ port }) => port).join(', ')}.`);
  });
  return async options => {
    for (let attempt = 1; ; attempt += 1) {
      const server = new MosquittoProcess(options, await probablyFreePort());
      started.add(server);
      if (await server.listening()) return server;
      if (attempt < ATTEMPTS && PORT_TAKEN.test(server.log())) continue;
      throw new Error(`mosquitto did not start:\n${server.log()}`);
    }
  };
}
