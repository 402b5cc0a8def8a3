import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { AppError } from '../domain/errors.ts';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** How long an orderly end may take, milliseconds. */
const STOP_MS = 60_000;
const LAST_OUTPUT = 8_000;

/** A process that the benchmark has started; killed with the benchmark at the latest. */
export class ChildProgram {
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #output = '';
  #isOver = false;

  constructor(child: ChildProcess) {
    if (child.pid === undefined) throw new AppError('internal_error', 'A program could not be started.');
    this.pid = child.pid;
    this.#child = child;
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-LAST_OUTPUT);
      });
    }
    this.ended = once(child, 'exit').then(() => {
      this.#isOver = true;
      running.delete(child);
    });
  }

  /** The last of what it has written. */
  get output(): string {
    return this.#output;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#isOver) return;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    this.#child.kill(signal);
    await this.ended;
    clearTimeout(timer);
  }
}

/** Starts a program; its output is kept for error messages. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ChildProgram {
  return new ChildProgram(spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** A module of the benchmark in a process of its own, which answers each request with one message. */
export class ChildModule extends ChildProgram {
  readonly #process: ChildProcess;

  /** @param path compiled module relative to this one, such as `load/fleet-child.js` */
  constructor(path: string, env: NodeJS.ProcessEnv = process.env) {
    const child = fork(fileURLToPath(new URL(path, import.meta.url)), [], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    super(child);
    this.#process = child;
  }

  send(message: object | string): void {
    this.#process.send(message);
  }

  /** The next message of the child; call it before what provokes the message. Rejects when the child ends instead. */
  async next<Message>(): Promise<Message> {
    const gone = this.ended.then(() => {
      throw new AppError('internal_error', `A process of the benchmark ended:\n${this.output}`);
    });
    // The race may be decided long before the process ends.
    gone.catch(() => undefined);
    const [message] = (await Promise.race([once(this.#process, 'message'), gone])) as [Message];
    if (typeof message === 'object' && message !== null && 'error' in message) {
      throw new AppError('internal_error', `A process of the benchmark failed: ${String(message.error)}`);
    }
    return message;
  }

  async ask<Answer>(message: object): Promise<Answer> {
    const answer = this.next<Answer>();
    this.send(message);
    return await answer;
  }
}

/** Answers each message of the parent process with what `handle` resolves to, one after the other. */
export function answerParent<Request>(handle: (request: Request) => Promise<object>): void {
  let last = Promise.resolve();
  process.on('message', (request: Request) => {
    last = last.then(async () => {
      const answer = await handle(request).catch((error: unknown) => ({
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }));
      process.send?.(answer);
    });
  });
  process.on('disconnect', () => process.exit());
}

/** The path of an installed program, also of Debian's servers, which PATH lacks for ordinary users. */
export function findProgram(name: string): string | undefined {
  const folders = [process.env['PATH'], '/usr/local/sbin', '/usr/sbin', '/sbin']
    .join(delimiter)
    .split(delimiter);
  return folders.map(folder => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first of `count` ports in a row that were free a moment ago. */
export async function freePorts(count = 1): Promise<number> {
  for (;;) {
    const first = await listening(0);
    const { port } = first.address() as AddressInfo;
    const others = await Promise.allSettled(
      Array.from({ length: count - 1 }, (_, index) => listening(port + 1 + index)),
    );
    const servers = [first, ...others.flatMap(other => (other.status === 'fulfilled' ? [other.value] : []))];
    for (const server of servers) {
      server.close();
      await once(server, 'close');
    }
    if (servers.length === count) return port;
  }
}

async function listening(port: number): Promise<ReturnType<typeof createServer>> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
