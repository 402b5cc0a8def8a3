import { AppError } from '../../domain/errors.ts';
import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { Reading } from '../../rules/sample.ts';
import { RuleTrack } from '../../rules/rule-track.ts';
import { parseRuleSet } from '../../rules/schema.ts';
import { BasisBook } from '../../watch/basis-book.ts';
import { DEFAULT_WATCH_LIMITS } from '../../watch/watch-limits.ts';
import type { FigureTable, PartContext } from '../part.ts';
import { median } from '../statistics.ts';
import { cpuMsOf } from './cpu-time.ts';
import { WATCHED_INTERVAL_MS, measuredBy, watchedRuleSet, watchedStations } from './watched-fleet.ts';

/** So long that every track has as much in memory as it ever keeps. */
const WARM_INTERVALS = 32;
const ROUNDS = 5;
/** One station in so many stands under water. */
const WET_SHARE = 33;
const START_MS = Date.UTC(2026, 0, 1);

/** The tracks that hear a datastream, and its next value. */
interface Watched {
  readonly input: string;
  readonly valueAt: (t: number) => number;
  readonly tracks: readonly RuleTrack[];
}

/** What the rules alone cost: the tracks of a whole fleet in this process, given a reading of every datastream in turn. */
export function ruleCost({ quick, say }: PartContext): FigureTable {
  const stations = watchedStations(quick ? 1_000 : 10_000);
  say(`watch: the rules of ${stations.length} stations alone`);
  const watched = watchedBy(stations);
  const evaluations = watched.reduce((sum, { tracks }) => sum + tracks.length, 0);
  for (let interval = 0; interval < WARM_INTERVALS; interval += 1) intervalCpuMs(watched, interval);
  const rounds = Array.from({ length: ROUNDS }, (_, round) => intervalCpuMs(watched, WARM_INTERVALS + round));
  const cpuMs = median(rounds);
  return {
    title: `The rules alone, in order of time; ${stations.length.toLocaleString('en-US')} stations × 2 datastreams, medians of ${ROUNDS} rounds`,
    columns: ['readings', 'tracks', 'CPU ms', 'µs a reading', 'µs a track', 'tracks a second of CPU'],
    rows: [
      [
        watched.length,
        evaluations,
        cpuMs,
        (1_000 * cpuMs) / watched.length,
        (1_000 * cpuMs) / evaluations,
        (1_000 * evaluations) / cpuMs,
      ],
    ],
  };
}

function watchedBy(stations: readonly StationSpec[]): readonly Watched[] {
  const parsed = parseRuleSet(watchedRuleSet());
  if (!parsed.ok) throw new AppError('internal_error', 'The rules of the benchmark are wrong.');
  const things = new Map(stations.map(station => [station.id, station]));
  const tracks = new Map<string, RuleTrack[]>();
  const site = { registry: { version: 1, things }, district: { assets: new Map() } };
  const versions = { ruleSet: 1, registry: 1 };
  for (const binding of new BasisBook().append({
    from: epochMs(0),
    versions,
    ruleSet: parsed.ruleSet,
    site,
  })) {
    const { horizonMs } = DEFAULT_WATCH_LIMITS;
    const track = new RuleTrack({ binding, horizonMs, acknowledgedAt: () => undefined });
    tracks.set(binding.subject, [...(tracks.get(binding.subject) ?? []), track]);
  }
  return stations.flatMap(({ id }, place) => {
    const isWet = place % WET_SHARE === 0;
    return (['water_level', 'ponding_depth'] as const).map((property): Watched => {
      const input = `${id}/${property}`;
      const valueAt = (t: number): number => {
        const { level, depth } = measuredBy(id, t, isWet);
        return property === 'water_level' ? level : depth;
      };
      return { input, valueAt, tracks: tracks.get(input) ?? [] };
    });
  });
}

/** Processor time for the readings of one interval; making them is not in it. */
function intervalCpuMs(watched: readonly Watched[], interval: number): number {
  const t = epochMs(START_MS + interval * WATCHED_INTERVAL_MS);
  const readings = watched.map(({ input, valueAt }): Reading => ({
    kind: 'reading',
    input,
    t,
    v: valueAt(t),
    quality: QUALITY.good,
    deviceFlag: NORMAL_FLAG,
    source: SOURCE_RANK.device,
    sent: t,
    received: t,
    position: interval,
  }));
  return cpuMsOf(() => {
    watched.forEach(({ tracks }, place) => {
      const reading = readings[place];
      if (reading !== undefined) for (const track of tracks) track.offer([reading]);
    });
  });
}
