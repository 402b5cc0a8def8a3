import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type {
  ArrivalLog,
  JournalAppender,
  JournalBatch,
  JournalEntry,
  JournalledEntry,
  JournalReader,
  JournalStream,
} from '../../domain/ports/journal.ts';
import { epochMs } from '../../domain/time/instant.ts';

/** One empty journal with everything the ports offer. */
export interface JournalUnderTest {
  readonly appender: JournalAppender;
  readonly reader: JournalReader;
  readonly arrivals: ArrivalLog;
  /** Lets the adapter clear away what lies behind the cursors (archive), and waits until it did. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const ENOUGH_BYTES = 64 * 1024 * 1024;
const RECEIVED = 1_790_000_000_000;

/** A message of a station as the broker would journal it. */
export function journalEntry(station: string, text: string, received = RECEIVED): JournalEntry {
  return {
    received: epochMs(received),
    principal: station,
    topic: `ww/v1/${station}/obs`,
    qos: 1,
    payload: new TextEncoder().encode(text),
  };
}

/** Appends and resolves when the entry is durable. */
export function appendDurably(
  appender: JournalAppender,
  stream: JournalStream,
  entry: JournalEntry,
): Promise<void> {
  return new Promise((resolve, reject) => {
    appender.append(stream, entry, error => (error === undefined ? resolve() : reject(error)));
  });
}

/** Every batch after the cursor, however many reads that takes. */
export async function readAll(
  reader: JournalReader,
  stream: JournalStream,
  after = 0,
): Promise<readonly JournalBatch[]> {
  const batches: JournalBatch[] = [];
  let cursor = after;
  for (;;) {
    const some = await reader.read(stream, cursor, ENOUGH_BYTES);
    const last = some.at(-1);
    if (last === undefined) return batches;
    batches.push(...some);
    cursor = last.seq;
  }
}

export async function arrivalsOf(log: ArrivalLog, stream: JournalStream): Promise<JournalledEntry[]> {
  const entries: JournalledEntry[] = [];
  for await (const entry of log.messages(stream)) entries.push(entry);
  return entries;
}

const textOf = (entry: JournalEntry) => new TextDecoder().decode(entry.payload);
const entriesOf = (batches: readonly JournalBatch[]) => batches.flatMap(batch => batch.entries);

/** What every journal promises; `open` gives a new, empty one. */
export function journalContract(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`${name} keeps the journal contract`, () => {
    let journal: JournalUnderTest;
    const append = (stream: JournalStream, station: string, text: string) =>
      appendDurably(journal.appender, stream, journalEntry(station, text));

    beforeEach(async () => {
      journal = await open();
    });
    afterEach(async () => {
      await journal.close();
    });

    it('answers an empty list, an empty account and no arrivals before the first message', async () => {
      expect(await journal.reader.read('live', 0, ENOUGH_BYTES)).toEqual([]);
      const account = await journal.reader.account({ live: 0, backlog: 0 });
      expect(account).toEqual({ journalled: 0, pending: 0, stations: new Map() });
      expect(await arrivalsOf(journal.arrivals, 'live')).toEqual([]);
      expect(journal.appender.health()).toMatchObject({ state: 'ok', pendingBytes: 0, pendingEntries: 0 });
    });

    it('gives back every field of a message as it came', async () => {
      const entry: JournalEntry = {
        received: epochMs(RECEIVED + 1),
        principal: 'gate-水位',
        topic: 'ww/v1/S-1/snapshot/头',
        qos: 2,
        payload: Uint8Array.from([0, 255, 10, 0]),
      };
      const bare: JournalEntry = { ...journalEntry('S-2', ''), qos: 0 };
      await Promise.all([
        appendDurably(journal.appender, 'live', entry),
        appendDurably(journal.appender, 'live', bare),
      ]);
      const [first, second] = entriesOf(await readAll(journal.reader, 'live'));
      expect({ ...first, payload: [...first!.payload] }).toEqual({
        ...entry,
        position: 1,
        payload: [...entry.payload],
      });
      expect({ ...second, payload: [...second!.payload] }).toEqual({ ...bare, position: 2, payload: [] });
    });

    it('calls back once for each message, in the order of the calls over both streams', async () => {
      const order: number[] = [];
      await Promise.all(
        Array.from(
          { length: 300 },
          (_, index) =>
            new Promise<void>(resolve => {
              const stream = index % 3 === 0 ? 'backlog' : 'live';
              journal.appender.append(stream, journalEntry('S-1', `${index}`), error => {
                expect(error).toBeUndefined();
                order.push(index);
                resolve();
              });
            }),
        ),
      );
      expect(order).toEqual(Array.from({ length: 300 }, (_, index) => index));
    });

    it('takes further messages from inside a callback', async () => {
      await new Promise<void>(resolve => {
        journal.appender.append('live', journalEntry('S-1', 'a'), () =>
          journal.appender.append('live', journalEntry('S-1', 'b'), () => resolve()),
        );
      });
      expect(entriesOf(await readAll(journal.reader, 'live')).map(textOf)).toEqual(['a', 'b']);
    });

    it('numbers messages from 1 without gaps, each stream in the order of its calls', async () => {
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(
          Array.from({ length: 7 }, (_, index) =>
            append(index % 2 === 0 ? 'live' : 'backlog', 'S-1', `${round * 7 + index}`),
          ),
        );
      }
      const live = entriesOf(await readAll(journal.reader, 'live'));
      const backlog = entriesOf(await readAll(journal.reader, 'backlog'));
      const positions = [...live, ...backlog].map(entry => entry.position);
      expect(positions.sort((a, b) => a - b)).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
      for (const entries of [live, backlog]) {
        const numbers = entries.map(entry => Number(textOf(entry)));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        expect(entries.map(entry => entry.position)).toEqual(
          entries.map(entry => entry.position).sort((a, b) => a - b),
        );
      }
    });

    it('reads after a cursor, oldest first, and at least one batch whatever the limit', async () => {
      for (const text of ['a', 'b', 'c']) await append('live', 'S-1', text);
      const [first] = await journal.reader.read('live', 0, 0);
      expect(first!.entries.map(textOf)).toEqual(['a']);
      const rest = await journal.reader.read('live', first!.seq, ENOUGH_BYTES);
      expect(entriesOf(rest).map(textOf)).toEqual(['b', 'c']);
      expect(rest.map(batch => batch.seq)).toEqual(rest.map(batch => batch.seq).sort((a, b) => a - b));
      expect(await journal.reader.read('backlog', 0, ENOUGH_BYTES)).toEqual([]);
    });

    it('stops a read near its limit of payload bytes', async () => {
      for (let index = 0; index < 6; index += 1) await append('live', 'S-1', 'x'.repeat(10_000));
      const some = await journal.reader.read('live', 0, 25_000);
      expect(some.length).toBeGreaterThanOrEqual(2);
      expect(some.length).toBeLessThanOrEqual(3);
    });

    it('keeps original position and splitBefore of what was moved, and ignores a repeated move', async () => {
      await Promise.all([append('live', 'S-1', 'a'), append('live', 'S-2', 'b')]);
      const parts = entriesOf(await readAll(journal.reader, 'live')).map((entry, index) => ({
        ...entry,
        splitBefore: epochMs(RECEIVED + index),
      }));
      await journal.reader.move(parts.slice(0, 1));
      await journal.reader.move(parts);
      await journal.reader.move(parts);
      const moved = entriesOf(await readAll(journal.reader, 'backlog'));
      expect(moved.map(entry => [entry.position, entry.splitBefore, textOf(entry)])).toEqual([
        [1, RECEIVED, 'a'],
        [2, RECEIVED + 1, 'b'],
      ]);
      await append('backlog', 'S-3', 'c');
      expect(entriesOf(await readAll(journal.reader, 'backlog')).map(entry => entry.position)).toEqual([
        1, 2, 3,
      ]);
    });

    it('accounts messages, not moved parts, in total and by station', async () => {
      await Promise.all([
        append('live', 'S-1', 'a'),
        append('live', 'S-2', 'b'),
        append('backlog', 'S-1', 'c'),
      ]);
      const [first] = await readAll(journal.reader, 'live');
      await journal.reader.move([{ ...first!.entries[0]!, splitBefore: epochMs(RECEIVED) }]);
      expect(await journal.reader.account({ live: 0, backlog: 0 })).toEqual({
        journalled: 3,
        pending: 3,
        stations: new Map([
          ['S-1', { journalled: 2, pending: 2 }],
          ['S-2', { journalled: 1, pending: 1 }],
        ]),
      });
      const live = (await readAll(journal.reader, 'live')).at(-1)!.seq;
      const after = await journal.reader.account({ live, backlog: 0 });
      expect([after.journalled, after.pending, after.stations.get('S-1')]).toEqual([
        3,
        1,
        { journalled: 2, pending: 1 },
      ]);
      // Cursors of the past are answered too: a second reader may stand further back.
      expect((await journal.reader.account({ live: 0, backlog: 0 })).pending).toBe(3);
    });

    it('keeps what lies after the last of the cursors, and the account of what lies before', async () => {
      for (const text of ['a', 'b', 'c']) await append('live', 'S-1', text);
      await append('backlog', 'S-2', 'd');
      const batches = await readAll(journal.reader, 'live');
      const second = batches[1]!.seq;
      await journal.reader.advance('slow', { live: second, backlog: 0 });
      await journal.reader.advance('fast', { live: batches[2]!.seq, backlog: 1_000 });
      await journal.settle();
      expect(entriesOf(await readAll(journal.reader, 'live', second)).map(textOf)).toEqual(['c']);
      expect(entriesOf(await readAll(journal.reader, 'backlog')).map(textOf)).toEqual(['d']);
      const account = await journal.reader.account({ live: second, backlog: 0 });
      expect([account.journalled, account.pending]).toEqual([4, 2]);
      expect(account.stations.get('S-1')).toEqual({ journalled: 3, pending: 1 });
    });

    it('has every message once in the arrival log, before and behind the cursors, without moved parts', async () => {
      for (let index = 0; index < 20; index += 1) {
        await Promise.all([append('live', 'S-1', `l${index}`), append('backlog', 'S-2', `b${index}`)]);
      }
      const live = await readAll(journal.reader, 'live');
      await journal.reader.move([{ ...live[0]!.entries[0]!, splitBefore: epochMs(RECEIVED) }]);
      const backlog = await readAll(journal.reader, 'backlog');
      await journal.reader.advance('ingest', { live: live[9]!.seq, backlog: backlog.at(-1)!.seq });
      await journal.settle();
      await append('live', 'S-1', 'l20');
      const liveLog = await arrivalsOf(journal.arrivals, 'live');
      const backlogLog = await arrivalsOf(journal.arrivals, 'backlog');
      expect(liveLog.map(textOf)).toEqual(Array.from({ length: 21 }, (_, index) => `l${index}`));
      expect(backlogLog.map(textOf)).toEqual(Array.from({ length: 20 }, (_, index) => `b${index}`));
      expect(liveLog.every(entry => entry.splitBefore === undefined)).toBe(true);
      const positions = liveLog.map(entry => entry.position);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
      expect(new Set([...positions, ...backlogLog.map(entry => entry.position)]).size).toBe(41);
    });

    it('goes on numbering after everything was cleared away', async () => {
      await append('live', 'S-1', 'a');
      await append('live', 'S-1', 'b');
      const seq = (await readAll(journal.reader, 'live')).at(-1)!.seq;
      await journal.reader.advance('ingest', { live: seq, backlog: 0 });
      await journal.settle();
      await append('live', 'S-1', 'c');
      const [batch] = await readAll(journal.reader, 'live', seq);
      expect(batch!.entries[0]!.position).toBe(3);
      expect(batch!.seq).toBeGreaterThan(seq);
    });

    it('tells listeners of commits and moves until they unsubscribe', async () => {
      const told: JournalStream[] = [];
      let wake: () => void = () => undefined;
      const unsubscribe = journal.reader.onCommitted(stream => {
        told.push(stream);
        wake();
      });
      const until = (stream: JournalStream) =>
        new Promise<void>(resolve => {
          wake = () => told.includes(stream) && resolve();
          wake();
        });
      await append('live', 'S-1', 'a');
      await until('live');
      const [batch] = await readAll(journal.reader, 'live');
      await journal.reader.move([{ ...batch!.entries[0]!, splitBefore: epochMs(RECEIVED) }]);
      await until('backlog');
      unsubscribe();
      const before = told.length;
      await append('live', 'S-1', 'b');
      await journal.reader.account({ live: 0, backlog: 0 });
      expect(told.length).toBe(before);
    });
  });
}
