import type { Cursors, JournalStream } from '../../domain/ports/journal.ts';
import { batchHeader, scanStations } from './journal-batch.ts';
import type { JournalFile } from './journal-file.ts';

const STREAMS: readonly JournalStream[] = ['live', 'backlog'];
/** Rows written in one step of a checkpoint; a step delays commits by no more than about two milliseconds. */
const STEP_STATIONS = 200;

interface StationRow {
  readonly id: string;
  readonly journalled: number;
  readonly live_seq: number;
  readonly backlog_seq: number;
}

/**
 * How many messages of each station were ever journalled. The truth is the rows; what was counted is kept in the
 * file from time to time, each station with the rows it was counted up to, and completed from later rows at a start.
 * Rows after `countedThrough` must therefore stay.
 */
export class StationCounts {
  readonly #file: JournalFile;
  readonly #counts = new Map<string, number>();
  #dirty = new Set<string>();
  #counted: Cursors;

  /** Reads what was kept and every row after it. */
  constructor(file: JournalFile) {
    this.#file = file;
    this.#counted = { live: file.state('live_counted'), backlog: file.state('backlog_counted') };
    this.#recover();
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  get countedThrough(): Cursors {
    return this.#counted;
  }

  /** Counts a batch of arrivals that was just committed. */
  add(bytes: Uint8Array): void {
    countStations(bytes, station => this.#count(station));
  }

  /**
   * Keeps the counts, step by step: `pause` is awaited between steps, and commits may happen meanwhile. Throws what
   * SQLite throws; then nothing is lost and it can be called again. Calls do not overlap.
   */
  async checkpoint(pause: () => Promise<void>): Promise<void> {
    const target = this.#file.lastSeq;
    if (STREAMS.every(stream => this.#counted[stream] >= target[stream])) return;
    const dirty = [...this.#dirty];
    this.#dirty = new Set();
    for (let start = 0; start < dirty.length; start += STEP_STATIONS) {
      try {
        this.#write(dirty.slice(start, start + STEP_STATIONS));
      } catch (error) {
        for (const station of dirty.slice(start)) this.#dirty.add(station);
        throw error;
      }
      await pause();
    }
    this.#file.keep((_db, raise) => {
      for (const stream of STREAMS) raise(`${stream}_counted`, target[stream]);
    });
    this.#counted = target;
  }

  #write(stations: readonly string[]): void {
    const through = this.#file.lastSeq;
    this.#file.keep(db => {
      for (const station of stations) {
        db.run(
          `INSERT INTO station (id, journalled, live_seq, backlog_seq) VALUES (?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET journalled = excluded.journalled,
             live_seq = excluded.live_seq, backlog_seq = excluded.backlog_seq`,
          [station, this.#counts.get(station) ?? 0, through.live, through.backlog],
        );
      }
    });
  }

  #recover(): void {
    const through = new Map<string, Cursors>();
    this.#file.keep(db => {
      for (const row of db.all<StationRow>('SELECT id, journalled, live_seq, backlog_seq FROM station')) {
        this.#counts.set(row.id, row.journalled);
        through.set(row.id, { live: row.live_seq, backlog: row.backlog_seq });
      }
    });
    for (const stream of STREAMS) {
      let row = this.#file.nextRow(stream, this.#counted[stream]);
      while (row !== undefined) {
        const { seq, moved, bytes } = row;
        // A station kept in an unfinished checkpoint was counted further than the others.
        const isNew = (station: string) => seq > (through.get(station)?.[stream] ?? 0);
        if (!moved) countStations(bytes, station => isNew(station) && this.#count(station));
        row = this.#file.nextRow(stream, seq);
      }
    }
  }

  #count(station: string): void {
    this.#counts.set(station, (this.#counts.get(station) ?? 0) + 1);
    this.#dirty.add(station);
  }
}

/**
 * Calls `visit` with the station of each message. Entries that cannot be read back are passed over: the reader of
 * the row reports them, and the totals, which come from positions, show the difference.
 */
export function countStations(bytes: Uint8Array, visit: (station: string) => void): void {
  try {
    scanStations(bytes, visit);
  } catch {
    // Reported by whoever decodes the row, see above.
  }
}

/** The messages in a row; 0 for moved parts and for a row that cannot be read back. */
export function countArrivals(bytes: Uint8Array): number {
  try {
    const { kind, count } = batchHeader(bytes);
    return kind === 'arrivals' ? count : 0;
  } catch {
    return 0;
  }
}
