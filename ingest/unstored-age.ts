import type { Cursors, JournalBatch, JournalStream } from '../domain/ports/journal.ts';
import type { EpochMs } from '../domain/time/instant.ts';

/** Batches that were read together: the last of them, and when their first message was received. */
interface Taken {
  readonly seq: number;
  readonly received: EpochMs;
}

/** Remembers when the messages were received that are read from the journal and not yet durable in the store. */
export class UnstoredAge {
  readonly #taken: Record<JournalStream, Taken[]> = { live: [], backlog: [] };

  /** Batches of one stream, as they were read together. Those the store has meanwhile made durable are forgotten. */
  took(stream: JournalStream, batches: readonly JournalBatch[], committed: Cursors): void {
    this.#forget(committed);
    const seq = batches.at(-1)?.seq;
    const received = batches[0]?.entries[0]?.received;
    if (seq !== undefined && received !== undefined) this.#taken[stream].push({ seq, received });
  }

  /** When the oldest of them was received; `undefined` when all that was read is durable. */
  oldest(committed: Cursors): EpochMs | undefined {
    this.#forget(committed);
    const [live, backlog] = [this.#taken.live[0]?.received, this.#taken.backlog[0]?.received];
    if (live === undefined || backlog === undefined) return live ?? backlog;
    return live < backlog ? live : backlog;
  }

  #forget(committed: Cursors): void {
    for (const stream of ['live', 'backlog'] as const) {
      const taken = this.#taken[stream];
      const open = taken.findIndex(({ seq }) => seq > committed[stream]);
      taken.splice(0, open === -1 ? taken.length : open);
    }
  }
}
