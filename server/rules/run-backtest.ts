import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type { EpisodeStore } from '../../domain/ports/episode-store.ts';
import type { RangeQuery, StoredDatastream, TelemetryStore } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { Reading } from '../../rules/sample.ts';
import type { RuleSet } from '../../rules/schema.ts';
import type { SiteView } from '../../rules/subject.ts';
import type { Period } from '../../watch/alarm-load.ts';
import { backtest } from '../../watch/backtest.ts';
import { readingOf } from '../../watch/watch-history.ts';
import { DEFAULT_WATCH_LIMITS } from '../../watch/watch-limits.ts';
import { reportBacktest } from './backtest-report.ts';
import type { BacktestReport } from './backtest-report.ts';

/** What a back-test is asked; plain data. */
export interface BacktestJob {
  readonly next: RuleSet;
  readonly inForce: RuleSet;
  readonly site: SiteView;
  readonly datastreams: readonly StoredDatastream[];
  readonly period: Period;
  readonly hindsight: boolean;
}

export interface BacktestStores {
  readonly store: Pick<TelemetryStore, 'range' | 'corrections'>;
  readonly episodes: Pick<EpisodeStore, 'decisions'>;
}

/** Runs two rule sets over stored history. */
export async function runBacktest(
  { store, episodes }: BacktestStores,
  job: BacktestJob,
): Promise<BacktestReport> {
  const { next, inForce, site, period, hindsight } = job;
  const ids = new Map(
    job.datastreams.map(datastream => [
      `${datastream.station}/${formatDatastreamName(datastream)}`,
      datastream.id,
    ]),
  );
  const decisions = await episodes.decisions({ from: epochMs(0), to: period.to, inputs: [] });
  const outcome = await backtest({
    ruleSets: [inForce, next],
    site,
    period,
    hindsight,
    outages: decisions.filter(decision => decision.kind === 'outage'),
    signals: decisions.filter(decision => decision.kind === 'signal'),
    limits: DEFAULT_WATCH_LIMITS,
    readings: async (input, stretch) => {
      const datastream = ids.get(input);
      return datastream === undefined ? [] : await readingsOf(store, { datastream, ...stretch }, input);
    },
  });
  return reportBacktest(outcome, { inForce: inForce.version, next: next.version }, { period, hindsight });
}

const PAGE = 50_000;
/** Corrections of one datastream in a stretch: a device that corrects more than it reports is beyond help. */
const CORRECTIONS_MAX = 1_000_000;

/** Winners and losers: what was believed at the time. */
async function readingsOf(
  store: BacktestStores['store'],
  query: Omit<RangeQuery, 'limit'>,
  input: string,
): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (let { from } = query; ;) {
    const page: readonly Observation[] = await store.range({ ...query, from, limit: PAGE });
    for (const observation of page) readings.push(readingOf(observation, input));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    from = epochMs(last.t + 1);
  }
  for (const loser of await store.corrections({ ...query, limit: CORRECTIONS_MAX })) {
    readings.push(readingOf(loser, input));
  }
  return readings;
}
