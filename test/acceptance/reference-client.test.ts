import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterEach, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import { Random } from '../../sensors-sim/random.ts';
import { settledLedger } from '../harness/acknowledged.ts';
import { printFigure } from '../harness/print-figure.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../dist/sensors-sim/reference-client/main.js', import.meta.url));
const STATION = 'R-1' as ThingId;
const KILLS = 12;

const temporary = temporaryFolder();
forbidLeftServers();
const running = new Set<ChildProcess>();
afterEach(async () => {
  const left = [...running];
  for (const child of left) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  if (left.length > 0) throw new Error('The test left a client running.');
});

/** The compiled client, fed with lines; counts what it has promised to keep. */
class ClientProcess {
  /** Of the lines it was given, in order, how many are on stable storage. */
  buffered = 0;
  acknowledged = 0;
  readonly given: string[] = [];
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcess;
  #errors = '';

  constructor(port: number, secret: string) {
    const folder = join(temporary.path, 'buffer');
    const args = `--id ${STATION} --folder ${folder} --port ${port} --back-off 50`.split(' ');
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env['PATH'], WW_SECRET: secret },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    this.ended = once(child, 'close').then(() => running.delete(child));
    // It is killed while we write to it.
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    createInterface({ input: child.stdout }).on('line', line => {
      const [fact, , readings] = line.split(' ');
      if (fact === 'buffered') this.buffered += Number(readings);
      else this.acknowledged += 1;
    });
  }

  give(line: string): void {
    this.given.push(line);
    this.#child.stdin?.write(`${line}\n`);
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get errors(): string {
    return this.#errors;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Nothing more comes; it ends when the server has everything. */
  async finish(): Promise<void> {
    this.#child.stdin?.end();
    await this.ended;
  }
}

async function storedTimes(server: ServerProcess): Promise<number[]> {
  const page = (await server.get(
    `/api/v1/datastreams/${STATION}/water_level/observations?from=0&to=4000000000000&limit=50000`,
  )) as { items: { t: number; v: number }[]; next: string | null };
  expect(page.next).toBeNull();
  expect(page.items.filter(({ t, v }) => v !== valueAt(t))).toEqual([]);
  return page.items.map(({ t }) => t);
}

const valueAt = (t: number): number => (t % 1_000) / 1_000;

it(
  `brings all it has promised to keep, over ${KILLS} kills of the client and restarts of the server`,
  { timeout: 180_000 },
  async () => {
    const random = new Random(31);
    const dataDir = join(temporary.path, 'data');
    mkdirSync(dataDir);
    let server = await startServer({ dataDir });
    const { port } = server.addresses.mqtt;
    const secrets = await server.register([
      {
        kind: 'station',
        id: STATION,
        name: STATION,
        datastreams: [{ property: 'water_level', datum: '1985国家高程基准', intervalMs: 60_000 }],
      },
    ]);
    const promised: number[] = [];
    const given: number[] = [];
    let t = Date.now() - 3_600_000;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const client = new ClientProcess(port, secrets[STATION] ?? '');
      // Of three runs one has no server, one loses it with messages on the wire, and one only loses the client.
      const isServerDown = kill % 3 === 1;
      const isServerLost = kill % 3 === 2;
      const restarted = { dataDir, env: { WW_MQTT_PORT: String(port) } };
      if (isServerDown) await server.kill();
      const feeding = new AbortController();
      const feed = (async () => {
        while (!feeding.signal.aborted) {
          const count = 1 + random.below(4);
          for (let index = 0; index < count; index += 1) client.give(`${(t += 1)},water_level,${valueAt(t)}`);
          await pause(random.below(4));
        }
      })();
      await waitFor('the first readings to be kept', () => client.buffered > 0);
      if (isServerLost) {
        await waitFor('a PUBACK', () => client.acknowledged > 0);
        await pause(random.below(100));
        await server.kill();
        server = await startServer(restarted);
      }
      await pause(random.below(400));
      feeding.abort();
      await feed;
      await client.kill();
      expect(client.errors).not.toMatch(/left out|Refused|    at /);
      const times = client.given.map(line => Number(line.split(',')[0]));
      given.push(...times);
      promised.push(...times.slice(0, client.buffered));
      if (isServerDown) server = await startServer(restarted);
    }
    const last = new ClientProcess(port, secrets[STATION] ?? '');
    await last.finish();
    expect(last.exitCode).toBe(0);
    const ledger = await settledLedger(server);
    const stored = await storedTimes(server);
    const isStored = new Set(stored);
    const isGiven = new Set(given);
    expect(promised.filter(each => !isStored.has(each))).toEqual([]);
    expect(stored.filter(each => !isGiven.has(each))).toEqual([]);
    expect(isStored.size).toBe(stored.length);
    const { readings, balanced } = ledger;
    expect([balanced, readings.stored, readings.corrected, readings.quarantined]).toEqual([
      true,
      stored.length,
      0,
      0,
    ]);
    printFigure(
      `reference client, ${KILLS} kills: ${given.length} readings given, ${promised.length} promised, ` +
        `${stored.length} stored, ${readings.duplicate} duplicates, 0 missing`,
    );
    expect(await server.stop()).toBe(0);
  },
);
