import { describe, expect, it } from 'vitest';

import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import { BEHAVIOUR_SCHEMA, effectOf } from './behaviour-kinds.ts';
import type { Effect } from './behaviour.ts';
import { NEVER } from './span.ts';

const FROM = epochMs(1_790_000_040_000);
const TO = epochMs(FROM + 2 * HOUR_MS);

function effect(given: object, label = 'S-1'): Effect {
  const context = { span: { from: FROM, to: TO }, seed: 7, label };
  return effectOf(BEHAVIOUR_SCHEMA.parse(given), context);
}

/** A reading each minute from before the span to after it, all of the same value. */
function series(p: string, v: number | null = 2): OutgoingReading[] {
  return Array.from({ length: 180 }, (_, minute) => ({
    p,
    t: FROM + (minute - 30) * MINUTE_MS,
    v,
  }));
}

function distorted(given: object, readings: OutgoingReading[], label?: string): OutgoingReading[] {
  const { distort } = effect(given, label);
  return readings.map(reading => distort!(reading));
}

const changed = (given: object, readings = series('water_level')): number[] =>
  distorted(given, readings).flatMap((reading, index) => (reading === readings[index] ? [] : [index]));

const WITHIN = Array.from({ length: 120 }, (_, index) => index + 30);

describe('outage', () => {
  it('takes the connection away for its span and says what the device keeps', () => {
    expect(effect({ kind: 'outage', buffer: 50, messagesPerS: 2 })).toEqual({
      offline: [{ from: FROM, to: TO }],
      buffer: { capacity: 50, messagesPerS: 2, readingsPerMessage: 100 },
    });
  });
});

describe('flapping', () => {
  it('takes the connection away over and over, and never beyond its span', () => {
    const { offline = [] } = effect({ kind: 'flapping', up: '50m', down: '20m' });
    expect(offline.map(({ from, to }) => [(from - FROM) / MINUTE_MS, (to - FROM) / MINUTE_MS])).toEqual([
      [50, 70],
    ]);
    const often = effect({ kind: 'flapping', up: '40s', down: '20s' }).offline!;
    expect(often).toHaveLength(120);
    expect(often.at(-1)!.to).toBe(TO);
  });
});

describe('battery_death', () => {
  const given = { kind: 'battery_death', duration: '2h' };

  it('lets the voltage fall, slowly first, and leaves everything else alone', () => {
    const voltages = distorted(given, series('battery_voltage', 12.6)).map(({ v }) => v!);
    expect(voltages[29]).toBe(12.6);
    expect(voltages.slice(30, 150)).toEqual(voltages.slice(30, 150).toSorted((a, b) => b - a));
    expect(12.6 - voltages[90]!).toBeLessThan(0.4);
    expect(voltages[149]).toBeCloseTo(10.55, 1);
    expect(changed(given)).toEqual([]);
  });

  it('leaves the station dead until the battery is replaced, or for ever', () => {
    expect(effect(given).dead).toEqual([{ from: TO, to: NEVER }]);
    expect(effect({ ...given, replacedAfter: '3h' }).dead).toEqual([{ from: TO, to: TO + 3 * HOUR_MS }]);
  });
});

describe('clock_skew', () => {
  it('moves the clock by offset and drift, and back when the time service answers again', () => {
    const { clockOffsetMs } = effect({ kind: 'clock_skew', offset: '-5m', driftPerDay: '12s' });
    const at = (ms: number) => clockOffsetMs!(epochMs(FROM + ms));
    expect([at(-1), at(0), at(HOUR_MS), at(2 * HOUR_MS)]).toEqual([
      0,
      -5 * MINUTE_MS,
      -5 * MINUTE_MS + (12_000 * HOUR_MS) / DAY_MS,
      0,
    ]);
  });
});

describe('spike', () => {
  const given = { kind: 'spike', probability: 0.2, amplitude: 5 };

  it('lets some values jump by half of the amplitude to all of it', () => {
    const hit = changed(given);
    expect(hit.length).toBeGreaterThan(10);
    expect(hit.length).toBeLessThan(50);
    expect(hit.every(index => WITHIN.includes(index))).toBe(true);
    const values = distorted(given, series('water_level'));
    for (const index of hit) {
      expect(values[index]!.v).toBeGreaterThanOrEqual(4.5);
      expect(values[index]!.v).toBeLessThanOrEqual(7);
    }
    expect(new Set(hit.map(index => values[index]!.v)).size).toBeGreaterThan(5);
  });

  it('draws by seed and station alone, keeps a missing value, and asks for a height', () => {
    expect(changed(given)).toEqual(changed(given));
    const others = distorted(given, series('water_level'), 'S-2').map(({ v }) => v);
    expect(others).not.toEqual(distorted(given, series('water_level')).map(({ v }) => v));
    expect(changed(given, series('water_level', null))).toEqual([]);
    expect(BEHAVIOUR_SCHEMA.safeParse({ ...given, amplitude: 0 }).success).toBe(false);
  });
});

describe('stuck', () => {
  it('freezes each series of the named properties at its first value', () => {
    const readings = series('ph').map((reading, index) => ({ ...reading, v: index }));
    const values = distorted({ kind: 'stuck', properties: ['ph'] }, readings).map(({ v }) => v!);
    expect(values.slice(28, 34)).toEqual([28, 29, 30, 30, 30, 30]);
    expect(values.slice(148, 152)).toEqual([30, 30, 150, 151]);
    expect(changed({ kind: 'stuck', properties: ['ph'] })).toEqual([]);
  });

  it('knows the property behind an instance', () => {
    const pumps = series('pump_running.2').map((reading, index) => ({ ...reading, v: index % 2 }));
    expect(
      new Set(
        distorted({ kind: 'stuck' }, pumps)
          .slice(30, 150)
          .map(({ v }) => v),
      ).size,
    ).toBe(1);
    expect(changed({ kind: 'stuck', properties: ['pump_running'] }, pumps)).toHaveLength(119);
  });
});

describe('drift', () => {
  it('moves away from the truth at its rate', () => {
    const values = distorted({ kind: 'drift', perHour: 0.3 }, series('water_level')).map(({ v }) => v!);
    expect([values[29], values[30], values[90], values[149], values[150]]).toEqual([2, 2, 2.3, 2.595, 2]);
    expect(changed({ kind: 'drift', perHour: 0.3 }, series('water_level', null))).toEqual([]);
  });
});

describe('missing', () => {
  it('sends no value and the flag B', () => {
    expect(changed({ kind: 'missing' })).toEqual(WITHIN);
    expect(distorted({ kind: 'missing' }, series('water_level'))[30]).toMatchObject({ v: null, f: 'B' });
    const some = changed({ kind: 'missing', probability: 0.5 });
    expect(some.length).toBeGreaterThan(40);
    expect(some.length).toBeLessThan(80);
  });
});

describe('duplicate', () => {
  it('sends some messages once more after a while', () => {
    const { repeatAfterMs } = effect({ kind: 'duplicate', probability: 0.25, after: '3s' });
    const repeats = series('x').map(({ t }) => repeatAfterMs!(epochMs(t)));
    const again = repeats.flatMap((after, index) => (after === undefined ? [] : [index]));
    expect(new Set(repeats)).toEqual(new Set([undefined, 3_000]));
    expect(again.length).toBeGreaterThan(15);
    expect(again.length).toBeLessThan(50);
    expect(again.every(index => WITHIN.includes(index))).toBe(true);
  });
});

describe('reorder', () => {
  it('lets the messages of a window leave at its end in another order', () => {
    const { leavesAt } = effect({ kind: 'reorder', window: '10m' });
    const minutes = Array.from({ length: 10 }, (_, minute) => epochMs(FROM + minute * MINUTE_MS));
    const leaves = minutes.map(at => leavesAt!(at));
    const end = FROM + 10 * MINUTE_MS;
    expect(leaves.every(at => at >= end && at < end + 1_000)).toBe(true);
    expect(leaves).not.toEqual(leaves.toSorted((a, b) => a - b));
    expect(leavesAt!(epochMs(FROM - 1))).toBe(FROM - 1);
    expect(leavesAt!(TO)).toBe(TO);
  });
});
