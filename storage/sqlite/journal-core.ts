import { statSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import type { Cursors, JournalAccount, JournalStream } from '../../domain/ports/journal.ts';
import { ArchiveFolder, archiveMonths } from './archive-folder.ts';
import { archiveProblem, JournalArchiver } from './journal-archiver.ts';
import { checkCursor, JournalFile } from './journal-file.ts';
import type { CommitGroup } from './journal-file.ts';
import { ARCHIVE_FOLDER, JOURNAL_FILE, openJournalDatabase } from './journal-schema.ts';
import { PendingTally } from './pending-tally.ts';
import type { BatchRow } from './recent-batches.ts';
import { StationCounts } from './station-counts.ts';
import { SYSTEM_CLOCK } from '../thread/system-clock.ts';
import { WriteQueue } from './write-queue.ts';
import { isDiskFull } from './write-fault.ts';
import type { WriteFault } from './write-fault.ts';
import type { Database } from './database.ts';

/** Plain data: it crosses to the worker. */
export interface JournalCoreOptions {
  /** The data directory: `journal.db` and `archive/` are kept in it. */
  readonly directory: string;
  /** Consumers that must have told their cursors before anything leaves the journal; others may join. */
  readonly consumers?: readonly string[];
  /** Raw size of an archive chunk, bytes; default 512 KiB. */
  readonly archiveChunkBytes?: number;
  /** Smaller chunks are made of messages older than this, milliseconds; default 10 minutes. */
  readonly archiveLingerMs?: number;
  /** How often the archiver looks for work, milliseconds; default 10 s. */
  readonly archiveIntervalMs?: number;
  /** Recent batches kept in memory for readers, bytes; default 16 MiB. */
  readonly recentBytes?: number;
}

export interface JournalStats {
  readonly journalled: number;
  readonly lastSeq: Cursors;
  readonly archivedThrough: Cursors;
  /** Size of the journal with its write-ahead log. */
  readonly bytes: number;
  /** Monthly files of the archive. */
  readonly archiveFiles: number;
  /** Why the archiver's last run failed; absent when it did not. */
  readonly archiveError?: string;
}

export interface JournalEvents {
  readonly onCommitted: (stream: JournalStream) => void;
  readonly onFault: (fault: WriteFault | undefined) => void;
}

/** Readers get no more than this at a time, bytes: a copy of it crosses threads while commits wait. */
const MAX_READ_BYTES = 4 * 1024 * 1024;

const pause = () => new Promise<void>(resolve => setImmediate(resolve));

/** The whole journal of one data directory in one thread. Every method but `start` belongs between start and stop. */
export class JournalCore {
  readonly #options: JournalCoreOptions;
  readonly #events: JournalEvents;
  readonly #db: Database;
  readonly #file: JournalFile;
  readonly #counts: StationCounts;
  readonly #tally: PendingTally;
  readonly #archive: ArchiveFolder;
  readonly #archiver: JournalArchiver;
  readonly #queue: WriteQueue;
  #archiving: Promise<void> = Promise.resolve();
  #archiveError: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Opens and recovers the journal. Throws AppErrors and what SQLite throws. */
  constructor(options: JournalCoreOptions, events: JournalEvents) {
    this.#options = options;
    this.#events = events;
    const { directory, recentBytes } = options;
    const folder = join(directory, ARCHIVE_FOLDER);
    this.#db = openJournalDatabase(directory);
    try {
      this.#file = new JournalFile(this.#db, recentBytes === undefined ? {} : { recentBytes });
      this.#counts = new StationCounts(this.#file);
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#tally = new PendingTally(this.#file, this.#counts.counts);
    this.#archive = new ArchiveFolder(folder);
    this.#archiver = new JournalArchiver(
      { file: this.#file, archive: this.#archive, counts: this.#counts, tally: this.#tally },
      {
        chunkBytes: options.archiveChunkBytes ?? 512 * 1024,
        lingerMs: options.archiveLingerMs ?? 600_000,
        consumers: options.consumers ?? [],
        folder,
        now: () => SYSTEM_CLOCK.now(),
        monotonicMs: () => SYSTEM_CLOCK.monotonicMs(),
        pause,
      },
    );
    this.#queue = new WriteQueue({
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      onFault: fault => this.#events.onFault(fault),
      isDiskFull: () => isDiskFull(directory),
    });
  }

  async start(): Promise<void> {
    await this.#archiver.start();
    this.#timer = setInterval(() => {
      void this.#archiveOnce(false).catch(() => undefined); // Kept in the stats, tried again next time.
    }, this.#options.archiveIntervalMs ?? 10_000);
  }

  /** Resolves when the group is durable, however long the disk refuses. */
  async commit(group: CommitGroup): Promise<void> {
    await this.#queue.submit(() => {
      this.#file.commit(group);
      // In the same turn, so that an account never sees the one without the other.
      for (const bytes of [group.live, group.backlog]) if (bytes !== undefined) this.#counts.add(bytes);
    });
    for (const stream of ['live', 'backlog'] as const) {
      if (group[stream] !== undefined) this.#events.onCommitted(stream);
    }
  }

  async move(bytes: Uint8Array): Promise<void> {
    await this.#queue.submit(() => this.#file.move(bytes));
    this.#events.onCommitted('backlog');
  }

  read(stream: JournalStream, after: number, maxBytes: number): readonly BatchRow[] {
    checkCursor(stream, after, this.#file.lastSeq[stream]);
    return this.#file.read(stream, after, Math.min(maxBytes, MAX_READ_BYTES));
  }

  advance(consumer: string, cursors: Cursors): void {
    this.#archiver.advance(consumer, cursors);
  }

  account(cursors: Cursors): Promise<JournalAccount> {
    return this.#tally.account(cursors, pause);
  }

  /** Moves everything that all consumers have passed into the archive, now. */
  archiveNow(): Promise<void> {
    return this.#archiveOnce(true);
  }

  /** Resolves when nothing moves into the archive any more, until `releaseArchive`: both can be copied then. */
  async holdArchive(): Promise<void> {
    this.#archiver.hold();
    await this.#archiving.catch(() => undefined);
  }

  releaseArchive(): void {
    this.#archiver.release();
  }

  stats(): JournalStats {
    const { directory } = this.#options;
    return {
      journalled: this.#file.lastPosition,
      lastSeq: this.#file.lastSeq,
      archivedThrough: this.#archiver.archivedThrough,
      bytes: sizeOf(join(directory, JOURNAL_FILE)) + sizeOf(join(directory, `${JOURNAL_FILE}-wal`)),
      archiveFiles: archiveMonths(join(directory, ARCHIVE_FOLDER)).length,
      ...(this.#archiveError === undefined ? {} : { archiveError: this.#archiveError }),
    };
  }

  /** For fault tests only: runs a PRAGMA on the journal's connection. */
  pragma(text: string): void {
    this.#db.exec(`PRAGMA ${text}`);
  }

  /** Ends the archiver's step, gives up writes that the disk still refuses, and closes the files. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#archiver.stop();
    await this.#archiving.catch(() => undefined);
    this.#queue.abandon(new AppError('shutting_down', 'The journal is closing.', { retryable: true }));
    // Only spares the next start a scan: where the disk refuses it, the rows are still there.
    await this.#counts.checkpoint(pause).catch(() => undefined);
    this.#archive.close();
    this.#file.close();
  }

  #archiveOnce(everything: boolean): Promise<void> {
    const run = this.#archiving
      .catch(() => undefined)
      .then(async () => {
        // While the disk refuses commits it would refuse this too.
        if (this.#queue.isIdle || everything) await this.#archiver.run(everything);
      });
    this.#archiving = run;
    return run.then(
      () => {
        this.#archiveError = undefined;
      },
      (error: unknown) => {
        this.#archiveError = archiveProblem(error);
        throw error;
      },
    );
  }
}

/** Bytes of a file, 0 where there is none. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
