import type { JournalEntry, JournalStream } from '../../domain/ports/journal.ts';
import { BatchEncoder } from './journal-batch.ts';
import type { CommitGroup } from './journal-file.ts';

/** Tells the outcome of one append. */
export type Done = (error?: Error) => void;

interface Waiting {
  readonly done: Done;
  /** Monotonic milliseconds after which it is answered with a timeout. */
  readonly deadline: number;
  /** Known before the commit: this entry was not taken. */
  readonly refusal: Error | undefined;
}

/** The entries of one group commit, encoded, with their callbacks in the order of the appends. */
export class CommitBatch {
  readonly #encoders = new Map<JournalStream, BatchEncoder>();
  readonly #waiting: Waiting[] = [];
  #answered = 0;
  #entries = 0;
  #bytes = 0;

  /** Entries taken, and their encoded length in bytes. */
  get entries(): number {
    return this.#entries;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** True when every callback was called. */
  get isAnswered(): boolean {
    return this.#answered === this.#waiting.length;
  }
  /** When the next callback is due at the latest, monotonic milliseconds. */
  get deadline(): number | undefined {
    return this.#waiting[this.#answered]?.deadline;
  }

  /** Takes the entry; `capacity` is the buffer size to begin a stream with. Answers its encoded length. */
  add(
    stream: JournalStream,
    entry: JournalEntry,
    wait: { readonly done: Done; readonly deadline: number; readonly capacity: number },
  ): number {
    let encoder = this.#encoders.get(stream);
    if (encoder === undefined) {
      encoder = new BatchEncoder('arrivals', stream, wait.capacity);
      this.#encoders.set(stream, encoder);
    }
    const before = encoder.length;
    encoder.add(entry);
    const bytes = encoder.length - before;
    this.#entries += 1;
    this.#bytes += bytes;
    this.#waiting.push({ done: wait.done, deadline: wait.deadline, refusal: undefined });
    return bytes;
  }

  /** Only keeps the callback's place in the order. */
  refuse(done: Done, deadline: number, refusal: Error): void {
    this.#waiting.push({ done, deadline, refusal });
  }

  /** The batches to commit; the group is closed by this. */
  finish(): CommitGroup {
    const group: Partial<Record<JournalStream, Uint8Array>> = {};
    for (const [stream, encoder] of this.#encoders) group[stream] = encoder.finish();
    return group;
  }

  /** Calls every callback that was not called yet. */
  answer(call: (done: Done, error: Error | undefined) => void, error?: Error): void {
    this.answerDue(Infinity, call, error);
  }

  /** Calls the callbacks whose deadline has come, in order. */
  answerDue(now: number, call: (done: Done, error: Error | undefined) => void, error?: Error): void {
    for (;;) {
      const next = this.#waiting[this.#answered];
      if (next === undefined || next.deadline > now) return;
      this.#answered += 1;
      call(next.done, next.refusal ?? error);
    }
  }
}
