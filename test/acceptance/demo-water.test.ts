import { beforeAll, describe, expect, it } from 'vitest';

import { districtOf } from '../../domain/model/district.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import { createDistrictWater } from '../../sensors-sim/hydrology/district-water.ts';
import type { DistrictWater } from '../../sensors-sim/hydrology/district-water.ts';
import { loadSite } from '../../server/site/load-site.ts';
import { printFigure } from '../harness/print-figure.ts';

const START = epochMs(Date.parse('2026-06-10T18:00:00+08:00'));
const HOURS = 48;
const STEP_MS = 10 * MINUTE_MS;

interface Curve {
  readonly station: StationSpec;
  readonly datastream: DatastreamSpec;
  readonly values: number[];
}

/** A typhoon night over the whole district. */
const TYPHOON = {
  climate: 'dry',
  storms: [
    {
      begin: epochMs(START + 2 * HOUR_MS),
      durationMs: 8 * HOUR_MS,
      depthMm: 250,
      latitude: 22.69,
      longitude: 114.2,
      radiusKm: 25,
    },
  ],
} as const;

describe('the water of the demo district in a typhoon night', () => {
  let water: DistrictWater;
  let curves: readonly Curve[];
  const of = (property: string) => curves.filter(({ datastream }) => datastream.property === property);
  const named = (list: readonly Curve[]) =>
    list.map(({ station, datastream }) => `${station.id} ${formatDatastreamName(datastream)}`);

  beforeAll(async () => {
    const { parts } = await loadSite('config/demo');
    const stations = parts.filter((part): part is StationSpec => part.kind === 'station');
    const begun = process.cpuUsage();
    water = createDistrictWater({
      district: districtOf(parts),
      stations,
      seed: 1,
      start: START,
      weather: TYPHOON,
    });
    curves = stations.flatMap(station =>
      station.datastreams.map(datastream => ({ station, datastream, values: [] })),
    );
    for (let at = START + STEP_MS; at <= START + HOURS * HOUR_MS; at += STEP_MS) {
      water.advance(epochMs(at));
      for (const { station, datastream, values } of curves) {
        values.push(water.read(station, datastream) ?? Number.NaN);
      }
    }
    const { user, system } = process.cpuUsage(begun);
    const hoursPerS = ((HOURS + 12) * 1e6) / (user + system);
    printFigure(
      `the water of ${stations.length} stations: ${hoursPerS.toFixed(0)} simulated hours in a CPU second`,
    );
  }, 120_000);

  it('closes its balance', () => {
    const { rainM3, errorM3, perBasin } = water.balance();
    expect(rainM3).toBeGreaterThan(1e7);
    expect(Math.abs(errorM3)).toBeLessThan(1e-9 * rainM3);
    expect([...perBasin.values()].map(basin => Math.abs(basin.errorM3) < 1e-9 * basin.rainM3)).toEqual(
      [...perBasin.keys()].map(() => true),
    );
    printFigure(
      `water balance of a typhoon night: ${rainM3.toFixed(0)} m3 of rain, error ${errorM3.toExponential(1)} m3`,
    );
  });

  it('shows a value of every datastream, inside the span of its sensor', () => {
    const bad = curves.filter(({ datastream, values }) => {
      const [low, high] = datastream.sensorSpan ?? [-Infinity, Infinity];
      return !values.every(value => value >= low && value <= high);
    });
    expect(named(bad)).toEqual([]);
    // A value that rests on the end of the span would hide one beyond it.
    const atTheEnd = curves.filter(({ datastream, values }) => {
      const high = datastream.sensorSpan?.[1];
      return datastream.property !== 'pump_running' && high !== undefined && Math.max(...values) >= high;
    });
    expect(named(atTheEnd)).toEqual([]);
  });

  it('takes rivers over their warning level and back below', () => {
    const rivers = of('water_level').filter(({ datastream }) => datastream.thresholds?.warning !== undefined);
    const over = rivers.filter(
      ({ datastream, values }) => Math.max(...values) > datastream.thresholds!.warning!,
    );
    expect(rivers.length).toBeGreaterThan(5);
    expect(over.length).toBeGreaterThan(rivers.length / 2);
    const still = rivers.filter(({ datastream, values }) => values.at(-1)! > datastream.thresholds!.warning!);
    expect(named(still)).toEqual([]);
    expect(
      named(rivers.filter(({ datastream, values }) => values[0]! > datastream.thresholds!.warning!)),
    ).toEqual([]);
  });

  it('puts roads and underpasses under water and drains them all', () => {
    const depths = of('ponding_depth');
    const deep = depths.filter(({ values }) => Math.max(...values) > 0.15);
    expect(deep.length).toBeGreaterThan(depths.length / 3);
    expect(named(depths.filter(({ values }) => values[0] !== 0 || values.at(-1) !== 0))).toEqual([]);
  });

  it('works every pump station and lets none run for ever', () => {
    const pumps = of('pump_running').filter(({ station }) => !station.asset?.startsWith('replenish'));
    const lazy = pumps.filter(
      ({ datastream, values }) => datastream.instance === '1' && Math.max(...values) === 0,
    );
    expect(named(lazy)).toEqual([]);
    // Ground and used water start the first pump now and then, after the storm too.
    const tireless = pumps.filter(({ values }) => values.slice(-36).every(value => value === 1));
    expect(named(tireless)).toEqual([]);
  });

  it('keeps the reservoirs between their dead and their crest level', () => {
    const pools = of('water_level').filter(({ datastream }) => datastream.thresholds?.dead !== undefined);
    const wrong = pools.filter(({ datastream, values }) => {
      const { dead = -Infinity, crest = Infinity } = datastream.thresholds ?? {};
      return Math.min(...values) < dead || Math.max(...values) > crest;
    });
    expect(pools.length).toBeGreaterThan(3);
    expect(named(wrong)).toEqual([]);
  });
});
