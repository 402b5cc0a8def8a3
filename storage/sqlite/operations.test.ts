import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { operationsContract } from '../../test/harness/operations-contract.ts';
import { Database } from './database.ts';
import { OperationsClient } from './operations-client.ts';
import { migrateOperations } from './operations-schema.ts';
import { OPERATIONS_FILE, SqliteOperations } from './operations.ts';

const temporaryFolder = () => mkdtempSync(join(tmpdir(), 'ww-operations-'));
const remove = (directory: string) => {
  rmSync(directory, { recursive: true });
  return Promise.resolve();
};

operationsContract('SqliteOperations', () => {
  const directory = temporaryFolder();
  return {
    open: () => Promise.resolve(new SqliteOperations(join(directory, OPERATIONS_FILE))),
    remove: () => remove(directory),
  };
});

operationsContract('OperationsClient', () => {
  const directory = temporaryFolder();
  return { open: () => OperationsClient.open(directory), remove: () => remove(directory) };
});

describe('the schema of the operations store', () => {
  it('applies only the migrations that are new, and keeps what was there', async () => {
    const directory = temporaryFolder();
    try {
      const path = join(directory, OPERATIONS_FILE);
      const first = new SqliteOperations(path);
      await first.addRefusals([{ principal: '-', reason: 'revoked', count: 1 }]);
      await first.close();
      const db = new Database(path);
      migrateOperations(db, ['this was applied before', 'ALTER TABLE refusal ADD COLUMN note TEXT']);
      expect(db.all('SELECT note FROM refusal')).toHaveLength(1);
      db.close();
      expect(() => new SqliteOperations(path)).toThrow(/schema version 2/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('leaves nothing of a migration that fails', () => {
    const db = new Database(':memory:');
    const halfBroken = 'CREATE TABLE half (a INTEGER) STRICT; CREATE TABLE half (a INTEGER) STRICT;';
    expect(() => migrateOperations(db, [halfBroken])).toThrow(/half/);
    expect(db.all("SELECT name FROM sqlite_schema WHERE name = 'half'")).toEqual([]);
    db.close();
  });

  it('tells that the folder cannot be used instead of hanging', async () => {
    const error: unknown = await OperationsClient.open('/dev/null/nowhere').catch((e: unknown) => e);
    expect(isAppError(error, 'worker_failed')).toBe(true);
  });
});
