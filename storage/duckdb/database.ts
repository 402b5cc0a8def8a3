import { existsSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';

import { messageOf } from '../../domain/errors.ts';
import { TELEMETRY_FILE } from './telemetry-schema.ts';

export interface DatabaseOptions {
  readonly directory: string;
  /** What DuckDB's buffers may take, MiB. */
  readonly memoryLimitMiB: number;
  readonly threads: number;
}

/** Called with the bytes that were copied so far. */
export type CopyProgress = (bytes: number) => void | Promise<void>;

/** The most rows of one chunk that DuckDB takes. */
const CHUNK_ROWS = 2_048;
const MIB = 1024 * 1024;
const COPY_BYTES = MIB;

/** The file with one connection for writing and some for reading. Nothing of it may be used after `close`. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #directory: string;
  readonly #file: FileHandle;
  readonly writer: Connection;
  readonly readers: readonly Connection[];

  private constructor(
    parts: { readonly instance: DuckDBInstance; readonly directory: string; readonly file: FileHandle },
    connections: readonly Connection[],
  ) {
    const [writer, ...readers] = connections;
    if (writer === undefined) throw new RangeError('A database needs a connection.');
    this.#instance = parts.instance;
    this.#directory = parts.directory;
    this.#file = parts.file;
    this.writer = writer;
    this.readers = readers;
  }

  /** Opens or creates the file and replays its log. Throws what DuckDB throws. */
  static async open(options: DatabaseOptions, readerCount: number): Promise<Database> {
    mkdirSync(options.directory, { recursive: true });
    const instance = await DuckDBInstance.create(join(options.directory, TELEMETRY_FILE), {
      memory_limit: `${options.memoryLimitMiB}MiB`,
      threads: String(options.threads),
      temp_directory: join(options.directory, 'telemetry.tmp'),
      // Checkpoints are made between commits and never by one: one that fails makes DuckDB give the file up, and
      // then nobody would know whether the commit happened.
      wal_autocheckpoint: '1TiB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connections: Connection[] = [];
    for (let count = 0; count <= readerCount; count += 1) {
      connections.push(new Connection(await instance.connect()));
    }
    const file = await open(join(options.directory, TELEMETRY_FILE), 'r');
    return new Database({ instance, directory: options.directory, file }, connections);
  }

  /** Bytes of the log since the last checkpoint. */
  get logBytes(): number {
    const file = join(this.#directory, `${TELEMETRY_FILE}.wal`);
    return existsSync(file) ? statSync(file).size : 0;
  }

  get fileBytes(): number {
    const file = join(this.#directory, TELEMETRY_FILE);
    return (existsSync(file) ? statSync(file).size : 0) + this.logBytes;
  }

  /** False when a checkpoint would probably not find the space it needs. */
  get hasRoomForCheckpoint(): boolean {
    const { bavail, bsize } = statfsSync(this.#directory);
    return bavail * bsize > 2 * this.logBytes + 8 * MIB;
  }

  async checkpoint(): Promise<void> {
    await this.writer.run('CHECKPOINT');
  }

  /**
   * Copies the file as the last checkpoint left it: until the next one DuckDB appends to its log only, and writes no
   * block that is in use. The copy is on stable storage when this resolves. Stops
   * where `onProgress` throws.
   */
  async copyTo(path: string, onProgress: CopyProgress): Promise<void> {
    const copy = await open(path, 'wx', 0o600);
    try {
      const { size } = await this.#file.stat();
      const buffer = Buffer.allocUnsafe(COPY_BYTES);
      for (let at = 0; at < size;) {
        const { bytesRead } = await this.#file.read(buffer, 0, Math.min(COPY_BYTES, size - at), at);
        if (bytesRead === 0) break;
        await copy.write(buffer, 0, bytesRead, at);
        at += bytesRead;
        await onProgress(at);
      }
      await copy.sync();
    } finally {
      await copy.close();
    }
  }

  /** Nothing may be running. What is in the log stays there unless a checkpoint was made before. */
  async close(): Promise<void> {
    // It would be made without looking at the space left.
    await this.writer.run('PRAGMA disable_checkpoint_on_shutdown').catch(() => undefined);
    for (const connection of [this.writer, ...this.readers]) connection.close();
    this.#instance.closeSync();
    // Last: closing any handle of a file lets go of this process' locks on it, also of those that DuckDB holds.
    await this.#file.close();
  }
}

/** Columns to append: all of `count` rows, values by type; NaN stands for NULL. */
export type AppendColumn =
  | { readonly type: DuckDBType; readonly numbers: ArrayLike<number>; readonly nullable?: boolean }
  | { readonly type: DuckDBType; readonly values: readonly DuckDBValue[] };

/** One connection. Statements on it must not overlap. */
export class Connection {
  readonly #connection: DuckDBConnection;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  async run(sql: string, values?: DuckDBValue[]): Promise<void> {
    await this.#connection.run(sql, values);
  }

  /** The result's columns as numbers; NULL is NaN. Select 64-bit integers as DOUBLE: they arrive faster. */
  async numbers(sql: string): Promise<{ readonly count: number; readonly columns: readonly Float64Array[] }> {
    const result = await this.#connection.run(sql);
    const count = result.rowCount;
    const columns = Array.from({ length: result.columnCount }, () => new Float64Array(count));
    let at = 0;
    for (let index = 0; index < result.chunkCount; index += 1) {
      const chunk = result.getChunk(index);
      const rows = chunk.rowCount;
      for (const [which, column] of columns.entries()) {
        const vector = chunk.getColumnVector(which);
        for (let row = 0; row < rows; row += 1) {
          const item = vector.getItem(row);
          column[at + row] = item === null ? Number.NaN : Number(item);
        }
      }
      at += rows;
    }
    return { count, columns };
  }

  async rows(sql: string): Promise<readonly (readonly DuckDBValue[])[]> {
    return (await this.#connection.run(sql)).getRows();
  }

  /** Appends rows to a table of the file, or to a temporary one of this connection. */
  async append(
    table: string,
    columns: readonly AppendColumn[],
    count: number,
    catalog: 'temp' | null = null,
  ): Promise<void> {
    if (count === 0) return;
    const types = columns.map(column => column.type);
    const appender = await this.#connection.createAppender(table, 'main', catalog);
    try {
      for (let from = 0; from < count; from += CHUNK_ROWS) {
        const rows = Math.min(CHUNK_ROWS, count - from);
        const chunk = DuckDBDataChunk.create(types, rows);
        for (const [which, column] of columns.entries()) fillVector(chunk, which, { column, from, rows });
        appender.appendDataChunk(chunk);
      }
      appender.flushSync();
    } catch (error) {
      // What is left in an appender would be written when it closes, outside of any transaction.
      appender.clear();
      throw error;
    } finally {
      appender.closeSync();
    }
  }

  close(): void {
    this.#connection.closeSync();
  }
}

function fillVector(
  chunk: DuckDBDataChunk,
  which: number,
  part: { readonly column: AppendColumn; readonly from: number; readonly rows: number },
): void {
  const vector = chunk.getColumnVector(which);
  const { column, from, rows } = part;
  if ('values' in column) {
    for (let row = 0; row < rows; row += 1) vector.setItem(row, column.values[from + row] ?? null);
  } else if (column.nullable === true) {
    for (let row = 0; row < rows; row += 1) {
      const value = column.numbers[from + row] ?? Number.NaN;
      vector.setItem(row, Number.isNaN(value) ? null : value);
    }
  } else {
    for (let row = 0; row < rows; row += 1) vector.setItem(row, column.numbers[from + row] ?? 0);
  }
  vector.flush();
}

/** True when DuckDB gave the whole file up and it has to be opened anew. */
export function isDatabaseLost(error: unknown): boolean {
  const message = messageOf(error);
  return message.startsWith('FATAL Error') || message.includes('database has been invalidated');
}
