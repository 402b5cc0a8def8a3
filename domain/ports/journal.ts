import type { EpochMs } from '../time/instant.ts';

/** Live readings and everything else go through one stream, what was buffered by devices through the other. */
export type JournalStream = 'live' | 'backlog';
export const JOURNAL_STREAMS: readonly JournalStream[] = ['live', 'backlog'];

/** One message as it arrived: raw bytes, never decoded before it is durable. */
export interface JournalEntry {
  readonly received: EpochMs;
  /** The authenticated principal, from the connection, never from the payload. */
  readonly principal: string;
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly payload: Uint8Array;
}

/** An entry with its place in the arrival order. Positions start at 1, grow by 1 per message and are never reused. */
export interface JournalledEntry extends JournalEntry {
  readonly position: number;
  /**
   * Present on an entry that the ingest worker moved from the live to the backlog stream: only its readings with
   * t < splitBefore belong to this part, the others were handled live. The position is that of the original.
   */
  readonly splitBefore?: EpochMs;
}

/** The entries of one group commit in one stream. `seq` is the batch's place in its stream; cursors count in it. */
export interface JournalBatch {
  readonly stream: JournalStream;
  readonly seq: number;
  readonly entries: readonly JournalledEntry[];
}

/** Why nothing is being acknowledged; `ok` when things are. */
export interface JournalHealth {
  readonly state: 'ok' | 'journal_full' | 'journal_readonly' | 'journal_stalled' | 'journal_failed';
  readonly since: EpochMs;
  /** Bytes and messages accepted by `append` and not yet committed. */
  readonly pendingBytes: number;
  readonly pendingEntries: number;
  readonly lastError?: string;
}

/**
 * The writing side, on the broker's thread. `append` never throws and never blocks, and it has encoded the entry when it
 * returns: the payload may be a view of memory that is used again. `done` is called exactly once,
 * in the order of the calls, and without an error only after the entry is on stable storage (the point of
 * durability). With an error the entry may or may not be stored later: the sender has to send it again. While the
 * disk refuses or stalls, entries wait up to a limit of time and bytes, then `done` gets a retryable AppError; once
 * the disk works again appends succeed without a restart.
 */
export interface JournalAppender {
  append(stream: JournalStream, entry: JournalEntry, done: (error?: Error) => void): void;
  health(): JournalHealth;
}

/** How many messages the journal ever took, and how many of them lie behind which cursor. */
export interface JournalAccount {
  /** Every message ever journalled; equals the highest position. */
  readonly journalled: number;
  /** Messages not consumed by a reader that stands at the given cursors (moved parts are not messages). */
  readonly pending: number;
  /** The same per station; a station is the topic's third level. */
  readonly stations: ReadonlyMap<string, { readonly journalled: number; readonly pending: number }>;
}

export interface Cursors {
  /** `seq` of the last batch consumed whole, 0 before the first. */
  readonly live: number;
  readonly backlog: number;
}

/**
 * The reading side, used by one ingest worker. Batches come in `seq` order; `seq` may have gaps. Everything after a
 * cursor stays readable until `advance` has passed it for every registered consumer.
 */
export interface JournalReader {
  /**
   * Batches of the stream with seq > after, oldest first, until `maxBytes` of payload are gathered (at least one
   * batch where there is one). Answers an empty list at once when there is none.
   */
  read(stream: JournalStream, after: number, maxBytes: number): Promise<readonly JournalBatch[]>;
  /**
   * Appends parts of live entries to the backlog stream, durably, before it resolves. An entry whose position was
   * moved before is passed over, so that a move repeated after a crash counts once.
   */
  move(entries: readonly (JournalledEntry & { readonly splitBefore: EpochMs })[]): Promise<void>;
  /** Tells that `consumer` will not read before these cursors again. Not durable: the consumer keeps its own. */
  advance(consumer: string, cursors: Cursors): Promise<void>;
  account(cursors: Cursors): Promise<JournalAccount>;
  /** `listener` runs after each commit that added to a stream; calls may be merged. The result unsubscribes. */
  onCommitted(listener: (stream: JournalStream) => void): () => void;
}

/**
 * The arrival log: every message ever journalled, archived and not yet archived, in ascending position per stream
 * and with each message once. Moved parts do not appear. Used by `ww rebuild` and by replays.
 */
export interface ArrivalLog {
  messages(stream: JournalStream): AsyncIterable<JournalledEntry>;
}
