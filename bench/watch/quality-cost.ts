import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { Observation } from '../../domain/model/observation.ts';
import { QualityNetwork } from '../../domain/quality/quality-network.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { DEFAULT_INGEST_LIMITS } from '../../ingest/ingest-limits.ts';
import { qualityMembers } from '../../ingest/quality-members.ts';
import type { FigureTable, PartContext } from '../part.ts';
import { median } from '../statistics.ts';
import { cpuMsOf } from './cpu-time.ts';
import { WATCHED_INTERVAL_MS, measuredBy, watchedStations } from './watched-fleet.ts';

/** So long that every series has a window to look back over. */
const WARM_INTERVALS = 60;
const ROUNDS = 5;
const START_MS = Date.UTC(2026, 0, 1);

/** What the quality tests alone cost: a whole fleet in this process, given a reading of every datastream in turn. */
export function qualityCost({ quick, say }: PartContext): FigureTable {
  const stations = watchedStations(quick ? 1_000 : 10_000);
  say(`watch: the quality tests of ${stations.length} stations alone`);
  const places = new Map<string, number>();
  for (const { id, datastreams } of stations) {
    for (const { property } of datastreams) places.set(`${id}/${property}`, places.size + 1);
  }
  const registry = { version: 1, things: new Map(stations.map(station => [station.id, station])) };
  const { qualityHorizonMs: horizonMs, qualityMaxReadings: maxReadings } = DEFAULT_INGEST_LIMITS;
  const members = qualityMembers(registry, (station, { property }) => places.get(`${station}/${property}`));
  const network = new QualityNetwork(members, { horizonMs, maxReadings });
  const intervalCpuMs = (interval: number): number => {
    const t = epochMs(START_MS + interval * WATCHED_INTERVAL_MS);
    const readings = stations.flatMap(({ id, datastreams }) => {
      const { level, depth } = measuredBy(id, t, false);
      return datastreams.map(({ property }): Observation => {
        const v = property === 'water_level' ? level : depth;
        return {
          datastream: places.get(`${id}/${property}`) ?? 0,
          t,
          v,
          quality: QUALITY.good,
          deviceFlag: NORMAL_FLAG,
          source: SOURCE_RANK.device,
          sent: t,
          received: t,
          position: interval,
        };
      });
    });
    return cpuMsOf(() => {
      for (const reading of readings) network.offer(reading.datastream, [reading]);
    });
  };
  for (let interval = 0; interval < WARM_INTERVALS; interval += 1) intervalCpuMs(interval);
  const cpuMs = median(Array.from({ length: ROUNDS }, (_, round) => intervalCpuMs(WARM_INTERVALS + round)));
  return {
    title: `The quality tests alone, in order of time; ${stations.length.toLocaleString('en-US')} stations × 2 datastreams, medians of ${ROUNDS} rounds`,
    columns: ['readings', 'CPU ms', 'µs a reading'],
    rows: [[places.size, cpuMs, (1_000 * cpuMs) / places.size]],
  };
}
