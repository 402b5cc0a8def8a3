import type { Cursors, JournalAccount, JournalStream } from '../../domain/ports/journal.ts';
import { checkCursor } from './journal-file.ts';
import type { JournalFile } from './journal-file.ts';
import { countArrivals, countStations } from './station-counts.ts';

const STREAMS: readonly JournalStream[] = ['live', 'backlog'];
/** Bytes of rows scanned before commits get their turn. */
const SLICE_BYTES = 1024 * 1024;

/**
 * Counts the messages behind a reader's cursors from the rows themselves. It covers the rows from < seq ≤ to and
 * follows the cursors and the journal's end, so that between two accounts each row is scanned at most twice.
 */
export class PendingTally {
  readonly #file: JournalFile;
  readonly #journalled: ReadonlyMap<string, number>;
  #stations = new Map<string, number>();
  #total = 0;
  #from = { live: 0, backlog: 0 };
  #to = { live: 0, backlog: 0 };
  #queue: Promise<unknown> = Promise.resolve();

  constructor(file: JournalFile, journalled: ReadonlyMap<string, number>) {
    this.#file = file;
    this.#journalled = journalled;
  }

  /** The account at one instant between two commits; `pause` is awaited between slices of the scan. */
  account(cursors: Cursors, pause: () => Promise<void>): Promise<JournalAccount> {
    const account = this.#queue.then(() => this.#account(cursors, pause));
    this.#queue = account.catch(() => undefined);
    return account;
  }

  /** A row is about to be deleted: every reader has passed it. Rows come in order of `seq`. */
  pass(stream: JournalStream, seq: number, bytes: Uint8Array): void {
    if (seq <= this.#from[stream]) return;
    if (seq <= this.#to[stream]) this.#add(bytes, -1);
    else this.#to[stream] = seq;
    this.#from[stream] = seq;
  }

  async #account(cursors: Cursors, pause: () => Promise<void>): Promise<JournalAccount> {
    const deleted = this.#file.deletedThrough();
    for (const stream of STREAMS) {
      checkCursor(stream, cursors[stream], this.#file.lastSeq[stream]);
      // A cursor that went back, to another reader's place, needs a new count.
      if (Math.max(cursors[stream], deleted[stream]) < this.#from[stream]) this.#restart(deleted);
    }
    let budget = SLICE_BYTES;
    for (;;) {
      const scanned = this.#stepOver('live', cursors.live) ?? this.#stepOver('backlog', cursors.backlog);
      if (scanned === undefined) break;
      budget -= scanned;
      if (budget > 0) continue;
      await pause();
      budget = SLICE_BYTES;
    }
    return this.#result();
  }

  #restart(deleted: Cursors): void {
    this.#stations = new Map();
    this.#total = 0;
    this.#from = { ...deleted };
    this.#to = { ...deleted };
  }

  /** Moves one end of the covered rows by one row; answers its bytes, undefined when both ends are in place. */
  #stepOver(stream: JournalStream, cursor: number): number | undefined {
    const from = this.#from[stream];
    if (from < cursor) {
      if (this.#to[stream] <= from) {
        this.#from[stream] = this.#to[stream] = cursor;
        return 0;
      }
      const row = this.#file.next(stream, from);
      if (row === undefined || row.seq > cursor) {
        this.#from[stream] = cursor;
        return 0;
      }
      this.pass(stream, row.seq, row.bytes);
      return row.bytes.byteLength;
    }
    const row = this.#file.next(stream, this.#to[stream]);
    if (row === undefined) return undefined;
    this.#add(row.bytes, 1);
    this.#to[stream] = row.seq;
    return row.bytes.byteLength;
  }

  #add(bytes: Uint8Array, sign: 1 | -1): void {
    const count = countArrivals(bytes);
    if (count === 0) return;
    this.#total += sign * count;
    countStations(bytes, station => {
      const pending = (this.#stations.get(station) ?? 0) + sign;
      if (pending === 0) this.#stations.delete(station);
      else this.#stations.set(station, pending);
    });
  }

  #result(): JournalAccount {
    const stations = new Map<string, { journalled: number; pending: number }>();
    for (const [station, journalled] of this.#journalled) {
      stations.set(station, { journalled, pending: this.#stations.get(station) ?? 0 });
    }
    return { journalled: this.#file.lastPosition, pending: this.#total, stations };
  }
}
