import { describe, expect, it } from 'vitest';

import type { JournalReader } from '../domain/ports/journal.ts';
import { epochMs } from '../domain/time/instant.ts';
import { readerWith } from '../test/harness/ingest-bench.ts';
import { appendDurably, journalEntry } from '../test/harness/journal-contract.ts';
import { MemoryJournal } from '../test/harness/memory-journal.ts';
import { MemoryTelemetryStore } from '../test/harness/memory-telemetry-store.ts';
import { ledgerDelta, observation, storeBatch } from '../test/harness/store-batch.ts';
import { reportLedger } from './ledger-report.ts';

const REFUSED = [
  { principal: 'S-1', reason: 'topic_forbidden', count: 2 },
  { principal: '-', reason: 'bad_secret', count: 5 },
];

/** Three messages of S-1 and one of S-2, of which the first two batches are consumed: two decoded, one of them held. */
async function scene() {
  const journal = new MemoryJournal();
  const store = new MemoryTelemetryStore();
  for (const station of ['S-1', 'S-1', 'S-2', 'S-1']) {
    await appendDurably(journal, 'live', journalEntry(station, 'x'));
  }
  const { position, received, principal, topic, payload } = {
    ...journalEntry('S-1', 'x'),
    position: 2,
  };
  await store.append(
    storeBatch({
      newDatastreams: [{ id: 1, station: 'S-1', property: 'water_level' }],
      readings: [1, 2].map(v => observation({ datastream: 1, t: epochMs(1e12), v, position: 1 })),
      ledger: [
        ledgerDelta('S-1', {
          messagesDecoded: 1,
          readingsDecoded: 4,
          readingsQuarantined: 1,
          readingsRejected: 1,
        }),
      ],
      held: [{ position, received, principal, topic, payload }],
      cursors: { live: 2 },
    }),
  );
  return { journal, store };
}

describe('reportLedger', () => {
  it('puts what is committed and what the journal holds behind it together, in total and by station', async () => {
    const { journal, store } = await scene();
    const sources = { store, reader: journal };
    const readings = {
      decoded: 4,
      stored: 1,
      duplicate: 0,
      corrected: 1,
      quarantined: 1,
      rejected: 1,
      inFlight: 0,
    };
    expect(await reportLedger(sources, REFUSED)).toEqual({
      messages: { journalled: 4, decoded: 1, quarantined: 0, inFlight: 3 },
      readings,
      refused: REFUSED,
      balanced: true,
    });
    expect(await reportLedger(sources, REFUSED, ['S-1'])).toEqual({
      messages: { journalled: 3, decoded: 1, quarantined: 0, inFlight: 2 },
      readings,
      refused: REFUSED.slice(0, 1),
      balanced: true,
    });
    const second = await reportLedger(sources, REFUSED, ['S-2']);
    expect(second.messages).toEqual({ journalled: 1, decoded: 0, quarantined: 0, inFlight: 1 });
    const both = await reportLedger(sources, REFUSED, ['S-1', 'S-2', 'S-1', 'S-9']);
    expect(both).toEqual({
      messages: { journalled: 4, decoded: 1, quarantined: 0, inFlight: 3 },
      readings,
      refused: REFUSED.slice(0, 1),
      balanced: true,
    });
    const nobody = await reportLedger(sources, [], ['S-9']);
    expect([nobody.messages.journalled, nobody.readings.decoded, nobody.balanced]).toEqual([0, 0, true]);
  });

  it('is not deceived by a commit and a clearing between its two looks', async () => {
    const { journal, store } = await scene();
    let looks = 0;
    const reader: JournalReader = readerWith(journal, {
      account: async cursors => {
        looks += 1;
        if (looks === 1) {
          await store.append(
            storeBatch({ ledger: [ledgerDelta('S-2', { messagesDecoded: 1 })], cursors: { live: 3 } }),
          );
          await journal.advance('telemetry', { live: 3, backlog: 0 });
        }
        return journal.account(cursors);
      },
    });
    const ledger = await reportLedger({ store, reader }, []);
    expect(ledger).toMatchObject({ balanced: true, messages: { journalled: 4, decoded: 2, inFlight: 2 } });
    expect(looks).toBe(2);
  });

  it.each([
    ['a message too many', ledgerDelta('S-1', { messagesDecoded: 1 })],
    ['a reading too few', ledgerDelta('S-1', { readingsDecoded: 1 })],
  ])('tells of a true imbalance: %s', async (_, delta) => {
    const { journal, store } = await scene();
    await store.append(storeBatch({ ledger: [delta] }));
    expect(await reportLedger({ store, reader: journal }, [])).toMatchObject({ balanced: false });
    expect(await reportLedger({ store, reader: journal }, [], ['S-1'])).toMatchObject({ balanced: false });
    expect(await reportLedger({ store, reader: journal }, [], ['S-2'])).toMatchObject({ balanced: true });
  });
});
