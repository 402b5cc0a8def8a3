import { describe, expect, it } from 'vitest';
import { schemaProblems } from '../schema-problems.ts';
import { thingSchema } from './thing-schema.ts';

const LEVEL = {
  property: 'water_level',
  datum: 'D',
  intervalMs: 60_000,
  maxGapMs: 180_000,
  thresholds: { datum: 'D', warning: 33.2, floodLimit: [{ from: '04-15', level: 61 }] },
};
const STATION = {
  kind: 'station',
  id: 'S-1',
  name: '站',
  asset: 'a',
  neighbours: ['S-2'],
  datastreams: [LEVEL],
};
const CHANNEL = { id: 'c', name: '河', places: [{ from: 5, to: 9, latitude: 1, longitude: 2, asset: 'a' }] };
const GATEWAY = {
  kind: 'gateway',
  id: 'G-1',
  name: '关',
  asset: 'a',
  stations: ['S-1'],
  channels: [CHANNEL],
};

function problemsOf(thing: unknown): readonly string[] {
  const { error } = thingSchema.safeParse(thing);
  return error === undefined ? [] : schemaProblems(error).map(({ path, message }) => `${path} ${message}`);
}

describe('thingSchema', () => {
  it('lets things through as they are', () => {
    for (const thing of [STATION, GATEWAY, { kind: 'subscriber', id: 'A-1', name: '室', basins: ['b'] }]) {
      expect(thingSchema.parse(thing)).toEqual(thing);
    }
  });

  it('reads times of a camera with their offset', () => {
    const places = [{ ...CHANNEL.places[0], from: '2026-06-01T00:00:00+08:00', to: Date.UTC(2026, 5, 2) }];
    expect(thingSchema.parse({ ...GATEWAY, channels: [{ ...CHANNEL, places }] })).toMatchObject({
      channels: [{ places: [{ from: Date.UTC(2026, 4, 31, 16), to: Date.UTC(2026, 5, 2) }] }],
    });
  });

  it.each<[string, object, string]>([
    [
      'a datastream twice',
      { ...STATION, datastreams: [LEVEL, LEVEL] },
      'datastreams[1] "water_level" stands at [0] already; give each its own instance',
    ],
    [
      'a channel twice',
      { ...GATEWAY, channels: [CHANNEL, CHANNEL] },
      'channels[1] "c" stands at [0] already; give each its own id',
    ],
    [
      'limits of another datum',
      { ...STATION, datastreams: [{ ...LEVEL, thresholds: { datum: 'E', warning: 1 } }] },
      'datastreams[0].thresholds.datum "E" is another datum than that of the datastream, "D"',
    ],
    ['no datastream', { ...STATION, datastreams: [] }, 'datastreams Too small'],
    ['half a place', { ...STATION, latitude: 1 }, 'longitude is missing: half a place is none'],
    ['an unknown key', { ...STATION, aset: 'a' }, 'aset is not known.'],
  ])('refuses %s', (_what, thing, problem) => {
    expect(problemsOf(thing)).toEqual([expect.stringContaining(problem)]);
  });
});
