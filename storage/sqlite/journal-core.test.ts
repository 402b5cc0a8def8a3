import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import type { JournalStream } from '../../domain/ports/journal.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { arrivalsOf, journalEntry } from '../../test/harness/journal-contract.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { SqliteArrivalLog } from './arrival-log.ts';
import { Database } from './database.ts';
import { BatchEncoder, decodeBatch, sealBatch } from './journal-batch.ts';
import { JournalCore } from './journal-core.ts';
import type { JournalCoreOptions } from './journal-core.ts';
import { JournalFile } from './journal-file.ts';
import { openJournalDatabase } from './journal-schema.ts';

const JUNE = Date.UTC(2026, 5, 30, 23, 59, 59, 999);
const JULY = Date.UTC(2026, 6, 1);

const temporary = temporaryFolder();

function batch(stream: JournalStream, texts: readonly string[], received = JUNE): Uint8Array {
  const encoder = new BatchEncoder('arrivals', stream);
  for (const text of texts) encoder.add(journalEntry(`S-${text.slice(0, 1)}`, text, received));
  return encoder.finish();
}

function movedBatch(positions: readonly number[]): Uint8Array {
  const encoder = new BatchEncoder('moved', 'backlog');
  for (const position of positions) {
    encoder.add({ ...journalEntry('S-a', `m${position}`), position, splitBefore: epochMs(5) });
  }
  return encoder.finish();
}

const textsOf = (rows: readonly { readonly bytes: Uint8Array }[]) =>
  rows.flatMap(row => decodeBatch(row.bytes).map(entry => new TextDecoder().decode(entry.payload)));

async function openCore(options: Partial<JournalCoreOptions> = {}): Promise<JournalCore> {
  const core = new JournalCore(
    { directory: temporary.path, archiveIntervalMs: 1_000_000, ...options },
    { onCommitted: () => undefined, onFault: () => undefined },
  );
  await core.start();
  return core;
}

const loggedTexts = async (stream: JournalStream) =>
  (await arrivalsOf(new SqliteArrivalLog(temporary.path), stream)).map(entry =>
    new TextDecoder().decode(entry.payload),
  );

/** Does the work of a transaction, and then fails as if the disk had not answered; `times` times. */
class UnsureDatabase extends Database {
  times = 0;
  override transaction<Result>(work: () => Result): Result {
    const result = super.transaction(work);
    if (this.times === 0) return result;
    this.times -= 1;
    throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
  }
}

describe('JournalFile when the outcome of a write is unknown', () => {
  it('never stores a group twice, whoever reads in between', () => {
    openJournalDatabase(temporary.path).close();
    const db = new UnsureDatabase(join(temporary.path, 'journal.db'));
    const file = new JournalFile(db);
    file.commit({ live: batch('live', ['a']) });
    const group = { live: batch('live', ['b', 'c']), backlog: batch('backlog', ['d']) };
    db.times = 1;
    expect(() => file.commit(group)).toThrow(/I\/O/);
    expect(textsOf(file.read('live', 0, 1_000))).toEqual(['a', 'b', 'c']);
    file.commit(group);
    file.commit({ live: batch('live', ['e']) });
    expect(textsOf(file.read('live', 0, 1_000))).toEqual(['a', 'b', 'c', 'e']);
    expect(textsOf(file.read('backlog', 0, 1_000))).toEqual(['d']);
    expect(file.lastPosition).toBe(5);
    file.close();
  });

  it('never moves twice', () => {
    openJournalDatabase(temporary.path).close();
    const db = new UnsureDatabase(join(temporary.path, 'journal.db'));
    const file = new JournalFile(db);
    file.commit({ live: batch('live', ['a', 'b', 'c']) });
    db.times = 1;
    expect(() => file.move(movedBatch([1, 2]))).toThrow(/I\/O/);
    file.move(movedBatch([1, 2]));
    file.move(movedBatch([2, 3, 3]));
    expect(textsOf(file.read('backlog', 0, 1_000))).toEqual(['m1', 'm2', 'm3']);
    file.commit({ backlog: batch('backlog', ['d']) });
    expect(file.lastPosition).toBe(4);
    file.close();
  });
});

describe('JournalCore over restarts', () => {
  it('has the same messages, positions, moves and counts after any sequence of work and restarts', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('commit' as const), live: fc.nat(3), backlog: fc.nat(3) }),
      fc.record({ do: fc.constant('move' as const), at: fc.nat() }),
      fc.record({ do: fc.constant('archive' as const), live: fc.nat(), backlog: fc.nat() }),
      fc.record({ do: fc.constant('restart' as const), cleanly: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
        const folder = mkdtempSync(join(temporary.path, 'run-'));
        const options = { directory: folder, archiveChunkBytes: 200 };
        let core = await openCore(options);
        const arrived: Record<JournalStream, string[]> = { live: [], backlog: [] };
        const done = { live: 0, backlog: 0 };
        const movedPositions = new Set<number>();
        let total = 0;
        for (const each of steps) {
          if (each.do === 'commit') {
            const group: Partial<Record<JournalStream, Uint8Array>> = {};
            for (const stream of ['live', 'backlog'] as const) {
              if (each[stream] === 0) continue;
              const texts = Array.from(
                { length: each[stream] },
                (_, index) => `${'abc'[index]}${(total += 1)}`,
              );
              arrived[stream].push(...texts);
              group[stream] = batch(stream, texts);
            }
            await core.commit(group);
          } else if (each.do === 'move') {
            const rows = core.read('live', done.live, 1_000_000);
            const positions = rows.flatMap(row => decodeBatch(row.bytes).map(entry => entry.position));
            const position = positions[each.at % Math.max(1, positions.length)];
            if (position === undefined) continue;
            movedPositions.add(position);
            await core.move(movedBatch([position]));
          } else if (each.do === 'archive') {
            const { lastSeq } = core.stats();
            for (const stream of ['live', 'backlog'] as const) {
              done[stream] = Math.max(done[stream], each[stream] % (lastSeq[stream] + 1));
            }
            core.advance('ingest', { ...done });
            await core.archiveNow();
          } else {
            await core.stop();
            core = await openCore(options);
          }
          expect(core.stats().journalled).toBe(total);
        }
        const backlogRows = core.read('backlog', done.backlog, 1_000_000);
        const parts = backlogRows.flatMap(row => decodeBatch(row.bytes)).filter(entry => entry.splitBefore);
        expect(new Set(parts.map(entry => entry.position)).size).toBe(parts.length);
        const account = await core.account(done);
        const pendingTexts = (['live', 'backlog'] as const).flatMap(stream =>
          core
            .read(stream, done[stream], 1_000_000)
            .flatMap(row => decodeBatch(row.bytes))
            .filter(entry => entry.splitBefore === undefined),
        );
        expect([account.journalled, account.pending]).toEqual([total, pendingTexts.length]);
        const journalled = [...account.stations.values()].reduce((sum, counts) => sum + counts.journalled, 0);
        const pending = [...account.stations.values()].reduce((sum, counts) => sum + counts.pending, 0);
        expect([journalled, pending]).toEqual([total, pendingTexts.length]);
        const positions: number[] = [];
        for (const stream of ['live', 'backlog'] as const) {
          const entries = await arrivalsOf(new SqliteArrivalLog(folder), stream);
          expect(entries.map(entry => new TextDecoder().decode(entry.payload))).toEqual(arrived[stream]);
          positions.push(...entries.map(entry => entry.position));
        }
        expect(positions.sort((a, b) => a - b)).toEqual(
          Array.from({ length: total }, (_, index) => index + 1),
        );
        await core.stop();
      }),
      { numRuns: 40 },
    );
  });

  it('reads the arrival log of a closed and of an empty data directory', async () => {
    expect(await loggedTexts('live')).toEqual([]);
    const core = await openCore();
    await core.commit({ live: batch('live', ['a']) });
    await core.stop();
    expect(await loggedTexts('live')).toEqual(['a']);
  });
});

describe('the archive', () => {
  it('keeps one file a month, by UTC, and reads them in order of position', async () => {
    const core = await openCore();
    await core.commit({ live: batch('live', ['a']) });
    await core.commit({ live: batch('live', ['b'], JULY) });
    // The wall clock was set back.
    await core.commit({ live: batch('live', ['c']) });
    await core.commit({ live: batch('live', ['d'], JULY), backlog: batch('backlog', ['e'], JULY) });
    core.advance('ingest', { live: 4, backlog: 1 });
    await core.archiveNow();
    expect(core.stats().archivedThrough).toEqual({ live: 4, backlog: 1 });
    expect(core.read('live', 4, 1_000)).toEqual([]);
    await core.commit({ live: batch('live', ['f']) });
    expect(await loggedTexts('live')).toEqual(['a', 'b', 'c', 'd', 'f']);
    expect(await loggedTexts('backlog')).toEqual(['e']);
    await core.stop();
    const files = readdirSync(join(temporary.path, 'archive'));
    expect(files.filter(name => name.endsWith('.db'))).toEqual(['arrival-2026-06.db', 'arrival-2026-07.db']);
    // A file can be copied by itself: nothing is left in its write-ahead log.
    const logs = files.filter(name => name.endsWith('-wal'));
    expect(logs.map(name => statSync(join(temporary.path, 'archive', name)).size)).toEqual(logs.map(() => 0));
  });

  it('waits for every consumer that it was told of, and for the slowest', async () => {
    const core = await openCore({ consumers: ['ingest', 'sink'] });
    for (const text of ['a', 'b', 'c']) await core.commit({ live: batch('live', [text]) });
    core.advance('ingest', { live: 3, backlog: 0 });
    await core.archiveNow();
    expect(core.stats().archivedThrough.live).toBe(0);
    core.advance('sink', { live: 2, backlog: 0 });
    await core.archiveNow();
    expect(core.stats().archivedThrough.live).toBe(2);
    expect(textsOf(core.read('live', 0, 1_000))).toEqual(['c']);
    await core.stop();
  });

  it('lets few and young messages linger, and packs them at last', async () => {
    const core = await openCore({ archiveIntervalMs: 5, archiveLingerMs: 1_000_000_000 });
    await core.commit({ live: batch('live', ['a'], Date.now()) });
    core.advance('ingest', { live: 1, backlog: 0 });
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(existsSync(join(temporary.path, 'archive'))).toBe(false);
    await core.commit({ live: batch('live', ['b'.repeat(600_000)], Date.now()) });
    core.advance('ingest', { live: 2, backlog: 0 });
    await expect.poll(() => core.stats().archivedThrough.live, { timeout: 5_000 }).toBe(2);
    await core.stop();
  });

  it('deletes what it had archived before a cut, and archives it once', async () => {
    let core = await openCore();
    for (const text of ['a', 'b']) await core.commit({ live: batch('live', [text]) });
    await core.stop();
    copyFileSync(join(temporary.path, 'journal.db'), join(temporary.path, 'before.db'));
    core = await openCore();
    core.advance('ingest', { live: 2, backlog: 0 });
    await core.archiveNow();
    await core.stop();
    // As if the process had ended after the archive's commit and before the journal's.
    copyFileSync(join(temporary.path, 'before.db'), join(temporary.path, 'journal.db'));
    expect(await loggedTexts('live')).toEqual(['a', 'b']);
    core = await openCore();
    expect(core.read('live', 0, 1_000)).toEqual([]);
    await core.commit({ live: batch('live', ['c']) });
    expect((await core.account({ live: 2, backlog: 0 })).stations.get('S-a')?.journalled).toBe(1);
    expect(await loggedTexts('live')).toEqual(['a', 'b', 'c']);
    await core.stop();
  });

  it('refuses to start over a journal that holds other messages than its archive', async () => {
    let core = await openCore();
    await core.commit({ live: batch('live', ['a']) });
    await core.stop();
    copyFileSync(join(temporary.path, 'journal.db'), join(temporary.path, 'other.db'));
    rmSync(join(temporary.path, 'journal.db'));
    core = await openCore();
    await core.commit({ live: batch('live', ['x']) });
    core.advance('ingest', { live: 1, backlog: 0 });
    await core.archiveNow();
    await core.stop();
    copyFileSync(join(temporary.path, 'other.db'), join(temporary.path, 'journal.db'));
    const error: unknown = await openCore().catch((e: unknown) => e);
    expect(isAppError(error, 'journal_corrupt')).toBe(true);
  });

  it('goes on numbering behind the archive when the journal file was lost', async () => {
    let core = await openCore();
    await core.commit({ live: batch('live', ['a', 'b']), backlog: batch('backlog', ['c']) });
    core.advance('ingest', { live: 1, backlog: 1 });
    await core.archiveNow();
    await core.stop();
    rmSync(join(temporary.path, 'journal.db'));
    core = await openCore();
    await core.commit({ live: batch('live', ['d']) });
    expect(core.stats()).toMatchObject({ journalled: 4, lastSeq: { live: 2, backlog: 1 } });
    expect(await loggedTexts('live')).toEqual(['a', 'b', 'd']);
    await core.stop();
  });

  it('keeps the journal file small: space is reused and given back', async () => {
    const core = await openCore();
    const size = () =>
      statSync(join(temporary.path, 'journal.db')).size +
      statSync(join(temporary.path, 'journal.db-wal')).size;
    const sizes: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (let index = 0; index < 30; index += 1) {
        await core.commit({ live: batch('live', [`${index}`.padEnd(1_000_000, '~')]) });
      }
      sizes.push(size());
      core.advance('ingest', { ...core.stats().lastSeq, backlog: 0 });
      await core.archiveNow();
    }
    expect(Math.max(...sizes)).toBeLessThan(80_000_000);
    // A checkpoint takes the freed pages off the end of the file.
    core.pragma('wal_checkpoint(TRUNCATE)');
    expect(size()).toBeLessThan(30_000_000);
    await core.stop();
  });
});

describe('a damaged journal', () => {
  it('rejects what cannot be read back and keeps the total', async () => {
    let core = await openCore();
    for (const text of ['a', 'b']) await core.commit({ live: batch('live', [text]) });
    await core.stop();
    const db = new Database(join(temporary.path, 'journal.db'));
    const row = db.get<{ bytes: Uint8Array }>('SELECT bytes FROM live_batch WHERE seq = 1')!;
    row.bytes[30]! ^= 1;
    db.run('UPDATE live_batch SET bytes = ? WHERE seq = 1', [row.bytes]);
    db.close();
    core = await openCore();
    const [damaged] = core.read('live', 0, 0);
    expect(() => decodeBatch(damaged!.bytes)).toThrow(/checksum/);
    expect(core.stats().journalled).toBe(2);
    await expect(loggedTexts('live')).rejects.toThrow(/checksum/);
    await core.stop();
  });

  it('refuses cursors that lie behind its end: reader and journal do not belong together', async () => {
    const core = await openCore();
    await core.commit({ live: batch('live', ['a']) });
    expect(() => core.read('live', 2, 1_000)).toThrow(/do not belong together/);
    await expect(core.account({ live: 2, backlog: 0 })).rejects.toThrow(/do not belong together/);
    await core.stop();
  });

  it('does not accept a batch that was sealed for another place', () => {
    const bytes = batch('live', ['a']);
    sealBatch(bytes, 1);
    new DataView(bytes.buffer).setFloat64(16, 2, true);
    expect(() => decodeBatch(bytes)).toThrow(/checksum/);
  });
});
