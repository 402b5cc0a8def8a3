import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach } from 'vitest';

import type { Ledger } from '../../domain/model/ledger.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import type { FaultyPart } from '../../server/app.ts';
import { connectControl } from '../../server/control/control-client.ts';
import type { ControlClient } from '../../server/control/control-client.ts';
import type { ControlAddresses } from '../../server/control/control-methods.ts';
import { waitFor } from './wait-for.ts';

/** The server as its users start it: a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly addresses: ControlAddresses;
  readonly control: ControlClient;
  /** What it has written so far, log and messages. */
  readonly output: () => string;
  /** Registers things; answers the secrets of those that had none. */
  readonly register: (things: readonly ThingSpec[]) => Promise<Readonly<Record<string, string>>>;
  readonly ledger: (station?: string) => Promise<Ledger>;
  /** GET of a path of the API with a token of the role `viewer`; the parsed body. Throws for another status than 200. */
  readonly get: (path: string) => Promise<unknown>;
  /** See `App.injectFault`; rejects unless the server was started with `allowFaults`. */
  readonly injectFault: (part: FaultyPart, kind: string) => Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  readonly kill: () => Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<void>;
}

export interface ServerProcessOptions {
  readonly dataDir: string;
  /** Site folder; by default one without any station. */
  readonly site?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Starts the same server by a script that takes faults; only then `injectFault` works. */
  readonly allowFaults?: boolean;
  /** How long it may take until it answers; default 30 s. */
  readonly startTimeoutMs?: number;
}

const MAIN = fileURLToPath(new URL('../../dist/server/cli/main.js', import.meta.url));
const FAULT_MAIN = fileURLToPath(new URL('fault-server.mjs', import.meta.url));
const running = new Set<ChildProcess>();

/** A test that leaves a server running fails; the server is killed. Call it once in each file that starts servers. */
export function forbidLeftServers(): void {
  afterEach(async () => {
    const left = [...running];
    for (const child of left) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    if (left.length > 0) throw new Error(`The test left ${left.length} servers running.`);
  });
}

/** Starts the compiled server and waits until it answers on its control socket. */
export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const { dataDir, startTimeoutMs = 30_000 } = options;
  const program = options.allowFaults === true ? [FAULT_MAIN] : [MAIN, 'start'];
  const child = spawn(process.execPath, ['--enable-source-maps', ...program], {
    env: {
      PATH: process.env.PATH,
      WW_DATA_DIR: dataDir,
      WW_SITE: options.site ?? emptySite(dataDir),
      WW_MQTT_PORT: '0',
      WW_HTTP_PORT: '0',
      WW_LOG_LEVEL: 'warn',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.allowFaults === true ? ['ipc' as const] : [])],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  let isOver = false;
  const ended = once(child, 'exit').then(() => {
    isOver = true;
    running.delete(child);
  });
  const status = await waitFor(
    'the server to answer on its control socket',
    async () => {
      if (isOver) return 'ended' as const;
      return await (await connectControl(dataDir)).call('status', {});
    },
    { timeoutMs: startTimeoutMs, intervalMs: 25 },
  ).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await ended;
    throw new Error(`The server did not start:\n${output}`, { cause: error });
  });
  if (status === 'ended') throw new Error(`The server ended with code ${child.exitCode}:\n${output}`);
  const control = await connectControl(dataDir);
  let token: string | undefined;
  return {
    pid: status.pid,
    addresses: status.addresses,
    control,
    output: () => output,
    register: async things => (await control.call('register', { things })).secrets,
    ledger: station => control.call('ledger', { station }),
    get: async path => {
      token ??= (await control.call('createToken', { role: 'viewer' })).token;
      const { host, port } = status.addresses.http;
      const response = await fetch(`http://${host}:${port}${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`GET ${path} answered ${response.status}: ${text}`);
      return JSON.parse(text) as unknown;
    },
    injectFault: (part, kind) => sendFault(child, { part, kind }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
    ended,
  };
}

function emptySite(dataDir: string): string {
  const folder = join(dataDir, 'empty-site');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'site.yaml'), 'name: 空站点\n');
  writeFileSync(join(folder, 'stations.yaml'), 'stations: []\n');
  return folder;
}

let lastFault = 0;

async function sendFault(child: ChildProcess, fault: { part: string; kind: string }): Promise<void> {
  const id = (lastFault += 1);
  const answered = new Promise<{ readonly error?: string }>(resolve => {
    const listen = (answer: { readonly id: number; readonly error?: string }): void => {
      if (answer.id !== id) return;
      child.off('message', listen);
      resolve(answer);
    };
    child.on('message', listen);
  });
  if (!child.connected) throw new Error('The server takes no faults: start it with allowFaults.');
  child.send({ id, ...fault });
  const { error } = await answered;
  if (error !== undefined) throw new Error(error);
}
