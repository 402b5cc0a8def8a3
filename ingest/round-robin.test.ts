import { describe, expect, it } from 'vitest';

import type { JournalBatch } from '../domain/ports/journal.ts';
import { epochMs } from '../domain/time/instant.ts';
import { roundRobin } from './round-robin.ts';

function batch(seq: number, entries: readonly [station: string, position: number][]): JournalBatch {
  return {
    stream: 'backlog',
    seq,
    entries: entries.map(([station, position]) => ({
      position,
      received: epochMs(0),
      principal: station,
      topic: `ww/v1/${station}/backlog`,
      qos: 1,
      payload: new Uint8Array(),
    })),
  };
}

describe('roundRobin', () => {
  it('gives every station its turn, in arrival order within the station, across batches', () => {
    const batches = [
      batch(1, [
        ['a', 1],
        ['a', 2],
        ['a', 3],
      ]),
      batch(2, [
        ['a', 4],
        ['b', 5],
        ['c', 6],
        ['b', 7],
      ]),
    ];
    expect([...roundRobin(batches)].map(entry => entry.position)).toEqual([1, 5, 6, 2, 7, 3, 4]);
  });
});
