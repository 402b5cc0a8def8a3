import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import { Catchment } from './catchment.ts';
import type { Moment, WaterElement } from './element.ts';
import { Gate } from './gate.ts';
import { LinearReservoir, NashCascade } from './linear-reservoir.ts';
import { Manhole } from './manhole.ts';
import { MuskingumReach } from './muskingum-reach.ts';
import { Outfall } from './outfall.ts';
import { Passage } from './passage.ts';
import { emptyParcel } from './pollution.ts';
import { PondingBasin } from './ponding-basin.ts';
import { PumpSump, stagedPumps } from './pump-sump.ts';
import { RatingCurve } from './rating-curve.ts';
import { ReplenishmentPump } from './replenishment-pump.ts';
import { Reservoir } from './reservoir.ts';
import { SewagePlant } from './sewage-plant.ts';
import { StorageTank } from './storage-tank.ts';

const STEP_S = 10;
const MOMENT: Moment = {
  at: epochMs(1_790_000_000_000),
  stepS: STEP_S,
  evaporationMmPerS: 1e-4,
  waterUse: 1,
};

/** Inflows of a storm, m³/s: blocks of some steps each. */
const inflows = fc.array(
  fc.record({
    inflowM3PerS: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 40, noNaN: true })),
    steps: fc.integer({ min: 1, max: 60 }),
  }),
  { minLength: 1, maxLength: 12 },
);

function reservoir(): Reservoir {
  const pool = new Reservoir({
    bottomM: 40,
    normalM: 60,
    deadM: 45,
    capacityM3: 2e5,
    surfaceM2: 3e4,
    outletM3PerS: 5,
    spillwayM3PerS: 60,
    ecologicalM3PerS: 0.05,
    floodLimit: [{ from: '04-15', level: 58 }],
    beginBelowM: 0.4,
  });
  pool.begin(MOMENT);
  return pool;
}

const rating = new RatingCurve({ bedM: 10, bankM: 14, bankfullM3PerS: 100 });
const sump = (roadM2?: number) =>
  new PumpSump({
    floorM: 0,
    brimM: 4,
    areaM2: 40,
    pumps: stagedPumps(2, { stopM: 0.5, startM: 1.5, highM: 3 }),
    pumpM3PerS: 0.4,
    seepageM3PerS: 0,
    ...(roadM2 === undefined ? {} : { roadM2 }),
  });
const drowned = (): Manhole => {
  const outfall = new Outfall({ invertM: 10, diameterM: 1, fullM3PerS: 2 });
  outfall.standsAt({ stageM: 12, bedM: 9, bankShare: 0.8 });
  const manhole = new Manhole({ bottomM: 10, groundM: 13, diameterM: 1, fullM3PerS: 2, surfaceM2: 30 });
  manhole.drainsTo(outfall);
  return manhole;
};
const barrier = (): Gate => {
  const gate = new Gate({ designM3PerS: 20, fullOpeningM: 3, rating, pondM2: 500 });
  gate.shutsAgainst({ stageM: 14, bedM: 10, bankShare: 0.9 });
  return gate;
};

const ELEMENTS: readonly (readonly [name: string, create: () => WaterElement])[] = [
  ['a reach', () => new MuskingumReach(1_800, STEP_S)],
  ['a reach shorter than a step', () => new MuskingumReach(3, STEP_S)],
  ['a section', () => new Passage({ rating })],
  ['a pipe', () => new Passage({ residenceS: 900 })],
  ['an outfall', () => new Outfall({ invertM: 10, diameterM: 1, fullM3PerS: 2 })],
  ['a manhole', () => new Manhole({ bottomM: 0, groundM: 3, diameterM: 1, fullM3PerS: 2, surfaceM2: 30 })],
  ['a manhole behind a drowned outfall', drowned],
  ['a low point', () => new PondingBasin({ surfaceM2: 800, inletM3PerS: 0.2, brimM: 0.8 })],
  ['a pump station', () => sump()],
  ['an underpass', () => sump(500)],
  [
    'a storage tank',
    () => new StorageTank({ capacityM3: 900, surfaceM2: 200, bottomM: 5, emptyingM3PerS: 0.1 }),
  ],
  ['a reservoir', reservoir],
  ['a sewage plant', () => new SewagePlant(0.5)],
  ['a sluice gate', () => new Gate({ designM3PerS: 20, fullOpeningM: 3, rating, pondM2: 500 })],
  ['a shut barrier', barrier],
  [
    'a replenishment pump',
    () => new ReplenishmentPump({ pumps: 2, pumpM3PerS: 0.2, drawsFromOutside: false }),
  ],
];

describe('the water balance of a step closes', () => {
  it.each(ELEMENTS)('in %s, which never lets out less than nothing', (_name, create) => {
    fc.assert(
      fc.property(inflows, blocks => {
        const element = create();
        let expected = element.storageM3;
        let turnover = expected;
        let lowest = 0;
        for (const { inflowM3PerS, steps } of blocks) {
          for (let step = 0; step < steps; step++) {
            const inflowM3 = inflowM3PerS * STEP_S;
            const { passedM3, spilledM3, evaporatedM3 } = element.step(inflowM3, MOMENT);
            expected += inflowM3 - passedM3 - spilledM3 - evaporatedM3;
            turnover += inflowM3;
            lowest = Math.min(lowest, passedM3, spilledM3, evaporatedM3, element.storageM3);
          }
        }
        expect(lowest).toBeGreaterThanOrEqual(0);
        expect(Math.abs(element.storageM3 - expected)).toBeLessThan(1e-9 * turnover + 1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['a linear reservoir', () => new LinearReservoir(900, 0.3)],
    ['a Nash cascade', () => new NashCascade({ count: 3, residenceS: 700, inflowM3PerS: 0.3 })],
  ])('in %s, for steps of any length', (_name, create) => {
    const steps = fc.array(
      fc.record({
        inflow: fc.double({ min: 0, max: 10, noNaN: true }),
        stepS: fc.integer({ min: 1, max: 600 }),
      }),
      { minLength: 1, maxLength: 100 },
    );
    fc.assert(
      fc.property(steps, given => {
        const store = create();
        let expected = store.storageM3;
        let turnover = expected;
        for (const { inflow, stepS } of given) {
          expected += (inflow - store.step(inflow, stepS)) * stepS;
          turnover += inflow * stepS;
        }
        expect(Math.abs(store.storageM3 - expected)).toBeLessThan(1e-9 * turnover + 1e-9);
      }),
    );
  });

  it('in a catchment: rain and seepage leave as runoff, into the air, into the ground, or are kept', () => {
    const rains = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.05, noNaN: true })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(rains, fc.double({ min: 0, max: 1, noNaN: true }), (given, imperviousShare) => {
        const rain = { mmPerS: 0 };
        const shape = {
          areaKm2: 2,
          imperviousShare,
          seepageM3PerSKm2: 0.005,
          baseflowM3PerSKm2: 0.01,
          sewageShare: 0.01,
          dirtShare: 0.5,
        };
        const catchment = new Catchment(shape, rain);
        let expected = catchment.storageM3;
        const begunM3 = expected;
        let turnover = expected;
        for (const mmPerS of given) {
          rain.mmPerS = mmPerS;
          const runoff = emptyParcel();
          const fluxes = catchment.step(MOMENT, runoff);
          expect(fluxes.rainM3).toBeCloseTo(mmPerS * STEP_S * 2_000, 6);
          expect(runoff.volumeM3).toBeGreaterThanOrEqual(0);
          // Only water that stands in hollows evaporates.
          if (turnover === begunM3) expect(fluxes.evaporatedM3).toBeLessThan(1e-9);
          expect(runoff.stormM3 + runoff.sewageM3).toBeLessThanOrEqual(runoff.volumeM3 + 1e-9);
          expected += fluxes.rainM3 + fluxes.seepageM3 - fluxes.evaporatedM3 - fluxes.percolatedM3;
          expected -= runoff.volumeM3;
          turnover += fluxes.rainM3;
        }
        expect(Math.abs(catchment.storageM3 - expected)).toBeLessThan(1e-9 * turnover);
      }),
      { numRuns: 50 },
    );
  });
});
