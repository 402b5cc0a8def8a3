import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import { districtOf } from '../../domain/model/district.ts';
import type { Asset, FlowEdge } from '../../domain/model/district.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import {
  SMALL_DISTRICT,
  SMALL_DISTRICT_PLACE,
  SMALL_DISTRICT_STATIONS,
  sketchAsset,
  sketchFlow,
} from '../../test/harness/small-district.ts';
import { createDistrictWater } from './district-water.ts';
import type { DistrictWater } from './district-water.ts';
import type { WeatherPlan } from './weather.ts';

/** 18:00 local time. */
const OF_LABORATORIES: ReadonlySet<string> = new Set([
  'biochemical_oxygen_demand',
  'copper',
  'zinc',
  'fluoride',
  'selenium',
  'arsenic',
  'mercury',
  'cadmium',
  'hexavalent_chromium',
  'lead',
  'cyanide',
  'volatile_phenol',
  'petroleum',
  'anionic_surfactant',
  'sulfide',
  'faecal_coliform',
]);
const START = epochMs(Date.parse('2026-07-01T18:00:00+08:00'));
const NO_DISTRICT = districtOf([]);
const after = (hours: number): EpochMs => epochMs(START + hours * HOUR_MS);

function stormPlan(depthMm: number, fromHour = 2, hours = 3): WeatherPlan {
  const storm = { begin: after(fromHour), durationMs: hours * HOUR_MS, depthMm, radiusKm: 8 };
  return { climate: 'dry', storms: [{ ...storm, ...SMALL_DISTRICT_PLACE }] };
}

function smallWater(seed: number, weather?: WeatherPlan): DistrictWater {
  const given = { district: SMALL_DISTRICT, stations: SMALL_DISTRICT_STATIONS, seed, start: START };
  return createDistrictWater(weather === undefined ? given : { ...given, weather });
}

function readAll(water: DistrictWater): readonly (number | undefined)[] {
  return SMALL_DISTRICT_STATIONS.flatMap(station =>
    station.datastreams.map(datastream => water.read(station, datastream)),
  );
}

/** Curves of the small district, every five minutes, by `asset property` or `asset property.instance`. */
function record(water: DistrictWater, hours: number): ReadonlyMap<string, readonly number[]> {
  const curves = new Map<string, number[]>();
  for (let at = START + 5 * MINUTE_MS; at <= after(hours); at += 5 * MINUTE_MS) {
    water.advance(epochMs(at));
    for (const station of SMALL_DISTRICT_STATIONS) {
      for (const datastream of station.datastreams) {
        const { property, instance } = datastream;
        const key = `${station.asset} ${instance === undefined ? property : `${property}.${instance}`}`;
        const curve = curves.get(key) ?? [];
        curve.push(water.read(station, datastream)!);
        curves.set(key, curve);
      }
    }
  }
  return curves;
}

const highest = (curve: readonly number[]) => Math.max(...curve);
const peakHour = (curve: readonly number[]) => (curve.indexOf(highest(curve)) + 1) / 12;

describe('a storm over a small district', () => {
  const water = smallWater(3, stormPlan(110));
  let curves: ReadonlyMap<string, readonly number[]>;
  let calm: ReadonlyMap<string, readonly number[]>;
  const curve = (key: string) => curves.get(key)!;
  beforeAll(() => {
    curves = record(water, 48);
    calm = record(smallWater(3, { climate: 'dry' }), 48);
  });

  it('is closed by the water balance, in all and in each basin', () => {
    const balance = water.balance();
    // 110 mm below the centre of the cell on some 30 km².
    expect(balance.rainM3).toBeGreaterThan(2e6);
    expect(balance.outflowM3).toBeGreaterThan(1e6);
    expect(Math.abs(balance.errorM3)).toBeLessThan(1e-9 * balance.rainM3);
    expect([...balance.perBasin.keys()]).toEqual(['north', 'south']);
    for (const { errorM3, rainM3 } of balance.perBasin.values()) {
      expect(Math.abs(errorM3)).toBeLessThan(1e-9 * rainM3);
    }
    const transfers = [...balance.perBasin.values()].map(({ transferInM3 }) => transferInM3);
    expect(transfers[0]! + transfers[1]!).toBeCloseTo(0, 6);
    expect(transfers[0]).toBeGreaterThan(1_000);
  });

  it('falls into the gauge: totals and counter agree', () => {
    const counter = curve('gauge rainfall_counter');
    const totals = curve('gauge rainfall');
    expect(totals.reduce((sum, depth) => sum + depth, 0)).toBeCloseTo(counter.at(-1)! - counter[0]!, 6);
    expect(counter.at(-1)).toBeGreaterThan(75);
    expect(counter.at(-1)).toBeLessThan(150);
    expect(totals.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 0));
  });

  it('lets the river rise after the rain and fall back slower', () => {
    const stage = curve('upper water_level');
    const rainPeak = peakHour(curve('gauge rainfall'));
    const riverPeak = peakHour(stage);
    expect(highest(stage) - stage[0]!).toBeGreaterThan(1.5);
    expect(riverPeak).toBeGreaterThan(rainPeak + 0.3);
    const half = (highest(stage) + stage[0]!) / 2;
    const rise = riverPeak - (stage.findIndex(value => value > half) + 1) / 12;
    const fall = (stage.findLastIndex(value => value > half) + 1) / 12 - riverPeak;
    expect(fall).toBeGreaterThan(rise);
    expect(stage.at(-1)! - stage[0]!).toBeLessThan(0.4);
  });

  it('reaches the upper gauge before the lower one, and the lower one with more water', () => {
    const [upper, lower] = [curve('upper discharge'), curve('lower discharge')];
    expect(peakHour(lower)).toBeGreaterThan(peakHour(upper));
    expect(highest(lower)).toBeGreaterThan(highest(upper));
  });

  it('fills the manhole to the ground, the road below and the tank, and empties them again', () => {
    expect(highest(curve('shaft manhole_level'))).toBeGreaterThan(29.5);
    expect(highest(curve('road ponding_depth'))).toBeGreaterThan(0.3);
    expect(curve('road ponding_depth').at(-1)).toBe(0);
    expect(highest(curve('tank storage_volume'))).toBe(2_000);
    expect(curve('tank storage_volume').at(-1)).toBe(0);
    expect(curve('shaft manhole_level').at(-1)).toBeLessThan(26.5);
  });

  it('starts pumps, which lower their sump and stop', () => {
    const level = curve('pumps sump_level');
    const running = ['1', '2', '3'].map(pump => curve(`pumps pump_running.${pump}`));
    expect(running.map(highest)).toEqual([1, 1, 1]);
    expect(Math.max(...running.map(pump => pump.at(-1)!))).toBe(0);
    expect(highest(level)).toBeGreaterThan(14);
    expect(level.at(-1)).toBeLessThan(13.1);
    const [first, second] = [running[0]!, running[1]!];
    expect(first.indexOf(1)).toBeLessThanOrEqual(second.indexOf(1));
    const power = curve('pumps pump_power.2');
    expect(power.map(kw => kw > 0)).toEqual(second.map(state => state === 1));
  });

  it('stands in the underpass only while its pumps are overrun', () => {
    const [east, west] = [curve('tunnel ponding_depth.east'), curve('tunnel ponding_depth.west')];
    expect(highest(curve('tunnel pump_running.1'))).toBe(1);
    expect(east.at(-1)).toBe(0);
    expect(highest(west)).toBeLessThanOrEqual(highest(east));
  });

  it('raises the reservoir, which lets out down to its flood-limit level', () => {
    const level = curve('dam water_level');
    expect(highest(level)).toBeGreaterThan(level[0]! + 0.3);
    expect(level.at(-1)).toBeLessThan(68.1);
    const volume = curve('dam storage_volume');
    const exponent = (4e5 * 20) / 3e6;
    for (const [index, stored] of volume.entries()) {
      expect(Math.abs(50 + 20 * (stored / 3e6) ** (1 / exponent) - level[index]!)).toBeLessThan(0.02);
    }
  });

  it('opens the gate with the flood', () => {
    const opening = curve('gate gate_opening');
    expect(highest(opening)).toBeGreaterThan(opening[0]! + 0.5);
    expect(opening.at(-1)).toBeLessThan(opening[0]! + 0.2);
  });

  it('carries the dirt of the streets before the water: first flush', () => {
    const flow = curve('lower discharge');
    for (const property of ['turbidity', 'chemical_oxygen_demand']) {
      const quality = curve(`section ${property}`);
      // Compared with the same hours without rain, since used water has its own day.
      const flush = quality.map((value, index) => value - calm.get(`section ${property}`)![index]!);
      expect([property, highest(flush) > quality[0]! * 0.5]).toEqual([property, true]);
      expect([property, peakHour(flush) < peakHour(flow) - 0.2]).toEqual([property, true]);
    }
    expect(Math.min(...curve('section conductivity'))).toBeLessThan(curve('section conductivity')[0]! / 2);
  });

  it('has least oxygen before dawn and most in the afternoon of a dry day', () => {
    const day = calm.get('section dissolved_oxygen')!.slice(30 * 12 - 1);
    const localHour = (index: number) => (18 + 30 + index / 12) % 24;
    const oneDay = day.slice(0, 18 * 12);
    const least = oneDay.indexOf(Math.min(...oneDay));
    const most = oneDay.indexOf(highest(oneDay));
    expect(localHour(least)).toBeLessThan(8);
    expect(localHour(most)).toBeGreaterThan(12);
    expect(localHour(most)).toBeLessThan(18);
    expect(oneDay[most]! - oneDay[least]!).toBeGreaterThan(1.5);
  });

  it('leaves all as it was where no rain falls', () => {
    expect(highest(calm.get('gauge rainfall')!)).toBe(0);
    expect(highest(calm.get('road ponding_depth')!)).toBe(0);
    expect(highest(calm.get('tunnel ponding_depth.east')!)).toBe(0);
    expect(highest(calm.get('tank storage_volume')!)).toBe(0);
    const stage = calm.get('upper water_level')!;
    expect(highest(stage) - Math.min(...stage)).toBeLessThan(0.2);
    // Ground water and used water keep pumps at work now and then.
    expect(highest(calm.get('pumps pump_running.1')!)).toBe(1);
  });
});

describe('createDistrictWater', () => {
  it('says the same for the same seed, and something else for another', () => {
    const played = (seed: number) => {
      const water = smallWater(seed);
      const rows = [];
      for (let hour = 1; hour <= 24; hour++) {
        water.advance(after(hour));
        rows.push(readAll(water));
      }
      return JSON.stringify([rows, [...water.balance().perBasin]]);
    };
    expect(played(5)).toBe(played(5));
    expect(played(5)).not.toBe(played(6));
  });

  it('does not care how a span is split, nor what is read on the way, nor in which order', () => {
    const spans = fc.array(fc.integer({ min: 1, max: 60 * MINUTE_MS }), { minLength: 1, maxLength: 40 });
    const end = after(5);
    const whole = smallWater(2, stormPlan(80, 1, 2));
    whole.advance(end);
    const expected = readAll(whole);
    fc.assert(
      fc.property(spans, given => {
        const water = smallWater(2, stormPlan(80, 1, 2));
        let at: number = water.now;
        for (const span of given) {
          at = Math.min(end, at + span);
          water.advance(epochMs(at));
          if (at >= START) readAll(water);
        }
        water.advance(end);
        water.advance(START);
        expect(water.now).toBe(end);
        expect([...readAll(water)]).toEqual(expected);
        expect(water.balance()).toEqual(whole.balance());
        const backwards = [...SMALL_DISTRICT_STATIONS]
          .reverse()
          .flatMap(station => [...station.datastreams].reverse().map(each => water.read(station, each)));
        expect(backwards.reverse()).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });

  it('takes whole steps of the clock and never runs ahead of what it was asked for', () => {
    const water = smallWater(2, stormPlan(80, -1, 2));
    water.advance(epochMs(START + 9_999));
    expect(water.balance()).toMatchObject({ rainM3: 0, outflowM3: 0, storedChangeM3: 0 });
    water.advance(epochMs(START + 10_000));
    expect(water.balance().rainM3).toBeGreaterThan(0);
  });

  it('gives a station without an asset a catchment of its own, and reads every property of field sensors inside its span', () => {
    const station: StationSpec = {
      kind: 'station',
      id: 'S-ALL' as ThingId,
      name: 'all',
      datastreams: [...OBSERVED_PROPERTIES.keys()]
        .filter(property => !OF_LABORATORIES.has(property))
        .map(property => ({ property, intervalMs: 600_000 })),
    };
    const options = { district: NO_DISTRICT, stations: [station], seed: 4, start: START };
    const water = createDistrictWater(options);
    const stages: number[] = [];
    const outside = new Set<string>();
    for (let step = 1; step <= 72 * 6; step++) {
      water.advance(epochMs(START + step * 10 * MINUTE_MS));
      for (const datastream of station.datastreams) {
        const value = water.read(station, datastream);
        const [low, high] = OBSERVED_PROPERTIES.get(datastream.property)!.sensorSpan;
        if (value === undefined || value < low || value > high) outside.add(datastream.property);
        if (datastream.property === 'discharge') stages.push(value!);
      }
    }
    expect([...outside]).toEqual([]);
    expect(highest(stages) / Math.min(...stages)).toBeGreaterThan(2);
    expect(Math.abs(water.balance().errorM3)).toBeLessThan(1e-9 * water.balance().rainM3);
    expect(water.read({ ...station, id: 'S-OTHER' as ThingId }, station.datastreams[0]!)).toBeUndefined();
  });

  it('models no item that only laboratories measure', () => {
    const datastreams = [...OF_LABORATORIES].map(property => ({ property, intervalMs: 600_000 }));
    const station: StationSpec = { kind: 'station', id: 'S-LAB' as ThingId, name: 'lab', datastreams };
    const water = createDistrictWater({ district: NO_DISTRICT, stations: [station], seed: 4, start: START });
    expect(
      datastreams.map(datastream => water.read(station, datastream)).filter(value => value !== undefined),
    ).toEqual([]);
  });

  it('has nothing to do without stations and without a district', () => {
    const water = createDistrictWater({ district: NO_DISTRICT, stations: [], seed: 1, start: START });
    water.advance(epochMs(START + DAY_MS));
    expect(water.balance()).toMatchObject({ rainM3: 0, outflowM3: 0, storedChangeM3: 0, errorM3: 0 });
  });
});

describe('the water balance closes', () => {
  const TYPES = ['manhole', 'pipe', 'outfall', 'pump_station', 'storage_tank', 'ponding_point', 'underpass'];
  const MORE = ['river_gauge', 'section', 'reservoir', 'sluice_gate', 'flood_barrier', 'sewage_plant'];
  const LAST = ['replenishment_pump', 'wetland', 'treatment_unit', 'reach'];
  const types = fc.constantFrom(...([...TYPES, ...MORE, ...LAST] as (Asset['type'] | 'reach')[]));
  const shape = fc.record({
    nodes: fc.array(fc.record({ type: types, basin: fc.constantFrom('north', 'south'), km2: fc.nat(20) }), {
      minLength: 1,
      maxLength: 14,
    }),
    links: fc.array(fc.tuple(fc.nat(13), fc.nat(13)), { maxLength: 24 }),
    seed: fc.nat(),
    depthMm: fc.integer({ min: 0, max: 400 }),
  });

  it('for any graph, cycles and all, any storm and any seed', () => {
    fc.assert(
      fc.property(shape, ({ nodes, links, seed, depthMm }) => {
        const parts = nodes.map(({ type, basin, km2 }, index) =>
          type === 'reach'
            ? ({ kind: 'reach', id: `n${index}`, name: 'r', basin } as const)
            : sketchAsset(`n${index}`, { type, basin, attributes: km2 > 10 ? {} : { catchmentKm2: km2 } }),
        );
        const edges: FlowEdge[] = links.map(([from, to]) => sketchFlow(`n${from}`, `n${to}`));
        const district = districtOf([...parts, ...edges]);
        const weather = stormPlan(depthMm, 1, 2);
        const water = createDistrictWater({ district, stations: [], seed, start: START, weather });
        water.advance(after(8));
        const { errorM3, rainM3, baseflowInM3, outflowM3, storedChangeM3, perBasin } = water.balance();
        const turnover = rainM3 + baseflowInM3 + outflowM3 + Math.abs(storedChangeM3);
        expect(Math.abs(errorM3)).toBeLessThan(1e-9 * turnover + 1e-6);
        for (const basin of perBasin.values()) {
          expect(Math.abs(basin.errorM3)).toBeLessThan(1e-9 * turnover + 1e-6);
        }
      }),
      { numRuns: 25 },
    );
  });
});
