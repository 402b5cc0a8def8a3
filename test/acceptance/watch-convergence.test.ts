import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { EpisodeChange } from '../../domain/model/episode.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { QUALITY } from '../../domain/model/observation.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { StoreBatch, StoredDatastream } from '../../domain/ports/telemetry-store.ts';
import type { BenchMessage } from '../harness/ingest-bench.ts';
import { printFigure } from '../harness/print-figure.ts';
import { mistold } from '../harness/told-changes.ts';
import { WatchBench } from '../harness/watch-bench.ts';

const PATIENCE_MS = 240_000;
/** The same nights each time; a hunt for rarer ones takes another seed and more runs. */
const SEED = 20_261_125;

const INTERVAL_MS = 5 * MINUTE_MS;
/** A reading is live up to ten minutes after its time. */
const LIVE_MS = 10 * MINUTE_MS;
const DEPTHS = { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 } as const;

const STATIONS = ['S-1', 'S-2'].map((id): StationSpec => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  datastreams: [
    { property: 'ponding_depth', intervalMs: INTERVAL_MS, thresholds: DEPTHS },
    {
      property: 'water_level',
      datum: 'gauge zero',
      intervalMs: INTERVAL_MS,
      thresholds: { datum: 'gauge zero', patrol: 1, warning: 2, guarantee: 3 },
    },
    {
      property: 'discharge',
      intervalMs: INTERVAL_MS,
      thresholds: { patrol: 1, warning: 2, guarantee: 3 },
    },
    { property: 'rainfall', intervalMs: INTERVAL_MS },
  ],
}));

const STEPS = [
  { severity: 'yellow', threshold: ['warning'] },
  { severity: 'orange', threshold: ['guarantee'] },
];

/** Rules for what rises: `water_level` is doubted by quality control where it jumps, `discharge` never is. */
function risingRules(property: string): readonly object[] {
  const subjects = { property };
  const of = property === 'discharge' ? 'flow' : 'level';
  return [
    {
      id: `${of}-stage`,
      kind: 'threshold_ladder',
      subjects,
      timing: { readings: 2, offDelay: '15m' },
      params: { deadband: 0.1, drownable: true, watch: 'patrol', steps: STEPS },
    },
    {
      id: `${of}-long`,
      kind: 'threshold_ladder',
      subjects,
      timing: { onDelay: '30m' },
      params: { deadband: 0, steps: STEPS },
    },
    {
      id: `${of}-rise`,
      kind: 'rate_of_rise',
      subjects,
      params: { steps: [{ severity: 'blue', rise: 1, within: '30m' }] },
    },
  ];
}

const RULES = [
  { id: 'road', kind: 'ponding', subjects: { property: 'ponding_depth' }, timing: { offDelay: '10m' } },
  ...risingRules('water_level'),
  ...risingRules('discharge'),
  {
    id: 'rain',
    kind: 'rain_accumulation',
    subjects: { property: 'rainfall' },
    params: { steps: [{ severity: 'blue', mm: 20, within: '1h' }] },
  },
  {
    id: 'silent',
    kind: 'absence',
    subjects: { property: 'discharge' },
    params: {
      steps: [
        { severity: 'blue', silentFor: '15m' },
        { severity: 'yellow', silentFor: '40m' },
      ],
    },
  },
];

const EVER = { from: epochMs(0), to: epochMs(9e15) };

const VALUES = {
  ponding_depth: [0, 0, 0.02, 0.05, 0.12, 0.2, 0.4],
  water_level: [0.5, 1.2, 1.9, 2, 2.5, 3, 3.4],
  discharge: [0.5, 1.2, 1.9, 2, 2.5, 3, 3.4],
  rainfall: [0, 0, 1, 5, 9],
} as const;

/** A reading: which datastream, how many intervals before now, and which value. */
const entry = fc.record({
  p: fc.constantFrom('ponding_depth' as const, 'water_level', 'discharge', 'discharge', 'rainfall'),
  back: fc.nat({ max: 72 }),
  v: fc.nat({ max: 6 }),
});
const entries = fc.array(entry, { minLength: 1, maxLength: 8 });
const station = fc.constantFrom('S-1', 'S-2');
const minutes = fc.constantFrom(1, 4, 5, 5, 10, 20, 45);

/** What happens next. */
const event = fc.oneof(
  // Just measured: of each datastream the last interval or the one before it.
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('fresh' as const), station, entries, minutes }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('late' as const), station, entries, seen: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), place: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes, seen: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('kill' as const, 'kill', 'kill twice', 'stop'),
      awayMin: fc.constantFrom(0, 0, 1, 7, 50, 200),
      commits: fc.nat({ max: 3 }),
      turns: fc.nat({ max: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('refuse' as const, 'slow', 'hold store', 'heal') }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('turns' as const), turns: fc.nat({ max: 9 }) }) },
);
type Event = typeof event extends fc.Arbitrary<infer Of> ? Of : never;
const nightUpTo = (events: number) => fc.array(event, { minLength: 3, maxLength: events, size: 'max' });

const turn = () => new Promise(resolve => setImmediate(resolve));

/** Lives through one night and notes what must never be. */
class Night {
  readonly wrong: string[] = [];
  readonly sent: BenchMessage[] = [];
  messages = 0;
  kills = 0;
  /** Points of which was seen that they are told before they are stored. */
  wetPoints = 0;
  readonly #bench: WatchBench;
  readonly #datastreams = new Map<number, StoredDatastream>();
  /** Depths of every point that was sent, by datastream and time. */
  readonly #depths = new Map<string, Set<number>>();
  readonly #foundBeforeStored: Promise<void>[] = [];

  constructor() {
    this.#bench = new WatchBench({
      stations: STATIONS,
      rules: RULES,
      onStored: batch => this.#stored(batch),
    });
  }

  get bench(): WatchBench {
    return this.#bench;
  }

  async live(events: readonly Event[]): Promise<void> {
    const bench = this.#bench;
    await bench.start();
    for (const each of events) await this.#meet(each);
    await this.#heal();
    await bench.settle();
    await this.#atRest();
    // Everything that was told returns with fresh readings that show the point normal.
    for (let at = 0; at < 20 && (await this.#notReturned()).length > 0; at += 1) {
      await bench.pass(INTERVAL_MS, MINUTE_MS);
      for (const { id } of STATIONS) {
        const t = bench.clock.now();
        const obs = Object.keys(VALUES).map(p => ({ p, t, v: 0 }));
        await bench.send({ station: id, obs });
      }
      await bench.settle();
    }
    await this.#atRest();
    await Promise.all(this.#foundBeforeStored);
    this.wrong.push(...(await this.#notReturned()).map(id => `${id} was told and never returned`));
  }

  async #notReturned(): Promise<readonly string[]> {
    const told = (await this.#bench.records()).filter(each => each.told !== undefined && !each.isOverLive);
    return told.filter(({ status }) => status !== 'merged').map(({ id }) => id);
  }

  async #meet(each: Event): Promise<void> {
    const bench = this.#bench;
    switch (each.kind) {
      case 'fresh': {
        await bench.pass(each.minutes * MINUTE_MS, MINUTE_MS);
        return this.#send(
          each.station,
          each.entries.map(({ p, back, v }) => ({ p, t: this.#slot(back % 2), v })),
        );
      }
      case 'late': {
        const readings = each.entries.map(({ p, back, v }) => ({ p, t: this.#slot(Math.max(back, 3)), v }));
        const send = (): Promise<void> => this.#send(each.station, readings, readings.length % 2 === 0);
        return each.seen ? this.#nothingLive('late readings', send) : send();
      }
      case 'again': {
        const message = this.sent[each.place % Math.max(1, this.sent.length)];
        return message === undefined ? undefined : this.#deliver({ ...message, received: bench.clock.now() });
      }
      case 'pass': {
        const pass = (): Promise<void> => bench.pass(each.minutes * MINUTE_MS, 10_000);
        return each.seen ? this.#nothingOver('silence', pass) : pass();
      }
      case 'settle':
        await this.#heal();
        return bench.settle();
      case 'kill':
      case 'kill twice': {
        this.kills += 1;
        bench.ingest.store.hold();
        bench.ingest.store.commitOldest(each.commits);
        bench.kill();
        bench.clock.advance(each.awayMin * MINUTE_MS);
        if (each.kind === 'kill twice') {
          void bench.start();
          for (let n = 0; n < each.turns; n += 1) await turn();
          bench.kill();
        }
        return bench.start();
      }
      case 'stop':
        this.kills += 1;
        await this.#heal();
        await bench.settle();
        await bench.stop();
        bench.clock.advance(each.awayMin * MINUTE_MS);
        return bench.start();
      case 'refuse':
        return bench.disk.refuse(true);
      case 'slow':
        return bench.disk.hold();
      case 'hold store':
        return bench.ingest.store.hold();
      case 'heal':
        return this.#heal();
      case 'turns':
        for (let n = 0; n < each.turns; n += 1) await turn();
    }
  }

  /** The time of an interval, so many before the one that is running. */
  #slot(back: number): EpochMs {
    const now = this.#bench.clock.now();
    return epochMs(Math.floor(now / INTERVAL_MS) * INTERVAL_MS - back * INTERVAL_MS);
  }

  async #send(
    of: string,
    readings: readonly { readonly p: keyof typeof VALUES; readonly t: EpochMs; readonly v: number }[],
    isBacklog = false,
  ): Promise<void> {
    const obs = readings.map(({ p, t, v }) => ({ p, t, v: VALUES[p][v % VALUES[p].length] ?? 0 }));
    const now = this.#bench.clock.now();
    const message = {
      station: of,
      obs,
      sent: now,
      stream: isBacklog ? ('backlog' as const) : ('live' as const),
    };
    for (const { p, t, v } of obs) {
      const point = `${of}/${p} ${t}`;
      this.#depths.set(point, (this.#depths.get(point) ?? new Set()).add(v));
    }
    this.sent.push(message);
    await this.#deliver(message);
  }

  async #deliver(message: BenchMessage): Promise<void> {
    this.messages += 1;
    await this.#bench.send(message);
  }

  async #heal(): Promise<void> {
    this.#bench.disk.refuse(false);
    this.#bench.disk.release();
    this.#bench.ingest.store.release();
    await turn();
  }

  async #changesOf(by: string, act: () => Promise<void>): Promise<readonly EpisodeChange[]> {
    const bench = this.#bench;
    await this.#heal();
    await bench.settle();
    const before = (await bench.log()).length;
    const decided = (await bench.disk.kept.decisions(EVER)).length;
    await act();
    await bench.settle();
    const changes = (await bench.log()).slice(before).map(({ change }) => change);
    // Time passes while the bench comes to rest: what became of a silence is not the doing of readings.
    const isQuiet = (await bench.disk.kept.decisions(EVER)).length === decided;
    return isQuiet || by === 'silence' ? changes : [];
  }

  /** Readings from beyond the live window change history, and nobody hears of it. */
  async #nothingLive(by: string, act: () => Promise<void>): Promise<void> {
    for (const { id, kind, live, liveSteps } of await this.#changesOf(by, act)) {
      if (live || liveSteps.length > 0) this.wrong.push(`${id} ${kind}: live by ${by} alone`);
    }
  }

  async #nothingOver(by: string, act: () => Promise<void>): Promise<void> {
    for (const { id, kind, live } of await this.#changesOf(by, act)) {
      if (kind === 'ended') this.wrong.push(`${id}: ${live ? 'returned' : 'ended'} by ${by}`);
    }
  }

  /**
   * The store is asked to take readings: what they have caused must be durable by now, or a crash loses it. Water on the
   * road is in an episode as soon as it is read, whatever else is known; what comes late is judged later.
   */
  #stored({ readings, newDatastreams }: StoreBatch): void {
    for (const each of newDatastreams) this.#datastreams.set(each.id, each);
    const wet: { readonly subject: string; readonly t: number }[] = [];
    for (let row = 0; row < readings.count; row += 1) {
      const datastream = this.#datastreams.get(readings.datastream[row] ?? -1);
      const [t = 0, v = 0, received = 0] = [readings.t[row], readings.v[row], readings.received[row]];
      if (datastream?.property !== 'ponding_depth' || v < DEPTHS.blue || received - t > LIVE_MS) continue;
      const subject = `${datastream.station}/${formatDatastreamName(datastream)}`;
      const isTheOnlyOne = this.#depths.get(`${subject} ${t}`)?.size === 1;
      if (isTheOnlyOne && readings.quality[row] !== QUALITY.fail) wet.push({ subject, t });
    }
    if (wet.length === 0) return;
    this.wetPoints += wet.length;
    const check = this.#bench.records().then(records => {
      for (const { subject, t } of wet) {
        const isFound = records.some(
          ({ status, episode: { rule, subject: of, begin, end } }) =>
            (status === 'open' || status === 'ended') &&
            rule === 'road' &&
            of === subject &&
            begin <= t &&
            (end === undefined || end > t),
        );
        if (!isFound) this.wrong.push(`${subject} at ${t} was stored before it was told`);
      }
    });
    this.#foundBeforeStored.push(check);
  }

  async #atRest(): Promise<void> {
    const { differences } = await this.#bench.judgedAtOnce();
    this.wrong.push(...differences);
    this.wrong.push(...mistold((await this.#bench.log()).map(({ change }) => change)));
  }
}

it.each([
  { nights: 100, events: 45 },
  { nights: 1_000, events: 8 },
])(
  'converges on what the definition says in $nights nights of up to $events events, however often the process dies',
  async ({ nights, events: most }) => {
    const figures = { nights: 0, messages: 0, kills: 0, changes: 0, wetPoints: 0 };
    const property = fc.asyncProperty(nightUpTo(most), async events => {
      const lived = new Night();
      await lived.live(events);
      figures.nights += 1;
      figures.messages += lived.messages;
      figures.kills += lived.kills;
      figures.wetPoints += lived.wetPoints;
      figures.changes += (await lived.bench.log()).length;
      expect(lived.wrong).toEqual([]);
      expect(lived.bench.failures).toEqual([]);
    });
    await fc.assert(property, { seed: SEED, numRuns: nights, endOnFailure: true });
    const { messages, kills, changes, wetPoints } = figures;
    printFigure(`${figures.nights} nights: ${messages} messages, ${kills} deaths, ${changes} changes`);
    expect(Math.min(kills, wetPoints)).toBeGreaterThan(nights / 5);
  },
  PATIENCE_MS,
);
