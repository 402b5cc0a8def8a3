import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { JournalStream } from '../../domain/ports/journal.ts';
import { journalEntry } from '../../test/harness/journal-contract.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import type { Database } from './database.ts';
import { BatchEncoder } from './journal-batch.ts';
import { JournalFile } from './journal-file.ts';
import { openJournalDatabase } from './journal-schema.ts';
import { StationCounts } from './station-counts.ts';

const STATIONS = 450;

describe('StationCounts', () => {
  const temporary = temporaryFolder();
  let db: Database;
  let file: JournalFile;
  let counts: StationCounts;

  beforeEach(() => {
    db = openJournalDatabase(temporary.path);
    file = new JournalFile(db);
    counts = new StationCounts(file);
  });
  afterEach(() => {
    file.close();
  });

  const commit = (stream: JournalStream) => {
    const encoder = new BatchEncoder('arrivals', stream);
    for (let index = 0; index < STATIONS; index += 1) encoder.add(journalEntry(`S-${index}`, 'x'));
    const bytes = encoder.finish();
    file.commit({ [stream]: bytes });
    counts.add(bytes);
  };
  const go = () => Promise.resolve();
  /** What a process finds that starts now, without anything the present one has in memory. */
  const found = () => new StationCounts(new JournalFile(db));
  const all = (each: number) => new Map(Array.from({ length: STATIONS }, (_, index) => [`S-${index}`, each]));

  it('finds every count again, whichever step of a checkpoint was the last', async () => {
    for (const stream of ['live', 'backlog', 'live'] as const) commit(stream);
    for (let stopAt = 1; stopAt <= 4; stopAt += 1) {
      let step = 0;
      const checkpoint = counts.checkpoint(() => {
        step += 1;
        // Messages arrive while the checkpoint is being written.
        if (step === 1) commit('backlog');
        return step === stopAt ? Promise.reject(new Error('killed here')) : go();
      });
      await checkpoint.catch(() => undefined);
      // The next one begins as a new process does.
      file = new JournalFile(db);
      counts = new StationCounts(file);
      expect(counts.counts).toEqual(all(3 + stopAt));
    }
  });

  it('says that rows are counted only when every station was written', async () => {
    commit('live');
    await counts.checkpoint(() => Promise.reject(new Error('killed here'))).catch(() => undefined);
    expect(found().countedThrough).toEqual({ live: 0, backlog: 0 });
    await counts.checkpoint(go);
    expect(found().countedThrough).toEqual({ live: 1, backlog: 0 });
  });

  it('tries again what a step could not write', async () => {
    commit('live');
    db.exec('PRAGMA query_only = ON');
    await expect(counts.checkpoint(go)).rejects.toThrow(/readonly/);
    db.exec('PRAGMA query_only = OFF');
    await counts.checkpoint(go);
    expect(db.get<{ sum: number }>('SELECT sum(journalled) AS sum FROM station')?.sum).toBe(STATIONS);
  });
});
