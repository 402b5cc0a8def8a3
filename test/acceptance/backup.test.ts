import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { completeLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { loadThings } from '../../sensors-sim/load/load-registry.ts';
import { runLoad } from '../../sensors-sim/load/run-load.ts';
import { Random } from '../../sensors-sim/random.ts';
import type { BackupSummary } from '../../server/backup/backup-summary.ts';
import { SentReadings, settledLedger } from '../harness/acknowledged.ts';
import { SYSTEM_CLOCK } from '../harness/machine-clock.ts';
import { mountProblem, testMounts } from '../harness/mounted-folder.ts';
import { printFigure } from '../harness/print-figure.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { runWw } from '../harness/run-ww.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();

const STATIONS = 40;
const RATE_PER_STATION = 20;
const LOAD: GivenLoadPlan = {
  seed: 11,
  stations: STATIONS,
  properties: 2,
  ratePerStation: RATE_PER_STATION,
  readingsPerMessage: 2,
  durationMs: Number.POSITIVE_INFINITY,
  qosWeights: [0, 2, 1],
  duplicateShare: 0.05,
  reorderShare: 0.05,
  backlog: { stationShare: 0.5, readings: 200, readingsPerMessage: 50 },
  backOff: { baseMs: 50, maxMs: 300 },
};
/** Rows leave the journal as soon as the store has them: what the backup needs of them must stay. */
const ARCHIVING = { WW_ARCHIVE_LINGER_MS: '0', WW_ARCHIVE_INTERVAL_MS: '20' };

interface Load {
  /** Everything published, and what was acknowledged while `remember` was true. */
  readonly sent: SentReadings;
  readonly secrets: ReadonlyMap<string, string>;
  remember: boolean;
  acknowledged: number;
  /** The longest time without an acknowledgement since `watch` was called, milliseconds. */
  readonly longestPauseMs: () => number;
  readonly watch: () => void;
  readonly stop: () => Promise<unknown>;
}

/** With the secrets of an earlier load, or those of a registration. */
async function startLoad(server: ServerProcess, known?: Load['secrets']): Promise<Load> {
  const enough = new AbortController();
  const secrets = known ?? new Map(Object.entries(await server.register(loadThings(completeLoadPlan(LOAD)))));
  let last = 0;
  let longest = 0;
  const finished = runLoad(LOAD, {
    host: '127.0.0.1',
    port: server.addresses.mqtt.port,
    secrets,
    clock: SYSTEM_CLOCK,
    signal: enough.signal,
    onPublished: record => load.sent.published(record),
    onAcknowledged: record => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      load.acknowledged += 1;
      if (load.remember) load.sent.acknowledged(record);
    },
  });
  const load: Load = {
    sent: new SentReadings(),
    secrets,
    remember: true,
    acknowledged: 0,
    longestPauseMs: () => longest,
    watch: () => {
      last = performance.now();
      longest = 0;
    },
    stop: () => {
      enough.abort();
      return finished;
    },
  };
  return load;
}

function acknowledgedMore(load: Load, count: number): Promise<unknown> {
  const target = load.acknowledged + count;
  return waitFor('more acknowledged messages', () => load.acknowledged >= target, {
    timeoutMs: 60_000,
    intervalMs: 1,
  });
}

async function ww(
  dataDir: string,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const site = join(temporary.path, 'site');
  mkdirSync(site, { recursive: true });
  writeFileSync(join(site, 'site.yaml'), 'name: 空站点\n');
  writeFileSync(join(site, 'stations.yaml'), 'stations: []\n');
  return await runWw(args, dataDir, { WW_SITE: site });
}

function places(): { readonly dataDir: string; readonly target: string; readonly restored: string } {
  const dataDir = join(temporary.path, 'data');
  mkdirSync(dataDir, { recursive: true });
  return {
    dataDir,
    target: join(temporary.path, 'backups', 'monday'),
    restored: join(temporary.path, 'restored'),
  };
}

it(
  'a backup under load is restored with everything acknowledged before it began, and adds up',
  { timeout: 180_000 },
  async () => {
    const { dataDir, target, restored } = places();
    const source = await startServer({ dataDir, env: ARCHIVING });
    const load = await startLoad(source);
    let backup: Awaited<ReturnType<typeof ww>>;
    try {
      await acknowledgedMore(load, 6_000);
      load.remember = false;
      load.watch();
      backup = await ww(dataDir, 'backup', target, '--json');
      printFigure(
        `backup under ${STATIONS * RATE_PER_STATION} messages/s: the longest time without a PUBACK was ` +
          `${load.longestPauseMs().toFixed(0)} ms`,
      );
      expect(load.longestPauseMs()).toBeLessThan(2_000);
      // Nothing that follows is in the backup.
      await acknowledgedMore(load, 1_000);
    } finally {
      await load.stop();
    }
    expect(backup).toMatchObject({ code: 0 });
    const summary = JSON.parse(backup.out) as BackupSummary;
    const { ledger: then, position } = summary;
    printFigure(
      `backup of ${position} messages: ${summary.elapsedMs} ms, ${summary.rows} rows, ${then.messages.inFlight} messages in flight`,
    );
    expect([then.balanced, summary.differences, then.messages.journalled]).toEqual([true, [], position]);
    expect(summary.rows).toBe(then.readings.stored);
    expect((await source.ledger()).messages.journalled).toBeGreaterThan(position);
    expect(await source.stop()).toBe(0);

    expect(await ww(restored, 'restore', target)).toMatchObject({ code: 0 });
    // As it was: the same counts from the restored files, before any server touches them.
    const offline = await ww(restored, 'ledger', '--json');
    expect(JSON.parse(offline.out)).toEqual(then);

    const server = await startServer({ dataDir: restored });
    const ledger = await settledLedger(server);
    // The start has noted in the journal that nobody listened since the copy was made.
    expect([ledger.balanced, ledger.messages.journalled]).toEqual([true, position + 1]);
    expect(ledger.readings.stored).toBeGreaterThanOrEqual(then.readings.stored);
    const { stored, problems } = await load.sent.compare(server);
    expect(problems.slice(0, 10)).toEqual([]);
    expect(stored).toBe(ledger.readings.stored);
    expect(await server.control.call('ledgerAudit', {})).toEqual({ agrees: true, differences: [] });
    expect(await server.stop()).toBe(0);

    const kept = readFileSync(join(restored, 'episodes.db'));
    expect(await ww(restored, 'rebuild')).toMatchObject({ code: 0 });
    // They cannot be made anew from readings: when they became known would be lost.
    expect(readFileSync(join(restored, 'episodes.db')).equals(kept)).toBe(true);
    const rebuilt = await startServer({ dataDir: restored });
    const { messages, readings } = await settledLedger(rebuilt);
    expect(readings).toEqual(ledger.readings);
    // The second start has noted in the journal that nobody listened since the first.
    const { journalled, decoded } = ledger.messages;
    expect(messages).toEqual({ ...ledger.messages, journalled: journalled + 1, decoded: decoded + 1 });
    expect((await load.sent.compare(rebuilt)).problems).toEqual([]);
    // It is a server like any other: it takes readings again, with the secrets as they were.
    const more = await startLoad(rebuilt, load.secrets);
    try {
      await acknowledgedMore(more, 1);
    } finally {
      await more.stop();
    }
    expect((await settledLedger(rebuilt)).balanced).toBe(true);
    expect(await rebuilt.stop()).toBe(0);
  },
);

it(
  'a kill during a backup leaves nothing that looks like one, and loses nothing',
  { timeout: 240_000 },
  async () => {
    const { dataDir, target, restored } = places();
    const random = new Random(12);
    let server = await startServer({ dataDir, env: ARCHIVING });
    const { port } = server.addresses.mqtt;
    const load = await startLoad(server);
    let cut = 0;
    try {
      for (let kill = 0; kill < 8; kill += 1) {
        await acknowledgedMore(load, 500);
        let made: BackupSummary | undefined;
        const backup = server.control.call('backup', { target: `${target}-${kill}` }).then(
          summary => (made = summary),
          () => undefined,
        );
        await pause(random.next() * 600);
        await server.kill();
        await backup;
        const isThere = existsSync(`${target}-${kill}`);
        // What is there under its name is whole, also where nobody was told any more.
        if (isThere) {
          expect(await ww(`${restored}-${kill}`, 'restore', `${target}-${kill}`)).toMatchObject({ code: 0 });
        } else {
          cut += 1;
          expect(made).toBeUndefined();
          expect(await ww(`${restored}-${kill}`, 'restore', `${target}-${kill}`)).toMatchObject({ code: 1 });
        }
        server = await startServer({ dataDir, env: { ...ARCHIVING, WW_MQTT_PORT: String(port) } });
      }
      await acknowledgedMore(load, 1);
    } finally {
      await load.stop();
    }
    printFigure(`8 kills during a backup: ${cut} cut it off`);
    expect(cut).toBeGreaterThan(0);
    const ledger = await settledLedger(server);
    expect(ledger.balanced).toBe(true);
    expect((await load.sent.compare(server)).problems.slice(0, 10)).toEqual([]);
    const whole = await ww(dataDir, 'backup', `${target}-whole`);
    expect(whole).toMatchObject({ code: 0 });
    expect(await server.stop()).toBe(0);
  },
);

it('a stop gives up a backup that is being made, and cleans up', { timeout: 60_000 }, async () => {
  const { dataDir, target } = places();
  const server = await startServer({ dataDir });
  const backup = server.control.call('backup', { target }).catch((error: unknown) => error);
  await waitFor('a backup that is being made', async () => {
    const { progress } = await server.control.call('backupProgress', {});
    return progress !== null;
  });
  const second = server.control.call('backup', { target: `${target}-2` }).catch((error: unknown) => error);
  expect(await second).toMatchObject({ code: 'conflict' });
  expect(await server.stop()).toBe(0);
  const outcome = await backup;
  expect([existsSync(target), outcome]).toMatchObject([false, { code: 'shutting_down' }]);
  expect(readdirSync(join(target, '..')).filter(name => name.includes('.part-'))).toEqual([]);
});

it('a damaged backup is refused with every problem, and nothing is overwritten', async () => {
  const { dataDir, target, restored } = places();
  const server = await startServer({ dataDir });
  const load = await startLoad(server);
  try {
    await acknowledgedMore(load, 200);
  } finally {
    await load.stop();
  }
  await settledLedger(server);
  expect(await server.stop()).toBe(0);
  mkdirSync(join(dataDir, 'snapshots', 'GW-1', '2026-07-01'), { recursive: true });
  writeFileSync(join(dataDir, 'snapshots', 'GW-1', '2026-07-01', '1-ch-0f.jpg'), 'a picture');
  writeFileSync(join(dataDir, 'snapshots', 'GW-1', '2026-07-01', 'abc.part'), 'half of one');
  const made = await ww(dataDir, 'backup', target);
  expect([made.code, made.out]).toEqual([0, expect.stringContaining('Its ledger balances')]);

  // Neither over something nor into the data directory itself.
  for (const [place, code] of [
    [target, 'conflict'],
    [join(dataDir, 'inside'), 'invalid_request'],
  ] as const) {
    const refused = await ww(dataDir, 'backup', place);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining(`(${code})`)]);
  }
  const occupied = await ww(dataDir, 'restore', target);
  expect([occupied.code, occupied.err]).toEqual([1, expect.stringContaining('(conflict)')]);

  const damaged = join(temporary.path, 'damaged');
  cpSync(target, damaged, { recursive: true });
  flipByte(join(damaged, 'telemetry.duckdb'));
  rmSync(join(damaged, 'operations.db'));
  truncateSync(join(damaged, 'journal.db'), 4_096);
  flipByte(join(damaged, 'snapshots', 'GW-1', '2026-07-01', '1-ch-0f.jpg'));
  const refused = await ww(restored, 'restore', damaged, '--json');
  expect(refused.code).toBe(1);
  const lines = refused.err.trim().split('\n');
  const { error } = JSON.parse(lines.at(-1) ?? '') as { error: { code: string; problems: string[] } };
  expect(error.code).toBe('backup_invalid');
  expect(error.problems.map(problem => problem.replace(/\d+ bytes instead of \d+/, 'n bytes'))).toEqual([
    'journal.db has n bytes',
    'operations.db is missing',
    'snapshots/GW-1/2026-07-01/1-ch-0f.jpg has other content than it had: its SHA-256 differs',
    'telemetry.duckdb has other content than it had: its SHA-256 differs',
  ]);
  expect(existsSync(restored)).toBe(false);

  const forged = join(temporary.path, 'forged');
  cpSync(target, forged, { recursive: true });
  const manifest = join(forged, 'backup.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"rows": ', '"rows": 1'));
  expect((await ww(restored, 'restore', forged)).err).toContain('is not as it was written. (backup_invalid)');
  expect((await ww(restored, 'restore', dataDir)).err).toContain('holds no backup');
  expect(existsSync(restored)).toBe(false);

  expect(await ww(restored, 'restore', target)).toMatchObject({ code: 0 });
  expect(readFileSync(join(restored, 'snapshots', 'GW-1', '2026-07-01', '1-ch-0f.jpg'), 'utf8')).toBe(
    'a picture',
  );
  expect(existsSync(join(restored, 'backup.json'))).toBe(false);
});

describe.skipIf(mountProblem(false) !== undefined)('on file systems of their own', () => {
  const mounts = testMounts();

  it('a backup is restored onto one, and one that is too small is left as it was', async () => {
    const { dataDir, target } = places();
    expect(await (await startServer({ dataDir })).stop()).toBe(0);
    mkdirSync(join(dataDir, 'snapshots'));
    writeFileSync(join(dataDir, 'snapshots', 'large.jpg'), Buffer.alloc(2 * 1024 * 1024));
    const small = mounts.memory(1).path;
    const refused = await ww(dataDir, 'backup', join(small, 'monday'));
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('are free at')]);
    expect((await ww(dataDir, 'backup', mounts.memory(64).path)).err).toContain('name a folder inside it');
    const made = await ww(dataDir, 'backup', target, '--json');
    expect(made).toMatchObject({ code: 0 });
    const full = await ww(small, 'restore', target);
    expect([full.code, full.err]).toEqual([1, expect.stringMatching(/ENOSPC.*\(backup_failed\)/)]);
    expect(readdirSync(small)).toEqual([]);

    const restored = mounts.memory(64).path;
    expect(await ww(restored, 'restore', target)).toMatchObject({ code: 0 });
    expect(readdirSync(restored).toSorted()).toEqual([
      'episodes.db',
      'journal.db',
      'operations.db',
      'snapshots',
      'telemetry.duckdb',
    ]);
    const { ledger } = JSON.parse(made.out) as BackupSummary;
    expect(JSON.parse((await ww(restored, 'ledger', '--json')).out)).toEqual(ledger);
  });
});

function flipByte(path: string): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.byteLength / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  // A snapshot may be a second name of the file in the data directory: what is damaged is this one alone.
  rmSync(path);
  writeFileSync(path, bytes);
}
