import type { BucketName } from '../time/bucket.ts';
import type { EpochMs } from '../time/instant.ts';
import type { DatastreamName } from '../model/datastream.ts';
import type { QuarantineReason, ReadingCounts } from '../model/ledger.ts';
import type { Observation } from '../model/observation.ts';
import type { Cursors } from './journal.ts';

/** A datastream as the store numbers it. Ids are small, dense, assigned once by `ingest` and never reused. */
export interface StoredDatastream extends DatastreamName {
  readonly id: number;
  readonly station: string;
}

/**
 * Readings as columns, so that a batch crosses threads without being cloned object by object. All arrays have
 * `length` at least `count`. A null value is NaN.
 */
export interface ReadingColumns {
  readonly count: number;
  readonly datastream: Int32Array;
  readonly t: Float64Array;
  readonly v: Float64Array;
  readonly quality: Uint8Array;
  readonly deviceFlag: Uint8Array;
  readonly source: Uint8Array;
  readonly sent: Float64Array;
  readonly received: Float64Array;
  readonly position: Float64Array;
}

/**
 * Flags of readings taken before that are others now, as columns. A flag is for the winner of (datastream, t), as it
 * is after the readings of its own batch; where there is none it is ignored: its reading is yet to come, with a newer flag.
 */
export interface RequalifiedColumns {
  readonly count: number;
  readonly datastream: Int32Array;
  readonly t: Float64Array;
  readonly quality: Uint8Array;
}

/** What one station adds to the committed ledger with a batch. All counts are increments. */
export interface LedgerDelta {
  readonly station: string;
  readonly messagesDecoded: number;
  readonly messagesQuarantined: number;
  readonly readingsDecoded: number;
  readonly readingsQuarantined: number;
  readonly readingsRejected: number;
}

/** Bytes that could not be used, with all that is needed to try again later. */
export interface QuarantineItem {
  readonly position: number;
  /** Index of the reading in its message; -1 when the whole message is quarantined. */
  readonly item: number;
  readonly reason: QuarantineReason;
  /** What exactly was wrong, for a person. */
  readonly detail: string;
  readonly station: string;
  readonly principal: string;
  readonly topic: string;
  readonly received: EpochMs;
  /** The payload of the whole message; empty where only the hash was kept. */
  readonly payload: Uint8Array;
  /** SHA-256 of the payload, hex. */
  readonly sha256: string;
}

/** A message that waits for a decision about our own clock (DESIGN section 4): in flight, durable, not yet decoded. */
export interface HeldMessage {
  readonly position: number;
  readonly received: EpochMs;
  readonly principal: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly splitBefore?: EpochMs;
}

/** One unit of consumption. Either all of it becomes durable, in one transaction, or nothing. */
export interface StoreBatch {
  readonly readings: ReadingColumns;
  /** Absent where no flag changed. */
  readonly requalified?: RequalifiedColumns;
  readonly newDatastreams: readonly StoredDatastream[];
  readonly ledger: readonly LedgerDelta[];
  readonly quarantined: readonly QuarantineItem[];
  /** Positions (and items) that left quarantine because they were decoded at last. */
  readonly released: readonly { readonly position: number; readonly item: number }[];
  readonly held: readonly HeldMessage[];
  readonly unheld: readonly number[];
  /** Where the reader stands once this batch is durable; a stream that is absent did not move. */
  readonly cursors: Partial<Cursors>;
  /** Opaque state of the ingest worker (sequence and clock trackers per station), kept with the batch. */
  readonly stationStates?: readonly { readonly station: string; readonly state: string }[];
}

/** Committed counts per station; the in-flight part is not known here and is 0. */
export interface CommittedLedger {
  readonly cursors: Cursors;
  /** Messages held for a clock decision. */
  readonly held: ReadonlyMap<string, number>;
  readonly stations: ReadonlyMap<
    string,
    {
      readonly messages: { readonly decoded: number; readonly quarantined: number };
      readonly readings: ReadingCounts;
    }
  >;
}

/** What a worker needs to go on where the last one stopped. */
export interface StoreResumption {
  readonly cursors: Cursors;
  readonly datastreams: readonly StoredDatastream[];
  /** The latest winner of every datastream that has one. */
  readonly latest: readonly Observation[];
  readonly held: readonly HeldMessage[];
  readonly stationStates: readonly { readonly station: string; readonly state: string }[];
}

export const AGGREGATES = ['count', 'min', 'max', 'mean', 'sum', 'last', 'difference'] as const;
/**
 * `count` of values; `difference` is a counter's growth in the bucket: increments against the previous value, also
 * across the bucket's edge; a value smaller than the one before it is a reset and counts whole (SL 651 PT, tipping
 * bucket). Values with quality FAIL or MISSING take no part in any aggregate.
 */
export type Aggregate = (typeof AGGREGATES)[number];

/** from ≤ t < to, oldest first, at most `limit` rows. */
export interface RangeQuery {
  readonly datastream: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly limit: number;
}

/** A stretch of one datastream, from ≤ t < to. */
export interface SeriesSpan {
  readonly datastream: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export interface AggregateQuery {
  readonly datastreams: readonly number[];
  /** Buckets that begin in from ≤ start < to; `from` should be a bucket edge, or the first bucket is partial. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly bucket: BucketName;
  readonly aggregates: readonly Aggregate[];
  readonly limit: number;
}

/** One bucket of one datastream; buckets without a counted value are absent. */
export interface AggregateRow {
  readonly datastream: number;
  /** Start of the bucket. */
  readonly t: EpochMs;
  readonly values: Readonly<Partial<Record<Aggregate, number>>>;
}

/** Reading history; the part of the store that a people's store (InfluxDB) also implements. */
export interface TelemetryReader {
  latest(): Promise<readonly Observation[]>;
  range(query: RangeQuery): Promise<readonly Observation[]>;
  aggregate(query: AggregateQuery): Promise<readonly AggregateRow[]>;
}

/** A quarantined item as an operator sees it. */
export interface QuarantineRow extends QuarantineItem {
  /** Set once the item was replayed with success. */
  readonly released: boolean;
}

export interface QuarantineQuery {
  readonly station?: string;
  readonly reason?: QuarantineReason;
  readonly includeReleased?: boolean;
  /** Keyset: rows with (position, item) after this one. */
  readonly after?: { readonly position: number; readonly item: number };
  readonly limit: number;
}

/**
 * A losing value of an identity that was reported with more than one. It is in no series, so its quality is "not
 * evaluated".
 */
export interface CorrectionRow extends Observation {
  readonly winner: { readonly v: number | null; readonly deviceFlag: number; readonly source: number };
}

/**
 * The telemetry of record. One writer. Identity is (datastream, t); the store alone decides whether a reading is new,
 * a duplicate or a correction (`domain/model/winner.ts`), by all contents it ever saw for the identity, so that the
 * result and the counts do not depend on arrival. Computed flags take no part in that. It adds stored/duplicate/corrected to the ledger of the reading's
 * station in the transaction that stores it.
 */
export interface TelemetryStore extends TelemetryReader {
  resume(): Promise<StoreResumption>;
  /**
   * Takes a batch. Reads see it at once (overlay); the promise resolves when it is durable. Batches become durable in
   * the order of the calls, several may share a transaction. While the disk refuses, the batch stays taken and the
   * store tries it again by itself: the promise stays open, or rejects with a retryable AppError, after which `flush`
   * tells when it is durable. Never offer a batch twice. The columns of the batch move to the store: do not touch them
   * afterwards.
   */
  append(batch: StoreBatch): Promise<void>;
  /** Makes everything taken durable. */
  flush(): Promise<void>;
  /** A consistent snapshot of what is committed. */
  ledger(): Promise<CommittedLedger>;
  /** Rows of observations per station, counted from the tables themselves; the audit of `stored`. */
  countRows(): Promise<ReadonlyMap<string, number>>;
  /** The winners of several datastreams, each of its own stretch, in no order. Name a datastream once. */
  winners(spans: readonly SeriesSpan[]): Promise<ReadingColumns>;
  corrections(query: RangeQuery): Promise<readonly CorrectionRow[]>;
  quarantine(query: QuarantineQuery): Promise<readonly QuarantineRow[]>;
  /** Readings taken and not yet durable. */
  staged(): Promise<number>;
}
