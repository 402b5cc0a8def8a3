import { setTimeout as pause } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { completeLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { loadThings } from '../../sensors-sim/load/load-registry.ts';
import { runLoad } from '../../sensors-sim/load/run-load.ts';
import { Random } from '../../sensors-sim/random.ts';
import { SYSTEM_CLOCK } from '../../server/system-clock.ts';
import { SentReadings, settledLedger } from '../harness/acknowledged.ts';
import { printFigure } from '../harness/print-figure.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();

const KILLS = 20;

/** When the next kill comes, after the server is up again. */
type Aim = (sent: SentReadings) => Promise<unknown>;

const LOAD: GivenLoadPlan = {
  seed: 7,
  stations: 24,
  properties: 2,
  ratePerStation: 20,
  readingsPerMessage: 2,
  durationMs: Number.POSITIVE_INFINITY,
  qosWeights: [0, 2, 1],
  duplicateShare: 0.05,
  reorderShare: 0.05,
  backlog: { stationShare: 0.5, readings: 200, readingsPerMessage: 50 },
  backOff: { baseMs: 50, maxMs: 300 },
};

interface Campaign {
  readonly env: Readonly<Record<string, string>>;
  readonly kills: number;
  readonly aim: Aim;
}

interface Outcome {
  readonly problems: readonly string[];
  readonly balanced: boolean;
  /** What the ledger calls stored and the API does not show. */
  readonly uncounted: number;
  readonly differences: readonly string[];
  readonly exitCode: number | null;
}

const NOTHING_LOST: Outcome = { problems: [], balanced: true, uncounted: 0, differences: [], exitCode: 0 };

/** Kills the server again and again under load; afterwards everything acknowledged has to be there, once. */
async function campaign({ env, kills, aim }: Campaign): Promise<Outcome> {
  const dataDir = temporary.path;
  let server: ServerProcess = await startServer({ dataDir, env });
  const { port } = server.addresses.mqtt;
  const plan = completeLoadPlan(LOAD);
  const secrets = new Map(Object.entries(await server.register(loadThings(plan))));
  const sent = new SentReadings();
  const enough = new AbortController();
  const load = runLoad(LOAD, {
    host: '127.0.0.1',
    port,
    secrets,
    clock: SYSTEM_CLOCK,
    signal: enough.signal,
    onPublished: sent.published,
    onAcknowledged: sent.acknowledged,
  });
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      await aim(sent);
      await server.kill();
      server = await startServer({ dataDir, env: { ...env, WW_MQTT_PORT: String(port) } });
    }
    await waitForMore(sent, 1);
  } finally {
    enough.abort();
    await load;
  }
  const ledger = await settledLedger(server);
  const { stored, problems } = await sent.compare(server);
  const audit = await server.control.call('ledgerAudit', {});
  printFigure(
    `${kills} kills: ${sent.acknowledgedCount} readings acknowledged, ${stored} stored, ` +
      `${ledger.readings.duplicate} duplicates, ${problems.length} missing or doubled`,
  );
  const exitCode = await server.stop();
  return {
    problems: problems.slice(0, 10),
    balanced: ledger.balanced,
    uncounted: ledger.readings.stored - stored,
    differences: audit.differences,
    exitCode,
  };
}

/** Waits until this many more readings were acknowledged: then the server is up and at work. */
async function waitForMore(sent: SentReadings, count: number): Promise<void> {
  const target = sent.acknowledgedCount + count;
  await waitFor('more acknowledged readings', () => sent.acknowledgedCount >= target, {
    timeoutMs: 30_000,
    intervalMs: 1,
  });
}

it(
  `loses and doubles nothing acknowledged in ${KILLS} kills at random moments`,
  { timeout: 240_000 },
  async () => {
    const random = new Random(20);
    const outcome = await campaign({
      env: {},
      kills: KILLS,
      aim: async sent => {
        await waitForMore(sent, 1);
        await pause(random.next() * 1_500);
      },
    });
    expect(outcome).toEqual(NOTHING_LOST);
  },
);

it('nor in kills between the journal commit and the store commit', { timeout: 180_000 }, async () => {
  // A PUBACK follows the journal commit at once; the store commits up to a second later.
  const outcome = await campaign({ env: {}, kills: 8, aim: sent => waitForMore(sent, 1) });
  expect(outcome).toEqual(NOTHING_LOST);
});

it('nor in kills while the journal is archived', { timeout: 180_000 }, async () => {
  const random = new Random(21);
  const outcome = await campaign({
    env: { WW_ARCHIVE_LINGER_MS: '0', WW_ARCHIVE_INTERVAL_MS: '20' },
    kills: 8,
    aim: async sent => {
      // Long enough for the store to have committed, since only what it passed is archived.
      await waitForMore(sent, 2_000);
      await pause(random.next() * 300);
    },
  });
  expect(outcome).toEqual(NOTHING_LOST);
});
