import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { AppError } from '../domain/errors.ts';
import type { ThingSpec } from '../domain/model/registry.ts';
import type { IngestStatus } from '../ingest/pipeline.ts';
import { connectControl } from '../server/control/control-client.ts';
import type { ControlClient } from '../server/control/control-client.ts';
import { startProgram } from './child-program.ts';
import type { ChildProgram } from './child-program.ts';
import { until } from './wait.ts';

const MAIN = fileURLToPath(new URL('../server/cli/main.js', import.meta.url));
const START_MS = 120_000;

/** The compiled server, started as its users start it: a process of its own with its default settings. */
export interface ServerUnderTest {
  readonly pid: number;
  readonly mqttPort: number;
  readonly control: ControlClient;
  /** Registers things; answers the secrets of those that had none. */
  readonly register: (things: readonly ThingSpec[]) => Promise<Readonly<Record<string, string>>>;
  /** Readings stored so far. */
  readonly storedReadings: () => Promise<number>;
  /** Resolves when nothing is in flight any more. Rejects where the ledger does not balance. */
  readonly settled: (timeoutMs: number) => Promise<void>;
  readonly ingest: () => Promise<IngestStatus>;
  readonly stop: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

/**
 * Starts the server process on a data directory, without stations of its own; it does not wait for it. It takes over the
 * options of this Node process, so that `node --cpu-prof dist/bench/main.js ingest` also profiles the server.
 */
export function spawnServer(dataDir: string, env: Readonly<Record<string, string>> = {}): ChildProgram {
  const site = join(dataDir, 'site');
  mkdirSync(site, { recursive: true });
  writeFileSync(join(site, 'site.yaml'), 'name: benchmark\n');
  writeFileSync(join(site, 'stations.yaml'), 'stations: []\n');
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('WW_'));
  return startProgram(process.execPath, [...process.execArgv, MAIN, 'start'], {
    ...Object.fromEntries(inherited),
    WW_DATA_DIR: dataDir,
    WW_SITE: site,
    WW_MQTT_PORT: '0',
    WW_HTTP_PORT: '0',
    WW_LOG_LEVEL: 'warn',
    ...env,
  });
}

/** Starts the server and waits until it answers on its control socket. */
export async function startServerUnderTest(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerUnderTest> {
  const child = spawnServer(dataDir, env);
  const status = await until(
    'the server to answer',
    async () => {
      if (child.isOver) return 'over' as const;
      return await (await connectControl(dataDir)).call('status', {});
    },
    { timeoutMs: START_MS, intervalMs: 50 },
  );
  if (status === 'over') throw new AppError('internal_error', `The server ended:\n${child.output}`);
  const control = await connectControl(dataDir);
  return {
    pid: child.pid,
    mqttPort: status.addresses.mqtt.port,
    control,
    register: async things => (await control.call('register', { things })).secrets,
    storedReadings: async () => (await control.call('ledger', {})).readings.stored,
    settled: timeoutMs => settled(control, timeoutMs),
    ingest: async () => (await control.call('status', {})).ingest,
    stop: signal => child.stop(signal),
  };
}

async function settled(control: ControlClient, timeoutMs: number): Promise<void> {
  const ledger = await until(
    'everything to be stored',
    async () => {
      const now = await control.call('ledger', {});
      return now.messages.inFlight === 0 && now.readings.inFlight === 0 ? now : undefined;
    },
    { timeoutMs, intervalMs: 200 },
  );
  if (!ledger.balanced) {
    throw new AppError('internal_error', `The ledger does not balance: ${JSON.stringify(ledger)}`);
  }
}
