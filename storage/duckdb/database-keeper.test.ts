import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { DatabaseKeeper } from './database-keeper.ts';
import type { Connection } from './database.ts';
import { TELEMETRY_FILE } from './telemetry-schema.ts';

const MIB = 1024 * 1024;
const folder = temporaryFolder();
let keeper: DatabaseKeeper;
const count = async (connection: Connection) =>
  (await connection.numbers('SELECT count(*)::DOUBLE FROM kept')).columns[0]?.[0];
const lose = () => Promise.reject(new Error('FATAL Error: Failed to create checkpoint'));
const isUnavailable = (promise: Promise<unknown>) =>
  promise.then(
    () => false,
    (error: unknown) => isAppError(error, 'store_unavailable') && error.retryable,
  );

beforeEach(async () => {
  keeper = new DatabaseKeeper({ directory: folder.path, memoryLimitMiB: 64, threads: 1 });
  await keeper.open();
  await keeper.write(connection => connection.run('CREATE TABLE kept AS SELECT 1'));
});
afterEach(() => keeper.close());

describe('DatabaseKeeper', () => {
  it('opens the file anew after DuckDB gave it up, and finds what was committed', async () => {
    expect(await isUnavailable(keeper.write(lose))).toBe(true);
    expect(await keeper.read(count)).toBe(1);
    await keeper.write(connection => connection.run('INSERT INTO kept VALUES (2)'));
    expect(await keeper.read(count)).toBe(2);
    expect(await isUnavailable(keeper.read(lose))).toBe(true);
    expect(await keeper.write(count)).toBe(2);
  });

  it('lets reads that are under way end before it opens the file anew', async () => {
    let release: () => void = () => undefined;
    const blocked = new Promise<void>(resolve => (release = resolve));
    const slow = keeper.read(async connection => {
      await blocked;
      return await count(connection);
    });
    expect(await isUnavailable(keeper.write(lose))).toBe(true);
    const next = keeper.read(count);
    release();
    expect([await slow, await next]).toEqual([1, 1]);
  });

  it('lends a connection to one read at a time, and each that waits gets its turn', async () => {
    let atWork = 0;
    let most = 0;
    const reads = Array.from({ length: 20 }, () =>
      keeper.read(async connection => {
        most = Math.max(most, (atWork += 1));
        const rows = await count(connection);
        atWork -= 1;
        return rows;
      }),
    );
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 20 }, () => 1));
    expect(most).toBe(2);
  });

  it('rejects reads that wait for a connection when the file is lost, and reads after it was closed', async () => {
    let release: () => void = () => undefined;
    const blocked = new Promise<void>(resolve => (release = resolve));
    const busy = [1, 2].map(() => keeper.read(() => blocked));
    const waiting = isUnavailable(keeper.read(count));
    await isUnavailable(keeper.write(lose));
    expect(await waiting).toBe(true);
    release();
    await Promise.all(busy);
    await keeper.close();
    await expect(keeper.read(count)).rejects.toMatchObject({ code: 'shutting_down' });
  });

  it('copies the file as it was, while rows are written, checkpoints fall due and readers are at work', async () => {
    const sums = async (connection: Connection) =>
      (await connection.numbers('SELECT count(*)::DOUBLE, sum(x) FROM numbers')).columns.map(([sum]) => sum);
    const logBytes = () => statSync(join(folder.path, `${TELEMETRY_FILE}.wal`)).size;
    // Random numbers do not compress: a third of them is more log than a checkpoint waits for.
    await keeper.write(connection =>
      connection.run('CREATE TABLE numbers AS SELECT i, random() AS x FROM range(3600000) AS rows(i)'),
    );
    const before = await keeper.read(sums);
    const grown: number[] = [];
    mkdirSync(join(folder.path, 'copy'));
    const copied = keeper.copyTo(join(folder.path, 'copy', TELEMETRY_FILE), async bytes => {
      // Not in one chunk only: at the beginning, and when half of it is there.
      if (bytes > 2 * MIB && (bytes < 15 * MIB || grown.length > 1)) return;
      const reading = keeper.read(sums);
      await keeper.write(connection =>
        connection.run(
          `UPDATE numbers SET x = random() WHERE i % 3 = ${grown.length % 3}; INSERT INTO kept VALUES (2)`,
        ),
      );
      await keeper.checkpointWhenDue();
      grown.push(logBytes());
      await reading;
    });
    const refused = await keeper.copyTo(join(folder.path, 'other')).catch((error: unknown) => error);
    await copied;
    expect(isAppError(refused, 'conflict')).toBe(true);
    expect(grown.map(bytes => bytes > 16 * MIB)).toEqual([true, true]);
    await keeper.checkpointWhenDue();
    expect(existsSync(join(folder.path, `${TELEMETRY_FILE}.wal`)) ? logBytes() : 0).toBe(0);
    const copy = new DatabaseKeeper({ directory: join(folder.path, 'copy'), memoryLimitMiB: 64, threads: 1 });
    await copy.open();
    try {
      expect(await copy.read(sums)).toEqual(before);
      expect(await copy.read(count)).toBe(1);
    } finally {
      await copy.close();
    }
  });

  it('ends a copy when it closes', async () => {
    await keeper.write(connection =>
      connection.run('CREATE TABLE numbers AS SELECT random() AS x FROM range(2000000)'),
    );
    let closing: Promise<void> | undefined;
    const copied = keeper.copyTo(join(folder.path, 'copy'), () => void (closing ??= keeper.close()));
    expect(await isUnavailable(copied)).toBe(true);
    await closing;
  });
});
