import type { MessagePort } from 'node:worker_threads';

import type {
  Cursors,
  JournalAccount,
  JournalBatch,
  JournalledEntry,
  JournalReader,
  JournalStream,
} from '../../domain/ports/journal.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { Remote } from '../thread/remote.ts';
import { BatchEncoder, decodeBatch } from './journal-batch.ts';
import type { RowsMessage } from './journal-worker.ts';

/**
 * Reads the journal from any thread, through a port that `JournalClient.openReader` gave. Batches are verified and
 * decoded here; their payloads are views of one buffer a read, so copy what is kept for long. After the journal
 * stopped every call rejects with `worker_failed`. A corrupt batch rejects the read with `journal_corrupt`.
 */
export class JournalReaderClient implements JournalReader {
  readonly #port: MessagePort;
  readonly #remote: Remote;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#remote = new Remote(port);
    port.on('close', () => this.#remote.fail('the journal was closed'));
  }

  async read(stream: JournalStream, after: number, maxBytes: number): Promise<readonly JournalBatch[]> {
    const rows = await this.#remote.call<RowsMessage>('read', { stream, after, maxBytes });
    let at = 0;
    return rows.seqs.map((seq, index): JournalBatch => {
      const end = at + (rows.lengths[index] ?? 0);
      const entries = decodeBatch(rows.bytes.subarray(at, end));
      at = end;
      return { stream, seq, entries };
    });
  }

  async move(entries: readonly (JournalledEntry & { readonly splitBefore: EpochMs })[]): Promise<void> {
    if (entries.length === 0) return;
    const encoder = new BatchEncoder('moved', 'backlog', 64 * 1024);
    for (const entry of entries) encoder.add(entry);
    const bytes = encoder.finish();
    await this.#remote.call('move', bytes, [bytes.buffer]);
  }

  async advance(consumer: string, cursors: Cursors): Promise<void> {
    await this.#remote.call('advance', { consumer, cursors });
  }

  account(cursors: Cursors): Promise<JournalAccount> {
    return this.#remote.call('account', cursors);
  }

  onCommitted(listener: (stream: JournalStream) => void): () => void {
    return this.#remote.on('committed', listener);
  }

  /** Lets this thread end; open calls reject. */
  close(): void {
    this.#port.close();
  }
}

/** A reader over a port from `JournalClient.openReader`. */
export function createJournalReader(port: MessagePort): JournalReaderClient {
  return new JournalReaderClient(port);
}
