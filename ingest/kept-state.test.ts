import { describe, expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { keepStaleSpans, keepWorkerState, splitKeptStates } from './kept-state.ts';

const STATE = {
  splitMs: 1_800_000,
  decisions: [{ live: { from: 1, through: 9 }, correctionMs: 5 }],
  statesThrough: { live: 3, backlog: 4 },
};

describe('The kept state of the worker', () => {
  it('comes back as it was, apart from the states of stations', () => {
    const stations = [
      { station: 'S-1', state: '{}' },
      { station: 'S-2', state: 'x' },
    ];
    const span = { from: epochMs(3), to: epochMs(9) };
    const stale = [...keepStaleSpans(7, [span]), ...keepStaleSpans(8, [])];
    const kept = [stations[0]!, ...keepWorkerState(STATE), ...stale, stations[1]!];
    expect(splitKeptStates(kept)).toEqual({
      worker: STATE,
      stations,
      stale: [{ datastream: 7, ...span }],
    });
  });

  it('is absent in a new store', () => {
    expect(splitKeptStates([])).toEqual({ worker: undefined, stations: [], stale: [] });
  });

  it.each(['', '{}', '{"splitMs":"x","decisions":[]}'])(
    'stops the start where it is unreadable: %j',
    state => {
      const read = () => splitKeptStates([{ station: '-', state }]);
      expect(read).toThrow(expect.objectContaining({ code: 'store_corrupt' }));
      const stale = () => splitKeptStates([{ station: '-stale/3', state: state || 'x' }]);
      expect(stale).toThrow(expect.objectContaining({ code: 'store_corrupt' }));
    },
  );
});
