import type { Episode } from '../../domain/model/episode.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { EpisodeStatus } from '../../domain/ports/episode-store.ts';
import { DAY_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { alarmLoad } from '../../watch/alarm-load.ts';
import type { AlarmLoad, Period } from '../../watch/alarm-load.ts';
import type { BacktestOutcome, SetOutcome } from '../../watch/backtest.ts';
import { compareTold, compareWithHindsight, highestTold } from '../../watch/compare-told.ts';
import type { ToldEpisode } from '../../watch/track-backtest.ts';

/** An episode of which people would have been warned, in short. */
export interface ToldSummary {
  readonly rule: string;
  readonly subject: string;
  readonly begin: EpochMs;
  readonly end?: EpochMs;
  /** The highest that was told. */
  readonly severity: WarningSeverity;
  readonly toldAt: EpochMs;
  readonly status: EpisodeStatus;
}

/** An episode that is known only now, in short. */
export interface UntoldSummary {
  readonly rule: string;
  readonly subject: string;
  readonly begin: EpochMs;
  readonly end?: EpochMs;
  readonly severity: WarningSeverity;
}

/** What one rule set would have told. */
export interface SetReport {
  readonly version: number;
  readonly tracks: number;
  /** Of which something was told. */
  readonly episodes: number;
  readonly load: AlarmLoad;
  /** The same judged with all that is known now, where it was asked for. */
  readonly hindsight?: {
    readonly episodes: number;
    readonly told: number;
    readonly toldLower: number;
    readonly toldHigher: number;
    readonly untold: Listed<UntoldSummary>;
    readonly unfounded: Listed<ToldSummary>;
  };
}

/** All are counted; of very many only the first are listed. */
export interface Listed<Item> {
  readonly count: number;
  readonly first: readonly Item[];
}

/** A rule set beside the one in force, over the arrival of the past. */
export interface BacktestReport {
  /** In receivedTime; begins when the first reading came, where nothing had come before. */
  readonly period: Period;
  /** False where no reading came in the period: then nothing follows from the figures. */
  readonly isHeard: boolean;
  readonly next: SetReport;
  readonly inForce: SetReport;
  readonly added: Listed<ToldSummary>;
  readonly removed: Listed<ToldSummary>;
  readonly changed: Listed<{ readonly before: ToldSummary; readonly after: ToldSummary }>;
  readonly same: number;
  /** Against the episodes of the set in force, whatever rule tells them. */
  readonly hits: number;
  readonly misses: Listed<ToldSummary>;
}

const LISTED = 1_000;

/**
 * @param outcome of the set in force and the next one, in this order
 * @param hindsight whether the complete series was judged
 */
export function reportBacktest(
  outcome: BacktestOutcome,
  versions: { readonly inForce: number; readonly next: number },
  asked: { readonly period: Period; readonly hindsight: boolean },
): BacktestReport {
  const [inForce = NOTHING, next = NOTHING] = outcome.sets;
  // Days before the first reading would thin the alarms out, and an hour of readings is no measure of a day.
  const period = {
    from: epochMs(Math.max(asked.period.from, Math.min(outcome.heardFrom ?? 0, asked.period.to - DAY_MS))),
    to: asked.period.to,
  };
  const { added, removed, changed, same, hits, misses } = compareTold(inForce.told, next.told);
  const setReport = (set: SetOutcome, version: number): SetReport => ({
    version,
    tracks: set.tracks,
    episodes: set.told.length,
    load: alarmLoad(set.told, period),
    ...(asked.hindsight ? { hindsight: hindsightOf(set) } : {}),
  });
  return {
    period,
    isHeard: outcome.heardFrom !== undefined,
    next: setReport(next, versions.next),
    inForce: setReport(inForce, versions.inForce),
    added: listed(added, toldSummary),
    removed: listed(removed, toldSummary),
    changed: listed(changed, ({ before, after }) => ({
      before: toldSummary(before),
      after: toldSummary(after),
    })),
    same,
    hits,
    misses: listed(misses, toldSummary),
  };
}

const NOTHING: SetOutcome = { tracks: 0, told: [], complete: [] };

function hindsightOf({ told, complete }: SetOutcome): NonNullable<SetReport['hindsight']> {
  const { untold, unfounded, ...counts } = compareWithHindsight(told, complete);
  return { ...counts, untold: listed(untold, untoldSummary), unfounded: listed(unfounded, toldSummary) };
}

function listed<Item, Summary>(items: readonly Item[], summaryOf: (item: Item) => Summary): Listed<Summary> {
  return { count: items.length, first: items.slice(0, LISTED).map(summaryOf) };
}

function toldSummary(told: ToldEpisode): ToldSummary {
  const { record, tellings } = told;
  return {
    ...untoldSummary(record.episode),
    severity: highestTold(told),
    toldAt: tellings[0]?.at ?? record.firstKnownAt,
    status: record.status,
  };
}

function untoldSummary({ rule, subject, begin, end, severity }: Episode): UntoldSummary {
  return { rule, subject, begin, ...(end === undefined ? {} : { end }), severity };
}
