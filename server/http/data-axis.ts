import { QUALITY } from '../../domain/model/observation.ts';
import type { QualityFlag } from '../../domain/model/observation.ts';
import type { EpochMs } from '../../domain/time/instant.ts';

/** The data axis of a point (DESIGN section 7), from best to worst. */
export const DATA_STATES = ['good', 'suspect', 'blind'] as const;
export type DataState = (typeof DATA_STATES)[number];

/** A point is blind when nothing came for this many of its own intervals. */
const BLIND_AFTER_INTERVALS = 3;

/**
 * How well a point is seen: `blind` without a reading, when the last one is older than three intervals, or when it is
 * no measurement of the water at all (FAIL, MISSING); `suspect` when its quality is in doubt or was not evaluated.
 */
export function dataState(
  latest: { readonly t: EpochMs; readonly quality: QualityFlag } | undefined,
  intervalMs: number,
  now: EpochMs,
): DataState {
  if (latest === undefined || now - latest.t > BLIND_AFTER_INTERVALS * intervalMs) return 'blind';
  switch (latest.quality) {
    case QUALITY.good:
      return 'good';
    case QUALITY.unknown:
    case QUALITY.suspect:
      return 'suspect';
    case QUALITY.fail:
    case QUALITY.missing:
      return 'blind';
  }
}

/** A station is seen as well as the worst of its points; without a point it is blind. */
export function worstDataState(states: readonly DataState[]): DataState {
  if (states.length === 0 || states.includes('blind')) return 'blind';
  return states.includes('suspect') ? 'suspect' : 'good';
}
