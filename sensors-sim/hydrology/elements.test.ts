import { describe, expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import type { Moment } from './element.ts';
import { Gate } from './gate.ts';
import { Manhole } from './manhole.ts';
import { MuskingumReach } from './muskingum-reach.ts';
import { Outfall } from './outfall.ts';
import { PondingBasin } from './ponding-basin.ts';
import { PumpSump, stagedPumps } from './pump-sump.ts';
import { RatingCurve } from './rating-curve.ts';
import { Reservoir } from './reservoir.ts';
import { StorageTank } from './storage-tank.ts';
import { StreetDirt } from './street-dirt.ts';

const MOMENT: Moment = { at: epochMs(1_790_000_000_000), stepS: 10, evaporationMmPerS: 0, waterUse: 1 };
const moment = (iso: string): Moment => ({ ...MOMENT, at: epochMs(Date.parse(iso)) });

describe('MuskingumReach', () => {
  it('delays a wave by its travel time and lowers its peak', () => {
    const reach = new MuskingumReach(1_800, 10);
    const inflow = (step: number) => (step < 360 ? 10 * Math.sin((Math.PI * step) / 360) ** 2 : 0);
    let inTimeS = 0;
    let outTimeS = 0;
    let inM3 = 0;
    let outM3 = 0;
    let peak = 0;
    for (let step = 0; step < 4_000; step++) {
      const { passedM3 } = reach.step(inflow(step) * 10, MOMENT);
      inM3 += inflow(step) * 10;
      outM3 += passedM3;
      inTimeS += inflow(step) * 10 * step * 10;
      outTimeS += passedM3 * step * 10;
      peak = Math.max(peak, passedM3 / 10);
    }
    expect(outM3).toBeCloseTo(inM3, 6);
    // The delay between the centres of gravity is K, and half a step for the mean of a step.
    expect(outTimeS / outM3 - inTimeS / inM3).toBeCloseTo(1_805, 0);
    expect(peak).toBeGreaterThan(4);
    expect(peak).toBeLessThan(9);
  });
});

describe('PumpSump', () => {
  const create = () =>
    new PumpSump({
      floorM: 0,
      brimM: 4,
      areaM2: 60,
      pumps: stagedPumps(2, { stopM: 0.5, startM: 1.5, highM: 3 }),
      pumpM3PerS: 0.1,
      seepageM3PerS: 0,
    });

  it('starts its pumps one after the other, lowers the level and stops them lower than it started them', () => {
    const sump = create();
    const log: (readonly [level: number, running: number])[] = [];
    for (let step = 0; step < 600; step++) {
      sump.step(step < 120 ? 2.2 : 0, MOMENT);
      const running = sump.value('pump_running', 0)! + sump.value('pump_running', 1)!;
      log.push([sump.value('sump_level', 0)!, running]);
    }
    expect(new Set(log.map(([, running]) => running))).toEqual(new Set([0, 1, 2]));
    const after = log.slice(121).filter(([, running]) => running > 0);
    for (const [index, [level]] of after.entries()) {
      if (index > 0) expect(level).toBeLessThan(after[index - 1]![0]);
    }
    const start = log.find(([, running]) => running > 0)![0];
    expect(start).toBeGreaterThanOrEqual(1.5);
    expect(after.at(-1)![0]).toBeLessThan(start - 0.8);
    expect(log.at(-1)![1]).toBe(0);
  });

  it('takes power only with a running pump, and more the deeper the water', () => {
    const sump = create();
    expect(sump.value('pump_power', 0)).toBe(0);
    sump.step(60 * 3.5, MOMENT);
    const high = sump.value('pump_power', 0)!;
    while (sump.value('sump_level', 0)! > 1) sump.step(0, MOMENT);
    expect(high).toBeGreaterThan(0);
    expect(sump.value('pump_power', 0)).toBeGreaterThan(high);
  });

  it('stands on the road of an underpass only above the pit, and the second sensor sees less', () => {
    const sump = new PumpSump({
      floorM: -4,
      brimM: 0,
      areaM2: 30,
      roadM2: 500,
      pumps: stagedPumps(1, { stopM: -3.5, startM: -2, highM: -1 }),
      pumpM3PerS: 0.01,
      seepageM3PerS: 0,
    });
    sump.step(100, MOMENT);
    expect(sump.value('ponding_depth', 0)).toBe(0);
    sump.step(120, MOMENT);
    expect(sump.value('ponding_depth', 0)).toBeGreaterThan(0.1);
    expect(sump.value('sump_level', 0)).toBeCloseTo(sump.value('ponding_depth', 0)!, 9);
    expect(sump.value('ponding_depth', 1)).toBeLessThan(sump.value('ponding_depth', 0)!);
  });
});

describe('Manhole and Outfall', () => {
  const shape = { bottomM: 10, groundM: 13, diameterM: 1, fullM3PerS: 2, surfaceM2: 30 };

  it('runs part full, then fills to the ground, then overflows, and falls back', () => {
    const manhole = new Manhole(shape);
    const levelAfter = (inflowM3PerS: number, steps: number) => {
      let spilledM3 = 0;
      for (let step = 0; step < steps; step++) spilledM3 += manhole.step(inflowM3PerS * 10, MOMENT).spilledM3;
      return [manhole.value('manhole_level')!, spilledM3] as const;
    };
    expect(levelAfter(0.5, 1)[0]).toBeLessThan(10.6);
    const [surcharged, none] = levelAfter(3, 3);
    expect(surcharged).toBeCloseTo(12, 6);
    expect(none).toBe(0);
    const [full, spilledM3] = levelAfter(3, 10);
    expect(full).toBeCloseTo(13, 6);
    expect(spilledM3).toBeCloseTo(70, 6);
    expect(levelAfter(0, 4)[0]).toBe(10);
  });

  it('drains less the higher the river stands before the outfall', () => {
    const passedAt = (stageM: number) => {
      const outfall = new Outfall({ invertM: 10, diameterM: 1, fullM3PerS: 2 });
      outfall.standsAt({ stageM, bedM: 8, bankShare: 0.5 });
      const manhole = new Manhole(shape);
      manhole.drainsTo(outfall);
      return manhole.step(40, MOMENT).passedM3;
    };
    const passed = [9, 10.9, 11.5, 12, 12.9, 14].map(passedAt);
    expect(passed[0]).toBe(20);
    expect(passed[1]).toBe(20);
    expect(passed).toEqual([...passed].sort((a, b) => b - a));
    expect(passed[3]).toBeCloseTo(20 * Math.sqrt(0.5), 6);
    expect(passed[5]).toBe(0);
  });

  it('lets the inlets of the road above take nothing while it overflows', () => {
    const manhole = new Manhole(shape);
    const road = new PondingBasin({ surfaceM2: 500, inletM3PerS: 0.5, brimM: 0.8 });
    road.liesAbove(manhole);
    manhole.step(500, MOMENT);
    expect(road.step(20, MOMENT).passedM3).toBe(0);
    expect(road.value('ponding_depth', 0)).toBeGreaterThan(0.1);
    manhole.step(0, MOMENT);
    expect(road.step(0, MOMENT).passedM3).toBe(5);
  });
});

describe('StorageTank', () => {
  it('keeps what comes up to its capacity and gives it back an hour after the storm', () => {
    const tank = new StorageTank({ capacityM3: 500, surfaceM2: 100, bottomM: 5, emptyingM3PerS: 0.1 });
    expect(tank.roomM3()).toBe(500);
    for (let step = 0; step < 20; step++) tank.step(20, MOMENT);
    expect(tank.value('storage_volume')).toBe(400);
    expect(tank.value('water_level')).toBe(9);
    expect(tank.step(150, MOMENT).spilledM3).toBe(50);
    expect(tank.roomM3()).toBe(0);
    for (let step = 0; step < 355; step++) expect(tank.step(0, MOMENT).passedM3).toBe(0);
    for (let step = 0; step < 600; step++) tank.step(0, MOMENT);
    expect(tank.value('storage_volume')).toBe(0);
  });
});

describe('Reservoir', () => {
  const shape = {
    bottomM: 40,
    normalM: 60,
    deadM: 45,
    capacityM3: 2e6,
    surfaceM2: 2.5e5,
    outletM3PerS: 8,
    spillwayM3PerS: 100,
    ecologicalM3PerS: 0.02,
    floodLimit: [
      { from: '04-15', level: 57 },
      { from: '10-01', level: 59 },
    ],
    beginBelowM: 0,
  };
  const levelAfterDays = (iso: string, inflowM3PerS: number) => {
    const pool = new Reservoir(shape);
    pool.begin(moment(iso));
    for (let step = 0; step < 8_640 * 3; step++) pool.step(inflowM3PerS * 10, moment(iso));
    return pool.value('water_level')!;
  };

  it('keeps the flood-limit level of the date', () => {
    expect(levelAfterDays('2026-07-01T00:00:00+08:00', 2)).toBeCloseTo(57.07, 1);
    expect(levelAfterDays('2026-11-01T00:00:00+08:00', 2)).toBeCloseTo(59.07, 1);
  });

  it('spills above the normal pool, and level and volume belong together', () => {
    const pool = new Reservoir(shape);
    const flood = moment('2026-07-01T00:00:00+08:00');
    pool.begin(flood);
    let highest = 0;
    let rows: readonly (readonly [number, number])[] = [];
    for (let step = 0; step < 8_640; step++) {
      pool.step(step < 4_000 ? 600 : 0, flood);
      highest = Math.max(highest, pool.value('discharge')!);
      rows = [...rows.slice(-1), [pool.value('water_level')!, pool.value('storage_volume')!]];
      const [level, volume] = rows.at(-1)!;
      // m = A (hn - h0) / Vn = 2.5.
      expect(volume).toBeCloseTo(2e6 * ((level - 40) / 20) ** 2.5, 3);
    }
    expect(highest).toBeGreaterThan(8 + 20);
    expect(pool.value('water_level')).toBeLessThan(60);
  });
});

describe('StreetDirt', () => {
  it('goes with the first millimetres and comes back with dry days', () => {
    const dirt = new StreetDirt(10_000, 1);
    const storm = () => Array.from({ length: 20 }, () => dirt.step(0.5, 60)).reduce((sum, kg) => sum + kg, 0);
    const first = storm();
    const second = storm();
    // 1 - exp(-0.18 x 10 mm) of 30 kg.
    expect(first).toBeCloseTo(30 * (1 - Math.exp(-1.8)), 0);
    expect(second).toBeLessThan(first / 4);
    for (let hour = 0; hour < 240; hour++) expect(dirt.step(0, 3_600)).toBe(0);
    expect(storm()).toBeGreaterThan(0.8 * first);
  });
});

describe('Gate', () => {
  const rating = new RatingCurve({ bedM: 10, bankM: 14, bankfullM3PerS: 100 });
  const shape = { designM3PerS: 100, fullOpeningM: 4, rating, pondM2: 1e6 };

  it('opens with the flow, no faster than its drive, and closes with it', () => {
    const gate = new Gate(shape);
    const openings: number[] = [];
    for (let step = 0; step < 200; step++) {
      gate.step((step < 100 ? 60 : 5) * 10, MOMENT);
      openings.push(gate.value('gate_opening')!);
    }
    for (const [index, opening] of openings.entries()) {
      if (index > 0)
        expect(Math.abs(opening - openings[index - 1]!)).toBeLessThanOrEqual((4 * 10) / 300 + 1e-9);
    }
    expect(openings[99]).toBeGreaterThan(4 * 0.6);
    expect(openings.at(-1)).toBeLessThan(4 * 0.2);
  });

  it('shuts a barrier while the river outside is high, and opens it again', () => {
    const gate = new Gate(shape);
    const river = { stageM: 12, bedM: 10, bankShare: 0.3 };
    const outside = { ...river };
    gate.shutsAgainst(outside);
    const openingAfter = (bankShare: number) => {
      outside.bankShare = bankShare;
      for (let step = 0; step < 60; step++) gate.step(100, MOMENT);
      return gate.value('gate_opening')!;
    };
    expect(openingAfter(0.3)).toBeGreaterThan(0.3);
    expect(openingAfter(0.7)).toBeLessThan(1e-9);
    expect(openingAfter(0.55)).toBeLessThan(1e-9);
    expect(openingAfter(0.4)).toBeGreaterThan(0.3);
  });

  it('lets go over minutes what a shut barrier held back', () => {
    const gate = new Gate({ ...shape, pondM2: 5_000 });
    const outside = { stageM: 12, bedM: 10, bankShare: 0.7 };
    gate.shutsAgainst(outside);
    for (let step = 0; step < 360; step++) gate.step(100, MOMENT);
    expect(gate.storageM3).toBeCloseTo(20_000, 6);
    outside.bankShare = 0.3;
    let level = gate.value('water_level')!;
    for (let minute = 0; minute < 120; minute++) {
      for (let step = 0; step < 6; step++) gate.step(100, MOMENT);
      const fallen = level - gate.value('water_level')!;
      expect(fallen).toBeLessThan(0.4);
      level -= fallen;
    }
    expect(gate.storageM3).toBeLessThan(200);
  });
});
