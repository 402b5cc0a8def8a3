import { describe, expect, it } from 'vitest';

import { sectionAssessment } from '../../domain/assessment/section-assessment.ts';
import type { WaterBody } from '../../domain/assessment/quality-class.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { CLEAN } from './pollution.ts';
import type { Mixture } from './pollution.ts';
import { WaterQuality, oxygenSaturation } from './water-quality.ts';

const BEGIN = epochMs(Date.parse('2026-07-01T00:00:00+08:00'));

/** The section after a day of such water. */
function after(mixture: Partial<Mixture>, waterBody: WaterBody = 'river'): WaterQuality {
  const quality = new WaterQuality(26, waterBody);
  for (let step = 1; step <= 1_440; step++) {
    quality.step(epochMs(BEGIN + step * 60_000), 60, { ...CLEAN, ...mixture });
  }
  return quality;
}

describe('oxygenSaturation', () => {
  it('is that of fresh water', () => {
    // Standard Methods, table 4500-O: 14.62, 9.09 and 7.56 mg/L.
    for (const [temperatureC, mgPerL] of [
      [0, 14.62],
      [20, 9.09],
      [30, 7.56],
    ] as const) {
      expect(Math.abs(oxygenSaturation(temperatureC) - mgPerL)).toBeLessThan(0.15);
    }
  });
});

describe('WaterQuality', () => {
  const clean = after({});
  const rise = (mixture: Partial<Mixture>, property: string) =>
    after(mixture).value(property)! - clean.value(property)!;

  it('adds what used water brings, by its share', () => {
    expect(rise({ sewageShare: 0.1 }, 'ammonia_nitrogen')).toBeCloseTo(2.6, 3);
    expect(rise({ sewageShare: 0.1 }, 'total_phosphorus')).toBeCloseTo(0.4, 3);
    expect(rise({ sewageShare: 0.1 }, 'dissolved_oxygen')).toBeLessThan(-1);
  });

  it('dilutes the salts of the river with rain, which cools it', () => {
    expect(after({ stormShare: 1 }).value('conductivity')).toBeCloseTo(70, 0);
    expect(rise({ stormShare: 1 }, 'water_temperature')).toBeLessThan(-2);
    expect(rise({ stormShare: 1 }, 'ph')).toBeLessThan(0);
  });

  it('keeps a lake that nothing spoils in class II, at night too', () => {
    const lake = after({}, 'lake');
    for (let hour = 0; hour < 24; hour++) {
      for (let step = 1; step <= 60; step++) {
        lake.step(epochMs(BEGIN + 86_400_000 + hour * 3_600_000 + step * 60_000), 60, CLEAN);
      }
      const items = ['total_phosphorus', 'dissolved_oxygen', 'ammonia_nitrogen', 'permanganate_index', 'ph'];
      const values = Object.fromEntries(items.map(item => [item, lake.value(item)]));
      expect(sectionAssessment(values, { waterBody: 'lake', targetClass: 2 }).class).toBeLessThanOrEqual(2);
    }
  });

  it('clouds with the dirt of the streets', () => {
    expect(rise({ dirtMgPerL: 100 }, 'turbidity')).toBeCloseTo(90, 1);
    expect(rise({ dirtMgPerL: 100 }, 'chemical_oxygen_demand')).toBeCloseTo(22, 1);
  });

  it('keeps some oxygen in the worst water, and knows nothing of levels', () => {
    const worst = after({ sewageShare: 1, dirtMgPerL: 2_000 });
    expect(worst.value('dissolved_oxygen')).toBeGreaterThan(0);
    expect(worst.value('water_level')).toBeUndefined();
  });
});
