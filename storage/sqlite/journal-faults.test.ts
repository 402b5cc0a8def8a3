import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import type { AppError } from '../../domain/errors.ts';
import type { JournalStream } from '../../domain/ports/journal.ts';
import { appendDurably, arrivalsOf, journalEntry, readAll } from '../../test/harness/journal-contract.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { SqliteArrivalLog } from './arrival-log.ts';
import { Database } from './database.ts';
import { JournalClient } from './journal-client.ts';
import type { JournalOptions } from './journal-client.ts';
import { createJournalReader } from './journal-reader.ts';

const temporary = temporaryFolder();
let journal: JournalClient;
const PAYLOAD = 'x'.repeat(2_000);

async function start(options: Partial<JournalOptions> = {}): Promise<void> {
  journal = new JournalClient({ directory: temporary.path, allowFaults: true, ...options });
  await journal.start();
}

/** Appends without waiting; the list grows with each answer: the text, or the code of the error. */
function appendAll(texts: readonly string[], answers: string[], stream: JournalStream = 'live'): void {
  for (const text of texts) {
    journal.append(stream, journalEntry('S-1', text), error => {
      answers.push(error === undefined ? text : (error as AppError).code);
    });
  }
}

const stateBecomes = async (state: string) => {
  await expect.poll(() => journal.health().state, { timeout: 10_000, interval: 5 }).toBe(state);
};
const texts = async (stream: JournalStream = 'live') =>
  (await arrivalsOf(new SqliteArrivalLog(temporary.path), stream)).map(({ payload }) =>
    new TextDecoder().decode(payload),
  );

/** Lets commits happen that would happen, and shows that none did. */
async function expectNothingAcknowledged(answers: readonly string[]): Promise<void> {
  const before = answers.length;
  // A call that passes through the worker's queue of messages, after the commits that were sent before.
  for (let round = 0; round < 20; round += 1) await journal.stats();
  expect(answers.length).toBe(before);
}

describe('the journal on a disk that refuses', () => {
  it('acknowledges nothing while the file cannot be written, and everything afterwards', async () => {
    await start();
    const answers: string[] = [];
    appendAll(['a'], answers);
    await expect.poll(() => answers).toEqual(['a']);
    await journal.injectFault('query_only = ON');
    appendAll(['b', 'c'], answers);
    await stateBecomes('journal_readonly');
    appendAll(['d'], answers, 'backlog');
    await expectNothingAcknowledged(answers);
    const health = journal.health();
    expect([health.pendingEntries, health.lastError]).toEqual([3, 'attempt to write a readonly database']);
    expect(health.pendingBytes).toBeGreaterThan(0);
    await journal.injectFault('query_only = OFF');
    await expect.poll(() => answers, { timeout: 5_000 }).toEqual(['a', 'b', 'c', 'd']);
    expect(journal.health()).toMatchObject({ state: 'ok', pendingEntries: 0, pendingBytes: 0 });
    await journal.stop();
    expect([await texts(), await texts('backlog')]).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('tells a full file, reads on meanwhile, moves nothing, and recovers without a restart', async () => {
    await start();
    const reader = createJournalReader(journal.openReader());
    const answers: string[] = [];
    await appendDurably(journal, 'live', journalEntry('S-1', 'first'));
    await journal.injectFault('max_page_count = 20');
    const many = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(2_000, '~'));
    appendAll(many, answers);
    await stateBecomes('journal_full');
    const [batch] = await reader.read('live', 0, 1);
    let moved = false;
    const move = reader
      .move([{ ...batch!.entries[0]!, splitBefore: batch!.entries[0]!.received }])
      .then(() => (moved = true));
    await expectNothingAcknowledged(answers);
    expect([answers, moved]).toEqual([[], false]);
    await journal.injectFault('max_page_count = 1000000');
    await move;
    await expect.poll(() => answers, { timeout: 5_000 }).toEqual(many);
    expect(journal.health().state).toBe('ok');
    expect((await readAll(reader, 'backlog')).flatMap(each => each.entries)).toHaveLength(1);
    expect(await texts()).toEqual(['first', ...many]);
    reader.close();
    await journal.stop();
  });

  it('is stalled while another connection holds the file, and goes on when it lets go', async () => {
    await start({ stallAfterMs: 50 });
    const other = new Database(join(temporary.path, 'journal.db'));
    other.exec('BEGIN EXCLUSIVE');
    const answers: string[] = [];
    appendAll(['a', 'b'], answers);
    await stateBecomes('journal_stalled');
    await expectNothingAcknowledged(answers);
    other.exec('ROLLBACK');
    await expect.poll(() => answers, { timeout: 5_000 }).toEqual(['a', 'b']);
    expect(journal.health().state).toBe('ok');
    other.close();
    await journal.stop();
  });

  it('answers what waits too long with a retryable error, in order, and still counts each message once', async () => {
    await start({ ackTimeoutMs: 100, maxBatchBytes: 1_000 });
    await journal.injectFault('query_only = ON');
    const answers: string[] = [];
    const errors: unknown[] = [];
    for (let index = 0; index < 20; index += 1) {
      journal.append(
        index % 2 === 0 ? 'live' : 'backlog',
        journalEntry('S-1', `${index}`.padEnd(300)),
        error => {
          answers.push(`${index}`);
          errors.push(error);
        },
      );
    }
    await expect.poll(() => answers.length, { timeout: 5_000 }).toBe(20);
    expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`));
    expect(errors.every(error => isAppError(error, 'journal_stalled') && error.retryable)).toBe(true);
    // Only the commit that was under way is still held; it may land, what waited behind it is forgotten.
    expect(journal.health().pendingBytes).toBeLessThan(2_000);
    await journal.injectFault('query_only = OFF');
    await stateBecomes('ok');
    await appendDurably(journal, 'live', journalEntry('S-1', 'later'));
    const all = [...(await texts()), ...(await texts('backlog'))];
    expect(new Set(all).size).toBe(all.length);
    expect((await journal.stats()).journalled).toBe(all.length);
    expect(all).toContain('later');
    await journal.stop();
  });

  it('refuses what exceeds the bytes that may wait, behind what waits', async () => {
    await start({ maxPendingBytes: 5_000, ackTimeoutMs: 60_000 });
    await journal.injectFault('query_only = ON');
    const answers: string[] = [];
    appendAll([PAYLOAD, PAYLOAD, PAYLOAD, 'too much', 'too much'], answers);
    await stateBecomes('journal_readonly');
    await expectNothingAcknowledged(answers);
    await journal.injectFault('query_only = OFF');
    const refused = 'journal_backlogged';
    await expect
      .poll(() => answers, { timeout: 5_000 })
      .toEqual([PAYLOAD, PAYLOAD, PAYLOAD, refused, refused]);
    await appendDurably(journal, 'live', journalEntry('S-1', 'room again'));
    await journal.stop();
  });

  it('can be stopped while the disk refuses; what waited is told so', async () => {
    await start({ ackTimeoutMs: 100 });
    await journal.injectFault('query_only = ON');
    const answers: string[] = [];
    appendAll(['a', 'b'], answers);
    await journal.stop();
    expect(answers).toEqual(['journal_stalled', 'journal_stalled']);
    appendAll(['c'], answers);
    await expect.poll(() => answers.at(-1)).toBe('shutting_down');
  });
});

describe('the journal on a file system without space', () => {
  const mounted: string[] = [];
  const mount = (folder: string): boolean => {
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    if (status === 0) mounted.push(folder);
    return status === 0;
  };
  afterEach(() => {
    for (const folder of mounted.splice(0)) spawnSync('umount', ['--lazy', folder]);
  });

  it('waits for space on a full tmpfs, without a loss or a restart', async context => {
    const disk = join(temporary.path, 'disk');
    mkdirSync(disk);
    if (!mount(disk)) {
      if (process.env['CI'] === 'true') throw new Error('This test has to mount a tmpfs, which needs root.');
      context.skip('A tmpfs cannot be mounted here: only root may.');
    }
    const data = join(disk, 'data');
    journal = new JournalClient({ directory: data, ackTimeoutMs: 60_000 });
    await journal.start();
    const acknowledged: string[] = [];
    const append = (text: string) =>
      journal.append('live', journalEntry('S-1', text), error => {
        if (error === undefined) acknowledged.push(text);
      });
    writeFileSync(join(disk, 'filler'), Buffer.alloc(2_000_000));
    const sent = Array.from({ length: 400 }, (_, index) => `${index}`.padEnd(8_000, '~'));
    for (const text of sent) append(text);
    await stateBecomes('journal_full');
    const before = acknowledged.length;
    await expectNothingAcknowledged(acknowledged);
    expect(before).toBeLessThan(sent.length);
    rmSync(join(disk, 'filler'));
    const reader = createJournalReader(journal.openReader());
    // What was taken is worth nothing if it cannot leave: consume and archive while the rest comes in.
    for (let cursor = 0; acknowledged.length < sent.length;) {
      cursor = (await readAll(reader, 'live', cursor)).at(-1)?.seq ?? cursor;
      await reader.advance('ingest', { live: cursor, backlog: 0 });
      await journal.archiveNow().catch(() => undefined);
    }
    expect(journal.health().state).toBe('ok');
    expect(acknowledged).toEqual(sent);
    reader.close();
    await journal.stop();
    const logged = await arrivalsOf(new SqliteArrivalLog(data), 'live');
    expect(logged.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(sent);
    expect(readdirSync(join(data, 'archive')).length).toBeGreaterThan(0);
  });
});

describe('a journal that cannot be opened', () => {
  it('rejects the start with an AppError, and can be stopped', async () => {
    journal = new JournalClient({ directory: '/dev/null/data' });
    const error: unknown = await journal.start().catch((e: unknown) => e);
    expect(isAppError(error)).toBe(true);
    await journal.stop();
    const answers: string[] = [];
    appendAll(['a'], answers);
    await expect.poll(() => answers.length).toBe(1);
  });
});
