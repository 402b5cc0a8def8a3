import { durationMs, HOUR_MS } from '../domain/time/instant.ts';
import type { DurationMs } from '../domain/time/instant.ts';

export interface IngestLimits {
  /** A reading is live while receivedTime − t is at most this. */
  readonly liveWindowMs: DurationMs;
  /** The longest the backlog lane works without letting the live lane in. */
  readonly backlogSliceMs: DurationMs;
  readonly quarantineQuotaPerHour: number;
  /** Readings handed to the store and not yet durable, above which the live lane waits; the backlog at half of it. */
  readonly maxOutstandingReadings: number;
  /**
   * Readings older than the newest of those they are compared with by more than this get their flags from the store,
   * later, instead of at once.
   */
  readonly qualityHorizonMs: DurationMs;
  /** The most readings of a datastream that quality control holds in memory, 51 to 77 bytes each. */
  readonly qualityMaxReadings: number;
  /** Held messages above which both lanes wait: memory is bounded, the journal keeps the rest. */
  readonly maxHeldMessages: number;
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = {
  liveWindowMs: durationMs(30 * 60_000),
  backlogSliceMs: durationMs(8),
  quarantineQuotaPerHour: 1_000,
  maxOutstandingReadings: 400_000,
  qualityHorizonMs: durationMs(2 * HOUR_MS),
  qualityMaxReadings: 2_000,
  maxHeldMessages: 50_000,
};
