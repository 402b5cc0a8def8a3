import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { builtModule } from '../thread/built-module.ts';
import { Database, sqliteCodeOf } from './database.ts';

/** Runs code in a Node process with a callable garbage collector. */
function runWithGc(code: string): {
  readonly status: number | null;
  readonly signal: string | null;
  readonly out: string;
} {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const args = ['--expose-gc', '--input-type=module', '-e', code];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, signal, out: stdout + stderr };
}

const COLLECT = `
  const collect = async () => {
    for (let i = 0; i < 20; i += 1) {
      globalThis.gc();
      await new Promise(resolve => setImmediate(resolve));
    }
  };`;

const temporary = temporaryFolder();

describe('Database', () => {
  it('survives garbage collection after its owner was forgotten', () => {
    const url = builtModule(import.meta.url, 'database', '../..').href;
    const { status, signal, out } = runWithGc(`
      import { Database } from '${url}';
      ${COLLECT}
      const makeInsert = () => {
        const db = new Database(':memory:');
        db.exec('CREATE TABLE t (a INTEGER) STRICT');
        // Only a function that uses a statement stays reachable.
        return a => db.run('INSERT INTO t VALUES (?)', [a]);
      };
      const inserts = Array.from({ length: 20 }, makeInsert);
      for (let round = 0; round < 5; round += 1) {
        await collect();
        for (const insert of inserts) insert(round);
      }
      let forgotten = new Database(':memory:');
      forgotten.get('SELECT 1');
      const reference = new WeakRef(forgotten);
      forgotten = undefined;
      await collect();
      console.log(reference.deref() === undefined ? 'freed too early' : 'kept while open');
      reference.deref()?.close();
      await collect();
      console.log(reference.deref() === undefined ? 'freed after close' : 'leaked');
    `);
    expect({ status, signal, out }).toEqual({
      status: 0,
      signal: null,
      out: 'kept while open\nfreed after close\n',
    });
  });

  it('rolls back when the work throws, and can be used again', () => {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT');
    expect(() =>
      db.transaction(() => {
        db.run('INSERT INTO t VALUES (1)');
        db.run('INSERT INTO t VALUES (1)');
      }),
    ).toThrow(/UNIQUE/);
    db.transaction(() => db.run('INSERT INTO t VALUES (2)'));
    expect(db.all<{ a: number }>('SELECT a FROM t').map(row => row.a)).toEqual([2]);
    db.close();
  });

  it('copies itself for its owner alone, and over nothing', () => {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE t (a INTEGER) STRICT; INSERT INTO t VALUES (1)');
    const path = join(temporary.path, "it's a copy.db");
    db.copyTo(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(() => db.copyTo(path)).toThrow(/EEXIST/);
    db.close();
    const copy = new Database(path);
    expect(copy.all('SELECT a FROM t')).toEqual([{ a: 1 }]);
    copy.close();
  });

  it('tells the primary code of an error, and none for errors that are not of SQLite', () => {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT; PRAGMA query_only = ON');
    const codeOf = (work: () => void) => {
      try {
        work();
        return 'none';
      } catch (error) {
        return sqliteCodeOf(error);
      }
    };
    expect(codeOf(() => db.run('INSERT INTO t VALUES (1)'))).toBe(8);
    expect(sqliteCodeOf(new Error('other'))).toBeUndefined();
    expect(sqliteCodeOf(undefined)).toBeUndefined();
    db.close();
    db.close();
  });
});
