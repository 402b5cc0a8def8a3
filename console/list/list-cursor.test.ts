import { describe, expect, it } from 'vitest';

import type { Datastream, Station } from '../wire.ts';
import { firstCursor, moveCursor } from './list-cursor.ts';

const station = (id: string, ...names: readonly string[]) =>
  ({ id, datastreams: names.map(name => ({ name }) as Datastream) }) as Partial<Station> as Station;

const STATIONS = [
  station('A'),
  station('B', 'level', 'flow', 'battery'),
  station('C'),
  station('D', 'rain'),
  station('E', 'level', 'flow'),
];

describe('the cursor of the list', () => {
  it('begins at the first value, and nowhere in an empty list', () => {
    expect(firstCursor(STATIONS)).toEqual({ station: 'B', datastream: 'level' });
    expect(firstCursor([STATIONS[0]!])).toBeUndefined();
  });

  it.each([
    { from: 'B/level', key: 'ArrowRight', to: 'B/flow' },
    { from: 'B/level', key: 'ArrowLeft', to: undefined },
    { from: 'B/battery', key: 'ArrowRight', to: undefined },
    { from: 'B/battery', key: 'ArrowDown', to: 'D/rain' },
    { from: 'B/level', key: 'ArrowUp', to: undefined },
    { from: 'E/flow', key: 'ArrowUp', to: 'D/rain' },
    { from: 'E/flow', key: 'Home', to: 'B/level' },
    { from: 'B/flow', key: 'End', to: 'E/level' },
    { from: 'B/flow', key: 'PageDown', to: 'E/flow' },
    { from: 'E/flow', key: 'PageUp', to: 'B/flow' },
    { from: 'E/flow', key: 'x', to: undefined },
    { from: 'gone/flow', key: 'ArrowDown', to: undefined },
  ])('goes from $from by $key to $to', ({ from, key, to }) => {
    const [id = '', datastream = ''] = from.split('/');
    const moved = moveCursor(STATIONS, { station: id, datastream }, { name: key, pageRows: 10 });
    expect(moved === undefined ? undefined : `${moved.station}/${moved.datastream}`).toBe(to);
  });
});
