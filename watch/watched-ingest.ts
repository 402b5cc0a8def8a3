import type { Observation } from '../domain/model/observation.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import type { StoredDatastream } from '../domain/ports/telemetry-store.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import type { Reading } from '../rules/sample.ts';

/** What the watch needs to know of whoever hands it the readings. */
export interface WatchedIngest {
  progress(): {
    /** receivedTime up to which everything was heard. */
    readonly heardThrough: EpochMs;
    /** The batches of the journal that were begun, and those that are taken as a whole. */
    readonly inHand: Cursors;
    readonly taken: Cursors;
    /** Whether our own clock is believed. */
    readonly isClockTrusted: boolean;
  };
  /** The numbered datastreams from the `start`-th on; the first `datastreamsAtStart` had readings in the store. */
  datastreams(start: number): readonly StoredDatastream[];
  readonly datastreamsAtStart: number;
  /** The last value of every datastream. */
  latest(): readonly Observation[];
  /** By how much our clock was corrected for a reading, that is true time minus receivedTime; undefined where it was believed. */
  clockCorrectionOf(reading: Reading): DurationMs | undefined;
  /** Resolves once reads of the store see every reading that was handed to it so far. */
  offered(): Promise<void>;
}
