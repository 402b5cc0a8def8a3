import { describe, expect, it } from 'vitest';

import type { ThingId } from '../domain/model/identifier.ts';
import type { DatastreamSpec, Registry, StationSpec } from '../domain/model/registry.ts';
import { QualityNetwork } from '../domain/quality/quality-network.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time/instant.ts';
import { ParameterBook } from './parameter-book.ts';
import { qualityMembers } from './quality-members.ts';

const LEVEL: DatastreamSpec = { property: 'water_level', datum: 'D', intervalMs: 5 * MINUTE_MS };
const RAIN: DatastreamSpec = { property: 'rainfall', intervalMs: 5 * MINUTE_MS };

function station(id: string, datastreams: readonly DatastreamSpec[], neighbours?: string[]): StationSpec {
  const links = neighbours === undefined ? {} : { neighbours: neighbours as ThingId[] };
  return { kind: 'station', id: id as ThingId, name: id, datastreams, ...links };
}

function registryOf(...stations: StationSpec[]): Registry {
  return { version: 1, things: new Map(stations.map(thing => [thing.id, thing])) };
}

/** a: level 1, rain 2; b: level 3, rain 4; c: level 5, and no number for its rain. */
const NUMBERS = new Map(Object.entries({ 'a/water_level': 1, 'a/rainfall': 2, 'b/water_level': 3 }));
NUMBERS.set('b/rainfall', 4).set('c/water_level', 5);
const numberOf = (id: string, spec: DatastreamSpec) => NUMBERS.get(`${id}/${spec.property}`);

function linksOf(registry: Registry) {
  return qualityMembers(registry, numberOf).map(({ datastream, neighbours, rain }) => ({
    datastream,
    neighbours,
    rain,
  }));
}

describe('qualityMembers', () => {
  it('links the same property at the neighbours, and the gauges here and there', () => {
    const registry = registryOf(station('a', [LEVEL, RAIN], ['b']), station('b', [LEVEL, RAIN]));
    expect(linksOf(registry)).toEqual([
      { datastream: 1, neighbours: [3], rain: [2, 4] },
      { datastream: 2, neighbours: [4], rain: [] },
      { datastream: 3, neighbours: [], rain: [4] },
      { datastream: 4, neighbours: [], rain: [] },
    ]);
  });

  it('leaves out what has no number, strangers, and the station itself', () => {
    const registry = registryOf(station('a', [LEVEL], ['a', 'c', 'c', 'gone']), station('c', [LEVEL, RAIN]));
    const members = qualityMembers(registry, numberOf);
    expect(linksOf(registry)).toEqual([
      { datastream: 1, neighbours: [5], rain: [] },
      { datastream: 5, neighbours: [], rain: [] },
    ]);
    expect(() => new QualityNetwork(members, { horizonMs: HOUR_MS, maxReadings: 100 })).not.toThrow();
  });

  it('takes the limits of the registered sensor', () => {
    const registry = registryOf(station('a', [{ ...LEVEL, sensorSpan: [0, 7] }]));
    expect(qualityMembers(registry, numberOf)[0]?.parameters.grossRange).toMatchObject({ failSpan: [0, 7] });
  });

  it('compares levels of river gauges with each other, and no others', () => {
    const testsAt = (at: Partial<StationSpec>) => {
      const [member] = qualityMembers(registryOf({ ...station('a', [LEVEL]), ...at }), numberOf);
      return Object.keys(member?.parameters ?? {});
    };
    expect(testsAt({ assetType: 'river_gauge' })).toContain('neighbour');
    expect(testsAt({ assetType: 'reservoir' })).not.toContain('neighbour');
    expect(testsAt({})).not.toContain('neighbour');
  });

  it('lays the parameters of the district over the defaults', () => {
    const file = { version: 1, entries: [{ property: 'water_level', flatLine: 'off' as const }] };
    const registry = registryOf(station('a', [LEVEL, RAIN]));
    const [level, rain] = qualityMembers(registry, numberOf, new ParameterBook({ file }));
    expect(level?.parameters).not.toHaveProperty('flatLine');
    expect(level?.parameters).toHaveProperty('spike');
    expect(rain?.parameters).toEqual(qualityMembers(registry, numberOf)[1]?.parameters);
  });

  it('takes what the district says of one station for that station alone', () => {
    const entry = { property: 'water_level', stations: ['b'], spike: 'off' as const };
    const book = new ParameterBook({ file: { version: 1, entries: [entry] } });
    const registry = registryOf(station('a', [LEVEL]), station('b', [LEVEL]), station('c', [LEVEL]));
    const [a, b, c] = qualityMembers(registry, numberOf, book).map(({ parameters }) => parameters);
    expect(b).not.toHaveProperty('spike');
    expect(a).toHaveProperty('spike');
    expect(c).toBe(a);
  });

  it('has one object for parameters that are alike, also over changes of the registry', () => {
    const book = new ParameterBook();
    const registry = registryOf(station('a', [LEVEL]), station('b', [LEVEL]), station('c', [{ ...LEVEL }]));
    const [a, b, c] = qualityMembers(registry, numberOf, book).map(({ parameters }) => parameters);
    expect(b).toBe(a);
    expect(c).toBe(a);
    expect(qualityMembers(registry, numberOf, book)[0]?.parameters).toBe(a);
    const other = registryOf(station('a', [{ ...LEVEL, sensorSpan: [0, 7] }]));
    expect(qualityMembers(other, numberOf, book)[0]?.parameters).not.toEqual(a);
  });
});
