import type { EpisodeStep, EpisodeGaps } from '../domain/model/episode.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import type { Measured } from './measure.ts';
import { NO_SIGNALS } from './signals-in-force.ts';
import type { SeenSignals } from './signals-in-force.ts';

/** A severity whose limit is met, reading after reading, without a gap. */
export interface Run {
  readonly since: EpochMs;
  readonly readings: number;
  readonly heldMs: DurationMs;
  readonly sawGood: boolean;
  readonly peak: { readonly value: number; readonly t: EpochMs };
}

export interface OpenEpisode {
  readonly begin: EpochMs;
  readonly steps: readonly EpisodeStep[];
  readonly currentRank: number;
  readonly peak: { readonly value: number; readonly t: EpochMs };
  /** Which measured value is the peak taken of, and whether high is bad. */
  readonly peakMeasure: number;
  readonly isUpward: boolean;
  readonly gaps?: EpisodeGaps;
  /** Segment of the basis it was raised under. */
  readonly segment: number;
  /** The silence by which it last went up, so that one silence raises once. */
  readonly blindSince?: EpochMs;
}

/** The last thing that is known. */
export interface Known {
  readonly t: EpochMs;
  readonly measured: Measured;
  /** The decisive value rose, or fell where low is bad, since the reading before. */
  readonly isWorsening: boolean;
  readonly value: number;
}

/** Everything the fold carries from sample to sample: plain data, never changed in place. */
export interface FoldState {
  /** Index into the basis; -1 before the first. */
  readonly segment: number;
  readonly measure: unknown;
  readonly signals: SeenSignals;
  /** Last usable reading of each input of the plan. */
  readonly lastT: readonly (EpochMs | null)[];
  readonly known: Known | null;
  /** Something was unknown since `known`: what held then need not have held since. */
  readonly isBroken: boolean;
  /** By severity rank. */
  readonly runs: readonly (Run | null)[];
  readonly open: OpenEpisode | null;
  /** First reading of those that show an open episode over. */
  readonly overSince: EpochMs | null;
}

export const NO_RUNS: readonly (Run | null)[] = [null, null, null, null];

/** Before the first sample. */
export const FRESH_STATE: FoldState = {
  segment: -1,
  measure: null,
  signals: NO_SIGNALS,
  lastT: [],
  known: null,
  isBroken: false,
  runs: NO_RUNS,
  open: null,
  overSince: null,
};
