import { describe, expect, it } from 'vitest';

import { appendDurably, journalContract, journalEntry } from './journal-contract.ts';
import { MemoryJournal } from './memory-journal.ts';

journalContract('MemoryJournal', () => {
  const journal = new MemoryJournal();
  const nothing = () => Promise.resolve();
  return Promise.resolve({
    appender: journal,
    reader: journal,
    arrivals: journal,
    settle: nothing,
    close: nothing,
  });
});

describe('MemoryJournal under a fault', () => {
  it('answers nothing while held and everything after the release', async () => {
    const journal = new MemoryJournal();
    journal.hold('journal_full');
    let answered = false;
    const durable = appendDurably(journal, 'live', journalEntry('S-1', 'a')).then(() => (answered = true));
    await new Promise(resolve => setImmediate(resolve));
    expect([answered, journal.health().state, journal.health().pendingEntries]).toEqual([
      false,
      'journal_full',
      1,
    ]);
    journal.release();
    await durable;
    expect(journal.health()).toMatchObject({ state: 'ok', pendingEntries: 0 });
  });
});
