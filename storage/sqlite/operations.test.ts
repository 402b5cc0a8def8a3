import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { operationsContract } from '../../test/harness/operations-contract.ts';
import { Database } from './database.ts';
import { OperationsClient } from './operations-client.ts';
import { MIGRATIONS, migrateOperations } from './operations-schema.ts';
import { OPERATIONS_FILE, SqliteOperations } from './operations.ts';

const FIRST_SCHEMA_THINGS = `
  INSERT INTO thing VALUES ('S', 'station', '站', 's', 'b', 22.5, 114.0, 1);
  INSERT INTO thing VALUES ('T', 'station', 't', NULL, NULL, NULL, NULL, 0);
  INSERT INTO thing VALUES ('G', 'gateway', 'g', NULL, NULL, NULL, NULL, NULL);
  INSERT INTO thing VALUES ('U', 'subscriber', 'u', NULL, NULL, NULL, NULL, NULL);
  INSERT INTO datastream VALUES ('S', 1, 'pump_running', '1', NULL, 1000, NULL, NULL);
  INSERT INTO datastream VALUES ('S', 0, 'water_level', NULL, 'D', 60000, -1.5, 2);
  INSERT INTO gateway_station VALUES ('G', 0, 'S');
  INSERT INTO gateway_station VALUES ('G', 1, 'T');
  INSERT INTO subscriber_basin VALUES ('U', 0, 'b');`;

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

describe('the file of the operations store', () => {
  it('can be read by its owner alone, and so can its log', async () => {
    const directory = temporaryFolder();
    try {
      const path = join(directory, OPERATIONS_FILE);
      const operations = new SqliteOperations(path);
      await operations.addRefusals([{ principal: '-', reason: 'revoked', count: 1 }]);
      const modes = [path, `${path}-wal`].map(file => statSync(file).mode & 0o777);
      expect(modes).toEqual([0o600, 0o600]);
      await operations.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('the schema of the operations store', () => {
  it('keeps the things of the first schema as the first version of the registry', async () => {
    const directory = temporaryFolder();
    try {
      const path = join(directory, OPERATIONS_FILE);
      const db = new Database(path);
      migrateOperations(db, MIGRATIONS.slice(0, 1));
      db.exec(FIRST_SCHEMA_THINGS);
      db.close();
      const operations = new SqliteOperations(path);
      const parts = await operations.parts({ newest: true });
      await operations.close();
      expect(parts.map(({ part }) => part)).toStrictEqual([
        { kind: 'gateway', id: 'G', name: 'g', stations: ['S', 'T'] },
        {
          kind: 'station',
          id: 'S',
          name: '站',
          nameEn: 's',
          basin: 'b',
          latitude: 22.5,
          longitude: 114,
          simulated: true,
          datastreams: [
            { property: 'water_level', datum: 'D', intervalMs: 60_000, sensorSpan: [-1.5, 2] },
            { property: 'pump_running', instance: '1', intervalMs: 1_000 },
          ],
        },
        { kind: 'station', id: 'T', name: 't', simulated: false, datastreams: [] },
        { kind: 'subscriber', id: 'U', name: 'u', basins: ['b'] },
      ]);
      expect(parts.every(({ version, validFrom }) => version === 1 && validFrom === 946_684_800_000)).toBe(
        true,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('applies only the migrations that are new, and keeps what was there', () => {
    const db = new Database(':memory:');
    migrateOperations(db, ['CREATE TABLE kept (a INTEGER) STRICT; INSERT INTO kept VALUES (1)']);
    migrateOperations(db, ['this was applied before', 'ALTER TABLE kept ADD COLUMN note TEXT']);
    expect(db.all('SELECT a, note FROM kept').map(row => ({ ...(row as object) }))).toEqual([
      { a: 1, note: null },
    ]);
    db.close();
  });

  it('refuses a file of a later version', async () => {
    const directory = temporaryFolder();
    try {
      const path = join(directory, OPERATIONS_FILE);
      await new SqliteOperations(path).close();
      const db = new Database(path);
      db.exec('PRAGMA user_version = 1000');
      db.close();
      expect(() => new SqliteOperations(path)).toThrow(/schema version 1000/);
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
