import { durationMs, epochMs } from '../time/instant.ts';
import type { DurationMs, EpochMs } from '../time/instant.ts';
import type { WarningSeverity } from './warning-severity.ts';

/** The wall-clock decision that a datastream is silent, appended to the arrival log as an input; `t` is the decision. */
export interface SilenceDecision {
  readonly kind: 'silence';
  /** `station/property` or `station/property.instance`. */
  readonly input: string;
  readonly t: EpochMs;
  /** phenomenonTime of the last reading then known. */
  readonly since: EpochMs;
}

/** A time in which we ourselves did not listen; `t` is its end. It never counts as silence of a device. */
export interface OwnOutage {
  readonly kind: 'outage';
  readonly t: EpochMs;
  readonly from: EpochMs;
}

/** An official rainstorm signal (暴雨预警信号) of a zone: in force from `t` until the next one of the zone. */
export interface RainstormSignal {
  readonly kind: 'signal';
  /** Id of a basin, or `*` for the whole district. */
  readonly zone: string;
  readonly t: EpochMs;
  /** Null: lifted. */
  readonly severity: WarningSeverity | null;
}

/** What the watch takes as an input beside readings: decided once, appended to the arrival log, replayed as it stands. */
export type WatchDecision = SilenceDecision | OwnOutage | RainstormSignal;

/** How much of a stretch of time was ours. Outages do not overlap each other. */
export function ownOutageMs(
  outages: readonly Pick<OwnOutage, 'from' | 't'>[],
  stretch: { readonly from: EpochMs; readonly to: EpochMs },
): DurationMs {
  return durationMs(
    outages.reduce(
      (sum, { from, t }) => sum + Math.max(0, Math.min(t, stretch.to) - Math.max(from, stretch.from)),
      0,
    ),
  );
}

/** A silence of a limit is looked for in this many times the limit. */
const SILENCE_WINDOW = 2;

/** How far back outages of ours matter to a silence of `limitMs`. */
export function silenceWindowMs(limitMs: number): DurationMs {
  return durationMs(SILENCE_WINDOW * limitMs);
}

/**
 * How long a silence has lasted, less our own outages, counted over the last twice its limit: what lies further back does
 * not count, so that nobody has to remember it.
 */
export function countedSilenceMs(
  outages: readonly Pick<OwnOutage, 'from' | 't'>[],
  silence: { readonly since: EpochMs; readonly now: EpochMs; readonly limitMs: number },
): DurationMs {
  const { since, now, limitMs } = silence;
  const from = epochMs(Math.max(since, now - silenceWindowMs(limitMs)));
  return durationMs(now - from - ownOutageMs(outages, { from, to: now }));
}
