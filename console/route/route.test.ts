import { describe, expect, it } from 'vitest';

import { hashOf, routeOf } from './route.ts';
import type { Route } from './route.ts';

describe('the address', () => {
  const places: readonly Route[] = [
    { kind: 'stations' },
    { kind: 'alarms' },
    { kind: 'record' },
    { kind: 'rules' },
    { kind: 'alarm', id: 'river-stage.LG-001.water_level.mb3k' },
    { kind: 'alarm', id: 'a/b %25#中' },
    { kind: 'station', id: 'LG-PD-001' },
    { kind: 'station', id: '站/1' },
  ];

  it.each(places)('of %o leads back to it', place => {
    expect(routeOf(hashOf(place))).toEqual(place);
  });

  it.each(['', '#', '#/', '#/nowhere', '#/alarms/', '#/alarms/%E0%A4%A', '#/stations/'])(
    '%o is that of the stations',
    hash => {
      expect(routeOf(hash)).toEqual({ kind: 'stations' });
    },
  );
});
