import { MINUTE_MS, SECOND_MS, durationMs } from '../domain/time/instant.ts';
import type { DurationMs } from '../domain/time/instant.ts';

export interface WatchLimits {
  /** How far behind its newest sample a track folds late ones in from memory; older ones are judged from the store. */
  readonly horizonMs: DurationMs;
  readonly checkpointMs: DurationMs;
  /** How often is asked who is silent, and noted up to when was heard. */
  readonly silenceTickMs: DurationMs;
  readonly heardMarkMs: DurationMs;
  /** How long devices take to find back after an outage of ours. */
  readonly reconnectMs: DurationMs;
  /** How long a start waits for the readings that were in hand at the end. */
  readonly recoveryMs: DurationMs;
  /** A track is judged anew from the store once nothing older has come for so long, or the first waits so long. */
  readonly refillQuietMs: DurationMs;
  readonly refillPatienceMs: DurationMs;
  /** How long background work keeps the thread at a time. */
  readonly sliceMs: DurationMs;
}

export const DEFAULT_WATCH_LIMITS: WatchLimits = {
  horizonMs: durationMs(30 * MINUTE_MS),
  checkpointMs: durationMs(5 * MINUTE_MS),
  silenceTickMs: SECOND_MS,
  heardMarkMs: durationMs(10 * SECOND_MS),
  reconnectMs: durationMs(2 * MINUTE_MS),
  recoveryMs: durationMs(10 * SECOND_MS),
  refillQuietMs: durationMs(2 * SECOND_MS),
  refillPatienceMs: durationMs(30 * SECOND_MS),
  sliceMs: durationMs(8),
};
