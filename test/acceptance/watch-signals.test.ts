import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../domain/time/instant.ts';
import { WatchBench } from '../harness/watch-bench.ts';

const STATIONS: readonly StationSpec[] = ['S-1', 'S-2'].map(id => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  basin: id === 'S-1' ? 'B' : 'C',
  datastreams: [{ property: 'ponding_depth', intervalMs: MINUTE_MS, thresholds: { blue: 0.1, yellow: 0.3 } }],
}));

const CALM_RULE = {
  id: 'road',
  kind: 'ponding',
  subjects: { property: 'ponding_depth' },
  params: { steps: [{ severity: 'blue', threshold: ['yellow'] }] },
};
const RULE = {
  ...CALM_RULE,
  modes: [{ signal: 'orange', params: { steps: [{ severity: 'blue', threshold: ['blue'] }] } }],
};

const started = (rule: object) => WatchBench.started({ stations: STATIONS, rules: [rule] });

/** A minute later a depth between both thresholds, at both stations or at some. */
async function read(bench: WatchBench, v = 0.2, stations = ['S-1', 'S-2']): Promise<void> {
  await bench.pass(MINUTE_MS);
  const t = bench.clock.now();
  for (const station of stations) {
    await bench.send({ station, sent: t, obs: [{ p: 'ponding_depth', t, v }] });
  }
  await bench.settle();
}

async function signal(bench: WatchBench, zone: string, severity: WarningSeverity | null): Promise<void> {
  // At the instant of a reading it would come before it.
  await bench.pass(SECOND_MS);
  await bench.ingest.journalWatchDecisions([{ kind: 'signal', zone, severity, t: bench.clock.now() }]);
  await bench.settle();
}

async function heard(bench: WatchBench): Promise<readonly string[]> {
  return (await bench.told()).map(({ kind, episode }) => `${kind} ${episode.subject}`);
}

async function isAsDefined(bench: WatchBench): Promise<void> {
  expect((await bench.judgedAtOnce()).differences).toEqual([]);
}

describe('an official signal', () => {
  it('lets a rule warn by other limits while it is in force, also after a restart', async () => {
    const bench = await started(RULE);
    await read(bench);
    await signal(bench, 'B', 'yellow');
    await read(bench);
    expect(await heard(bench)).toEqual([]);
    await signal(bench, 'B', 'orange');
    bench.kill();
    await bench.start();
    await read(bench);
    expect(await heard(bench)).toEqual(['raised S-1/ponding_depth']);
    await signal(bench, 'B', null);
    await read(bench);
    expect(await heard(bench)).toEqual(['raised S-1/ponding_depth', 'ended S-1/ponding_depth']);
    await signal(bench, '*', 'red');
    await read(bench);
    expect((await heard(bench)).slice(2).sort()).toEqual([
      'raised S-1/ponding_depth',
      'raised S-2/ponding_depth',
    ]);
    await isAsDefined(bench);
  });

  it('is known to a station that speaks for the first time after a restart', async () => {
    const bench = await started(RULE);
    await signal(bench, 'B', 'red');
    await bench.stop();
    await bench.start();
    await read(bench, 0.2);
    expect(await heard(bench)).toEqual(['raised S-1/ponding_depth']);
    await isAsDefined(bench);
  });

  it.each(['running', 'stopped', 'restarted'])(
    'is known to rules that come to ask for it later: %s',
    async state => {
      const bench = await started(CALM_RULE);
      await read(bench);
      await signal(bench, 'B', 'orange');
      // Longer than a track looks back by itself.
      for (let minutes = 0; minutes < 50; minutes += 1) await read(bench, 0.2 + minutes / 1_000);
      await bench.pass(SECOND_MS);
      if (state !== 'running') await bench.stop();
      if (state === 'restarted') {
        await bench.start();
        await read(bench, 0.255);
        await bench.pass(SECOND_MS);
      }
      bench.apply({ rules: [RULE] });
      if (state === 'stopped') await bench.start();
      await bench.pass(MINUTE_MS);
      await read(bench, 0.26);
      expect(await heard(bench)).toEqual(['raised S-1/ponding_depth']);
      await isAsDefined(bench);
    },
  );

  it('decides by the time of a reading, however late it comes', async () => {
    const bench = await started(RULE);
    await read(bench, 0.2, ['S-2']);
    const before = bench.clock.now();
    await signal(bench, '*', 'orange');
    await bench.pass(MINUTE_MS);
    const during = bench.clock.now();
    await signal(bench, '*', null);
    for (let minutes = 0; minutes < 50; minutes += 1) await read(bench, 0.2 + minutes / 1_000, ['S-2']);
    await bench.send({ station: 'S-2', sent: during, obs: [{ p: 'ponding_depth', t: during, v: 0.21 }] });
    await bench.settle();
    await bench.send({
      station: 'S-1',
      sent: during,
      obs: [before, during].map(t => ({ p: 'ponding_depth', t, v: 0.2 })),
    });
    await bench.settle();
    const found = (await bench.records()).map(({ episode: { subject, begin } }) => `${subject} ${begin}`);
    expect(found.sort()).toEqual([`S-1/ponding_depth ${during}`, `S-2/ponding_depth ${during}`]);
    await isAsDefined(bench);
  });

  it('is known to the readings of its time, whenever a station is first heard', async () => {
    const bench = await started(RULE);
    await signal(bench, 'B', 'orange');
    await bench.pass(MINUTE_MS);
    const during = bench.clock.now();
    await signal(bench, 'B', null);
    await bench.pass(2 * DAY_MS, 10 * MINUTE_MS);
    await bench.stop();
    await bench.start();
    await bench.send({ station: 'S-1', sent: during, obs: [{ p: 'ponding_depth', t: during, v: 0.2 }] });
    await bench.settle();
    expect((await bench.records()).map(({ episode }) => episode.begin)).toEqual([during]);
    await isAsDefined(bench);
  });
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('read' as const), v: fc.constantFrom(0.05, 0.2, 0.4) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('late' as const),
      v: fc.constantFrom(0.06, 0.21, 0.41),
      ago: fc.integer({ min: 1, max: 90 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('signal' as const),
      zone: fc.constantFrom('B', 'C', '*'),
      severity: fc.constantFrom<(WarningSeverity | null)[]>('yellow', 'orange', 'red', null),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pause' as const),
      minutes: fc.constantFrom(40, 40, 40, 25 * 60),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('kill' as const, 'stop' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('activate' as const), asks: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(bench: WatchBench, each: Step): Promise<void> {
  switch (each.kind) {
    case 'read':
      return read(bench, each.v);
    case 'late': {
      const t = bench.clock.now() - each.ago * MINUTE_MS + 7 * SECOND_MS;
      await bench.send({ station: 'S-1', sent: t, obs: [{ p: 'ponding_depth', t, v: each.v }] });
      return;
    }
    case 'signal':
      return signal(bench, each.zone, each.severity);
    case 'pause':
      return bench.pass(each.minutes * MINUTE_MS, 10 * SECOND_MS);
    case 'kill':
      bench.kill();
      return bench.start();
    case 'stop':
      await bench.stop();
      return bench.start();
    case 'activate':
      bench.apply({ rules: [each.asks ? RULE : CALM_RULE] });
      return bench.pass(MINUTE_MS);
  }
}

it('finds what the definition says, whatever comes late, is repeated or restarted', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
      async (asks, steps) => {
        const bench = await started(asks ? RULE : CALM_RULE);
        for (const each of steps) await take(bench, each);
        // What a new basis ends at once the definition ends with the next reading.
        await read(bench);
        const { episodes, differences } = await bench.judgedAtOnce();
        found += episodes;
        expect(differences).toEqual([]);
      },
    ),
    { numRuns: 50 },
  );
  expect(found).toBeGreaterThan(20);
}, 120_000);
