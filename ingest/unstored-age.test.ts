import { describe, expect, it } from 'vitest';

import type { JournalBatch, JournalStream } from '../domain/ports/journal.ts';
import { journalEntry } from '../test/harness/journal-contract.ts';
import { epochMs } from '../domain/time/instant.ts';
import { UnstoredAge } from './unstored-age.ts';

const NOTHING = { live: 0, backlog: 0 };

function batches(stream: JournalStream, parts: readonly (readonly [seq: number, received: number])[]) {
  return parts.map(([seq, received]): JournalBatch => ({
    stream,
    seq,
    entries: [{ ...journalEntry('S-1', 'x'), position: seq, received: epochMs(received) }],
  }));
}

describe('UnstoredAge', () => {
  it('knows nothing old while nothing was read', () => {
    expect(new UnstoredAge().oldest(NOTHING)).toBeUndefined();
  });

  it('tells the oldest of both streams, until the store has passed the last batch read with it', () => {
    const unstored = new UnstoredAge();
    unstored.took(
      'live',
      batches('live', [
        [3, 100],
        [5, 200],
      ]),
      NOTHING,
    );
    unstored.took('live', batches('live', [[6, 300]]), NOTHING);
    unstored.took('backlog', batches('backlog', [[1, 150]]), NOTHING);
    expect(unstored.oldest({ live: 3, backlog: 0 })).toBe(100);
    expect(unstored.oldest({ live: 5, backlog: 0 })).toBe(150);
    expect(unstored.oldest({ live: 5, backlog: 1 })).toBe(300);
    expect(unstored.oldest({ live: 6, backlog: 1 })).toBeUndefined();
  });

  it('forgets what is durable also while nobody asks', () => {
    const unstored = new UnstoredAge();
    unstored.took('live', batches('live', [[1, 100]]), NOTHING);
    unstored.took('live', batches('live', [[2, 200]]), { live: 1, backlog: 0 });
    expect(unstored.oldest(NOTHING)).toBe(200);
  });
});
