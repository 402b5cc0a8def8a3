import type {
  ArrivalLog,
  Cursors,
  JournalAccount,
  JournalAppender,
  JournalBatch,
  JournalEntry,
  JournalHealth,
  JournalledEntry,
  JournalReader,
  JournalStream,
} from '../../domain/ports/journal.ts';
import type { AppError } from '../../domain/errors.ts';
import { epochMs } from '../../domain/time/instant.ts';

interface Waiting {
  readonly stream: JournalStream;
  readonly entry: JournalEntry;
  readonly done: (error?: Error) => void;
}

/**
 * A journal in memory for unit tests. It keeps the whole contract except durability: a commit takes everything that
 * was appended before, one event-loop turn later, as one batch per stream. `hold` stops commits, `release` goes on.
 */
export class MemoryJournal implements JournalAppender, JournalReader, ArrivalLog {
  #waiting: Waiting[] = [];
  #scheduled = false;
  #held: JournalHealth['state'] = 'ok';
  #refusal: AppError | undefined;
  #lastSeq = 0;
  #lastPosition = 0;
  #batches: JournalBatch[] = [];
  readonly #arrived: Record<JournalStream, JournalledEntry[]> = { live: [], backlog: [] };
  readonly #moved = new Set<number>();
  readonly #cursors = new Map<string, Cursors>();
  readonly #listeners = new Set<(stream: JournalStream) => void>();

  append(stream: JournalStream, entry: JournalEntry, done: (error?: Error) => void): void {
    this.#waiting.push({ stream, entry: { ...entry, payload: Uint8Array.from(entry.payload) }, done });
    this.#schedule();
  }

  health(): JournalHealth {
    const pendingBytes = this.#waiting.reduce((sum, { entry }) => sum + entry.payload.byteLength, 0);
    return { state: this.#held, since: epochMs(0), pendingBytes, pendingEntries: this.#waiting.length };
  }

  /** From now on nothing is committed and `health` tells this state. */
  hold(state: Exclude<JournalHealth['state'], 'ok'> = 'journal_stalled'): void {
    this.#held = state;
  }

  /** Commits again, beginning with what waits. */
  release(): void {
    this.#held = 'ok';
    this.#schedule();
  }

  /** Every append is answered with this error, as after a timeout; `undefined` ends it. */
  refuseWith(error: AppError | undefined): void {
    this.#refusal = error;
  }

  /** Resolves when everything appended so far was answered. Does not resolve while held. */
  async committed(): Promise<void> {
    while (this.#waiting.length > 0 || this.#scheduled) await new Promise(resolve => setImmediate(resolve));
  }

  read(stream: JournalStream, after: number, maxBytes: number): Promise<readonly JournalBatch[]> {
    const result: JournalBatch[] = [];
    let bytes = 0;
    for (const batch of this.#batches) {
      if (batch.stream !== stream || batch.seq <= after) continue;
      const size = batch.entries.reduce((sum, entry) => sum + entry.payload.byteLength, 0);
      if (result.length > 0 && bytes + size > maxBytes) break;
      result.push(batch);
      bytes += size;
    }
    return Promise.resolve(result);
  }

  move(
    entries: readonly (JournalledEntry & Required<Pick<JournalledEntry, 'splitBefore'>>)[],
  ): Promise<void> {
    const fresh = entries.filter(entry => {
      if (this.#moved.has(entry.position)) return false;
      this.#moved.add(entry.position);
      return true;
    });
    if (fresh.length > 0) {
      this.#batches.push({ stream: 'backlog', seq: ++this.#lastSeq, entries: fresh });
      this.#tell('backlog');
    }
    return Promise.resolve();
  }

  advance(consumer: string, cursors: Cursors): Promise<void> {
    this.#cursors.set(consumer, cursors);
    const all = [...this.#cursors.values()];
    const behind = {
      live: Math.min(...all.map(each => each.live)),
      backlog: Math.min(...all.map(each => each.backlog)),
    };
    this.#batches = this.#batches.filter(batch => batch.seq > behind[batch.stream]);
    return Promise.resolve();
  }

  account(cursors: Cursors): Promise<JournalAccount> {
    const stations = new Map<string, { journalled: number; pending: number }>();
    const of = (topic: string) => {
      const station = topic.split('/')[2] ?? '';
      const counts = stations.get(station) ?? { journalled: 0, pending: 0 };
      stations.set(station, counts);
      return counts;
    };
    for (const entry of [...this.#arrived.live, ...this.#arrived.backlog]) of(entry.topic).journalled += 1;
    let pending = 0;
    for (const batch of this.#batches) {
      if (batch.seq <= cursors[batch.stream]) continue;
      for (const entry of batch.entries) {
        if (entry.splitBefore !== undefined) continue;
        of(entry.topic).pending += 1;
        pending += 1;
      }
    }
    return Promise.resolve({ journalled: this.#lastPosition, pending, stations });
  }

  onCommitted(listener: (stream: JournalStream) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async *messages(stream: JournalStream): AsyncIterable<JournalledEntry> {
    for (const entry of this.#arrived[stream]) yield await Promise.resolve(entry);
  }

  #schedule(): void {
    if (this.#scheduled || this.#held !== 'ok' || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#held === 'ok') this.#commit();
    });
  }

  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    const refusal = this.#refusal;
    if (refusal === undefined) {
      for (const stream of ['live', 'backlog'] as const) {
        const entries = group
          .filter(each => each.stream === stream)
          .map(({ entry }): JournalledEntry => ({ ...entry, position: ++this.#lastPosition }));
        if (entries.length === 0) continue;
        this.#arrived[stream].push(...entries);
        this.#batches.push({ stream, seq: ++this.#lastSeq, entries });
        this.#tell(stream);
      }
    }
    for (const { done } of group) done(refusal);
  }

  #tell(stream: JournalStream): void {
    for (const listener of this.#listeners) setImmediate(() => listener(stream));
  }
}
