import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import {
  appendDurably,
  journalContract,
  journalEntry,
  readAll,
} from '../../test/harness/journal-contract.ts';
import { SqliteArrivalLog } from './arrival-log.ts';
import { archiveFiles, copyDatabaseFile, makeArchiveFolder } from './database-copy.ts';
import { JournalClient } from './journal-client.ts';
import type { JournalOptions } from './journal-client.ts';
import { createJournalReader } from './journal-reader.ts';
import { JOURNAL_FILE } from './journal-schema.ts';
import { SYSTEM_CLOCK } from '../thread/system-clock.ts';

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'ww-journal-'));
}

for (const recentBytes of [undefined, 0]) {
  const where = recentBytes === undefined ? 'recent batches in memory' : 'every read from the file';
  journalContract(`SQLite journal, ${where}`, async () => {
    const directory = temporaryFolder();
    const journal = new JournalClient({ directory, ...(recentBytes === undefined ? {} : { recentBytes }) });
    await journal.start();
    const reader = createJournalReader(journal.openReader());
    return {
      appender: journal,
      reader,
      arrivals: new SqliteArrivalLog(directory),
      settle: () => journal.archiveNow(),
      close: async () => {
        reader.close();
        await journal.stop();
        rmSync(directory, { recursive: true });
      },
    };
  });
}

describe('JournalClient', () => {
  let directory: string;
  let journal: JournalClient;
  beforeEach(() => {
    directory = temporaryFolder();
  });
  afterEach(async () => {
    await journal.stop();
    rmSync(directory, { recursive: true });
  });
  const start = async (options: Partial<JournalOptions> = {}) => {
    journal = new JournalClient({ directory, ...options });
    await journal.start();
  };
  const append = (text: string) => appendDurably(journal, 'live', journalEntry('S-1', text));
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'ok',
      (error: unknown) => (isAppError(error) ? error.code : 'other'),
    );

  it('commits what came in one turn together, and closes a group at its size', async () => {
    await start({ maxBatchBytes: 10_000 });
    await Promise.all(Array.from({ length: 30 }, () => append('x'.repeat(1_000))));
    const reader = createJournalReader(journal.openReader());
    const sizes = (await readAll(reader, 'live')).map(batch => batch.entries.length);
    expect(sizes).toEqual([10, 10, 10]);
    reader.close();
  });

  it('does not let what came first wait for the end of a long turn', async () => {
    let elapsedMs = 0;
    const clock = { ...SYSTEM_CLOCK, monotonicMs: () => performance.now() + elapsedMs };
    await start({ clock });
    const done = [append('a')];
    elapsedMs += 4;
    done.push(append('b'));
    elapsedMs += 4;
    done.push(append('c'), append('d'));
    await Promise.all(done);
    const reader = createJournalReader(journal.openReader());
    const sizes = (await readAll(reader, 'live')).map(batch => batch.entries.length);
    expect(sizes).toEqual([2, 2]);
    reader.close();
  });

  it('keeps its order and its pace when a callback throws', async () => {
    await start();
    const order: string[] = [];
    const last = new Promise<void>(resolve => {
      journal.append('live', journalEntry('S-1', 'a'), () => {
        order.push('a');
        throw new Error('a mistake of the caller');
      });
      journal.append('live', journalEntry('S-1', 'b'), () => {
        order.push('b');
        resolve();
      });
    });
    await last;
    expect(order).toEqual(['a', 'b']);
  });

  it('refuses an entry that the format cannot hold, and only that one', async () => {
    await start();
    const entry = { ...journalEntry('S-1', 'a'), topic: 'x'.repeat(70_000) };
    const answers = [
      codeOf(append('before')),
      codeOf(appendDurably(journal, 'live', entry)),
      codeOf(append('after')),
    ];
    expect(await Promise.all(answers)).toEqual(['ok', 'invalid_request', 'ok']);
  });

  it('goes on where it stopped: messages, cursors, moves and counts', async () => {
    await start();
    await append('a');
    await append('b');
    let reader = createJournalReader(journal.openReader());
    const parts = (await readAll(reader, 'live')).flatMap(batch => batch.entries);
    const moved = parts.map(entry => ({ ...entry, splitBefore: entry.received }));
    await reader.move(moved);
    await journal.stop();
    expect(await codeOf(reader.read('live', 0, 1))).toBe('worker_failed');
    await start();
    reader = createJournalReader(journal.openReader());
    await reader.move(moved);
    await append('c');
    expect((await readAll(reader, 'backlog')).flatMap(batch => batch.entries)).toHaveLength(2);
    const account = await reader.account({ live: 1, backlog: 0 });
    expect([account.journalled, account.pending, account.stations.get('S-1')]).toEqual([
      3,
      2,
      { journalled: 3, pending: 2 },
    ]);
    reader.close();
  });

  it('moves nothing into the archive while that is held, and copies of both files fit together', async () => {
    await start({ consumers: ['store'] });
    await append('a');
    const reader = createJournalReader(journal.openReader());
    await reader.advance('store', { live: 1, backlog: 0 });
    await journal.archiveNow();
    await append('b');
    await reader.advance('store', { live: 2, backlog: 0 });
    const copy = join(directory, "d'être");
    await journal.withArchiveHeld(async () => {
      await journal.archiveNow();
      makeArchiveFolder(copy);
      copyDatabaseFile(directory, copy, JOURNAL_FILE);
      await append('c');
      for (const name of archiveFiles(directory)) copyDatabaseFile(directory, copy, name);
    });
    expect((await journal.stats()).archivedThrough).toEqual({ live: 1, backlog: 0 });
    await journal.archiveNow();
    expect((await journal.stats()).archivedThrough).toEqual({ live: 2, backlog: 0 });
    const texts: string[] = [];
    for await (const { payload } of new SqliteArrivalLog(copy).messages('live')) {
      texts.push(Buffer.from(payload).toString());
    }
    expect(texts).toEqual(['a', 'b']);
    reader.close();
  });

  it('answers everything and says so when its thread dies', async () => {
    const fatal: unknown[] = [];
    await start({ allowFaults: true, onFatal: error => fatal.push(error) });
    const reader = createJournalReader(journal.openReader());
    await append('before');
    await journal.injectFault('query_only = ON');
    const waiting = [codeOf(append('a')), codeOf(append('b'))];
    // The thread may be gone before its answer has left.
    expect(['ok', 'worker_failed']).toContain(await codeOf(journal.injectFault('crash')));
    expect(await Promise.all(waiting)).toEqual(['journal_failed', 'journal_failed']);
    expect(await codeOf(append('c'))).toBe('journal_failed');
    expect(journal.health().state).toBe('journal_failed');
    expect(fatal).toHaveLength(1);
    expect(await codeOf(reader.read('live', 0, 1))).toBe('worker_failed');
  });

  it('lets nobody inject faults unless it was told to', async () => {
    await start();
    expect(await codeOf(journal.injectFault('query_only = ON'))).toBe('unsupported');
  });
});
