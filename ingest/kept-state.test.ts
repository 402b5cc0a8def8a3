import { describe, expect, it } from 'vitest';

import { keepWorkerState, splitKeptStates } from './kept-state.ts';

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
    const kept = [stations[0]!, ...keepWorkerState(STATE), stations[1]!];
    expect(splitKeptStates(kept)).toEqual({ worker: STATE, stations });
  });

  it('is absent in a new store', () => {
    expect(splitKeptStates([])).toEqual({ worker: undefined, stations: [] });
  });

  it.each(['', '{}', '{"splitMs":"x","decisions":[]}'])(
    'stops the start where it is unreadable: %j',
    state => {
      const read = () => splitKeptStates([{ station: '-', state }]);
      expect(read).toThrow(expect.objectContaining({ code: 'store_corrupt' }));
    },
  );
});
