import { describe, expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { StationTrackers } from './station-trackers.ts';

const EXACT = { isExact: true };
const message = (seq: number | undefined, received: number, sent = received, live = true) => ({
  seq,
  sent,
  received: epochMs(received),
  live,
});

describe('StationTrackers', () => {
  it('follows sequence and clock of each station, the clock only by what was not buffered', () => {
    const trackers = new StationTrackers();
    trackers.observe('S-1', message(1, 1_000, 1_500));
    trackers.observe('S-1', message(4, 3_000, 0, false));
    trackers.observe('S-2', message(undefined, 2_000, 1_990));
    expect(trackers.all()).toEqual([
      {
        station: 'S-1',
        lastReceived: 3_000,
        sequence: { highest: 4, gaps: 2, resets: 0 },
        clock: { offsetMs: 500, samples: 1 },
      },
      { station: 'S-2', lastReceived: 2_000, sequence: undefined, clock: { offsetMs: -10, samples: 1 } },
    ]);
  });

  it('gives out each change once', () => {
    const trackers = new StationTrackers();
    trackers.observe('S-1', message(1, 1));
    trackers.observe('S-2', message(1, 1));
    expect(trackers.takeChanged().map(({ station }) => station)).toEqual(['S-1', 'S-2']);
    trackers.observe('S-2', message(2, 2));
    expect(trackers.takeChanged().map(({ station }) => station)).toEqual(['S-2']);
    expect(trackers.takeChanged()).toEqual([]);
  });

  it('tells whom it observed since a revision; those it took over count as observed', () => {
    const trackers = new StationTrackers();
    trackers.adopt([{ station: 'S-1', state: '{"lastReceived":1}' }], EXACT);
    const adopted = trackers.revision;
    expect(trackers.observedSince(0).map(({ station }) => station)).toEqual(['S-1']);
    expect(trackers.observedSince(adopted)).toEqual([]);
    trackers.observe('S-2', message(1, 5));
    expect(trackers.observedSince(adopted)).toEqual([
      expect.objectContaining({ station: 'S-2', lastReceived: 5 }),
    ]);
    const second = trackers.revision;
    trackers.observe('S-1', message(1, 6));
    expect(trackers.observedSince(second).map(({ station }) => station)).toEqual(['S-1']);
  });

  it('goes on from what was kept, without the clock samples', () => {
    const first = new StationTrackers();
    first.observe('S-1', message(7, 5));
    first.observe('S-2', message(undefined, 6));
    const second = new StationTrackers();
    second.adopt(first.takeChanged(), EXACT);
    expect(second.takeChanged()).toEqual([]);
    second.observe('S-1', message(9, 4, 4, false));
    expect(second.all()).toEqual([
      { station: 'S-1', lastReceived: 5, sequence: { highest: 9, gaps: 1, resets: 0 }, clock: undefined },
      { station: 'S-2', lastReceived: 6, sequence: undefined, clock: undefined },
    ]);
  });

  it('starts anew where a kept state is not to be understood', () => {
    const trackers = new StationTrackers();
    const states = ['no JSON', '{"lastReceived":"x"}', 'null'];
    trackers.adopt(
      states.map((state, index) => ({ station: `S-${index}`, state })),
      EXACT,
    );
    expect(trackers.all()).toEqual([]);
  });
});
