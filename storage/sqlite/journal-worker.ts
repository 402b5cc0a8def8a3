import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { AppError, isAppError } from '../../domain/errors.ts';
import type { Cursors, JournalStream } from '../../domain/ports/journal.ts';
import { sendEvent, serveCalls, Transfer } from '../thread/remote.ts';
import type { Handlers } from '../thread/remote.ts';
import { JournalCore } from './journal-core.ts';
import type { JournalCoreOptions } from './journal-core.ts';
import type { CommitGroup } from './journal-file.ts';
import type { BatchRow } from './recent-batches.ts';
import { isDiskFull, writeFaultOf } from './write-fault.ts';

/** Several rows in one buffer, so that one transfer carries them. */
export interface RowsMessage {
  readonly seqs: readonly number[];
  readonly lengths: readonly number[];
  readonly bytes: Uint8Array;
}

export interface JournalWorkerData extends JournalCoreOptions {
  /** Lets the main thread inject faults; for tests only. */
  readonly allowFaults?: boolean;
}

function rowsMessage(rows: readonly BatchRow[]): Transfer {
  const lengths = rows.map(row => row.bytes.byteLength);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    bytes.set(row.bytes, at);
    at += row.bytes.byteLength;
  }
  const message: RowsMessage = { seqs: rows.map(row => row.seq), lengths, bytes };
  return new Transfer(message, [bytes.buffer]);
}

/** The core's calls for the main thread and for the reader threads. */
function serve(main: MessagePort, options: JournalWorkerData): void {
  let core: JournalCore | undefined;
  const readers = new Set<MessagePort>();
  const opened = (): JournalCore => {
    if (core === undefined)
      throw new AppError('shutting_down', 'The journal is not open.', { retryable: true });
    return core;
  };

  const readerHandlers: Handlers = {
    read: (query: { stream: JournalStream; after: number; maxBytes: number }) =>
      rowsMessage(opened().read(query.stream, query.after, query.maxBytes)),
    move: (bytes: Uint8Array) => opened().move(bytes),
    advance: (told: { consumer: string; cursors: Cursors }) => opened().advance(told.consumer, told.cursors),
    account: (cursors: Cursors) => opened().account(cursors),
  };

  serveCalls(main, {
    start: async () => {
      try {
        core = new JournalCore(options, {
          onCommitted: stream => {
            for (const port of readers) sendEvent(port, 'committed', stream);
          },
          onFault: fault => sendEvent(main, 'fault', fault),
        });
        await core.start();
      } catch (error) {
        if (isAppError(error)) throw error;
        const fault = writeFaultOf(error, () => isDiskFull(options.directory));
        throw new AppError(
          fault?.state ?? 'journal_stalled',
          `The journal cannot be opened: ${fault?.message}`,
          {
            retryable: true,
            cause: error,
          },
        );
      }
    },
    commit: (group: CommitGroup) => opened().commit(group),
    openReader: (port: MessagePort) => {
      readers.add(port);
      port.on('close', () => readers.delete(port));
      serveCalls(port, readerHandlers);
    },
    stats: () => opened().stats(),
    archiveNow: () => opened().archiveNow(),
    holdArchive: () => opened().holdArchive(),
    releaseArchive: () => opened().releaseArchive(),
    fault: (kind: string) => {
      if (options.allowFaults !== true) throw new AppError('unsupported', 'Faults are for tests.');
      if (kind !== 'crash') opened().pragma(kind);
      else {
        setImmediate(() => {
          throw new AppError('worker_failed', 'A test lets the thread crash.');
        });
      }
    },
    stop: async () => {
      const closing = core;
      core = undefined;
      await closing?.stop();
      // The thread ends by itself when nothing holds it any more, after this answer has left.
      setImmediate(() => {
        for (const port of readers) port.close();
        main.unref();
      });
    },
  });
}

if (parentPort !== null) serve(parentPort, workerData as JournalWorkerData);
