import { AppError, messageOf } from '../../domain/errors.ts';
import { Database, isDatabaseLost } from './database.ts';
import type { Connection, CopyProgress, DatabaseOptions } from './database.ts';

const READERS = 2;
/** A checkpoint is made once the log is longer than this, bytes: it bounds the log, and the replay after a crash. */
const LOG_BYTES = 16 * 1024 * 1024;

/**
 * Lends the connections of the file: one for writing, a few for reading. When DuckDB gives the file up (a checkpoint
 * ran out of space) it is closed and opened anew, without the process having to end.
 */
export class DatabaseKeeper {
  readonly #options: DatabaseOptions;
  #database: Database | undefined;
  #idle: Connection[] = [];
  readonly #waiting: {
    readonly resolve: (connection: Connection) => void;
    readonly reject: (e: Error) => void;
  }[] = [];
  #lent = 0;
  #allBack: (() => void) | undefined;
  #lost = false;
  #closed = false;
  #reopening: Promise<void> | undefined;
  #writes: Promise<unknown> = Promise.resolve();
  #isCopying = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  get fileBytes(): number {
    return this.#database?.fileBytes ?? 0;
  }

  async open(): Promise<void> {
    this.#database = await Database.open(this.#options, READERS);
    this.#idle = [...this.#database.readers];
    this.#lost = false;
  }

  /** Runs a read on a connection of its own; waits for one when all are at work. */
  async read<Result>(run: (connection: Connection) => Promise<Result>): Promise<Result> {
    await this.#healthy();
    const connection =
      this.#idle.pop() ??
      (await new Promise<Connection>((resolve, reject) => this.#waiting.push({ resolve, reject })));
    return await this.#lend(connection, run, () => {
      const next = this.#lost ? undefined : this.#waiting.shift();
      if (next === undefined) this.#idle.push(connection);
      else next.resolve(connection);
    });
  }

  /** Runs a write, after those that were asked for before. */
  write<Result>(run: (connection: Connection) => Promise<Result>): Promise<Result> {
    const write = this.#writes.then(async () => {
      const { writer } = await this.#healthy();
      return await this.#lend(writer, run, () => undefined);
    });
    this.#writes = write.catch(() => undefined);
    return write;
  }

  /**
   * Copies the file, as it is between two writes, to a path where nothing is. Writes wait for one checkpoint and not for
   * the copy. Rejects with `conflict` while another copy is being made. `onProgress` hears the bytes copied so far.
   */
  async copyTo(path: string, onProgress: CopyProgress = () => undefined): Promise<void> {
    if (this.#isCopying) throw new AppError('conflict', 'The telemetry file is being copied already.');
    this.#isCopying = true;
    try {
      const database = await this.write(() => this.#checkpointWhole());
      await this.#lend(
        database.writer,
        () =>
          database.copyTo(path, async bytes => {
            await onProgress(bytes);
            // A file that is closed, or opened anew, is no longer the one whose copy was begun.
            if (this.#closed || this.#lost) {
              throw unavailable('The telemetry file was closed while it was copied.');
            }
          }),
        () => undefined,
      );
    } finally {
      this.#isCopying = false;
    }
  }

  /** To be called between writes. Where there is no room for it, the log has to grow. */
  async checkpointWhenDue(): Promise<void> {
    const database = this.#database;
    if (database === undefined || this.#isCopying) return;
    if (database.logBytes < LOG_BYTES || !database.hasRoomForCheckpoint) return;
    await this.write(async () => {
      // A copy may have begun while this one waited; its checkpoint was as good.
      if (!this.#isCopying) await database.checkpoint();
    });
  }

  /** Ends what was lent, makes a last checkpoint where there is room, and closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#reopening?.catch(() => undefined);
    const database = this.#database;
    if (database === undefined) return;
    this.#database = undefined;
    this.#rejectWaiting();
    await this.#returned();
    // What is not checkpointed is in the log and comes back at the next start.
    if (!this.#lost && database.hasRoomForCheckpoint) await database.checkpoint().catch(() => undefined);
    await database.close();
  }

  /** After it the file holds everything, and its log nothing. */
  async #checkpointWhole(): Promise<Database> {
    const database = this.#database;
    if (database === undefined) throw unavailable('The telemetry file was closed.');
    if (!database.hasRoomForCheckpoint) {
      throw unavailable(
        'The telemetry file cannot be copied: there is no space for the checkpoint before it.',
      );
    }
    await database.checkpoint();
    if (database.logBytes > 0) throw unavailable('The log of the telemetry file could not be written back.');
    return database;
  }

  async #lend<Result>(
    connection: Connection,
    run: (connection: Connection) => Promise<Result>,
    giveBack: () => void,
  ): Promise<Result> {
    this.#lent += 1;
    try {
      return await run(connection);
    } catch (error) {
      if (!isDatabaseLost(error)) throw error;
      this.#lost = true;
      this.#rejectWaiting();
      throw unavailable(messageOf(error), error);
    } finally {
      this.#lent -= 1;
      giveBack();
      if (this.#lent === 0) this.#allBack?.();
    }
  }

  async #healthy(): Promise<Database> {
    if (this.#lost && !this.#closed) {
      this.#reopening ??= this.#reopen().finally(() => (this.#reopening = undefined));
      await this.#reopening;
    }
    if (this.#database === undefined) {
      throw new AppError('shutting_down', 'The telemetry store is not open.', { retryable: true });
    }
    return this.#database;
  }

  async #reopen(): Promise<void> {
    await this.#returned();
    const old = this.#database;
    this.#database = undefined;
    await old?.close();
    try {
      await this.open();
    } catch (error) {
      throw unavailable(`The telemetry file cannot be opened again: ${messageOf(error)}`, error);
    }
  }

  async #returned(): Promise<void> {
    while (this.#lent > 0) await new Promise<void>(resolve => (this.#allBack = resolve));
  }

  #rejectWaiting(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(unavailable('The telemetry file was closed.'));
  }
}

function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('store_unavailable', message, { retryable: true, cause });
}
