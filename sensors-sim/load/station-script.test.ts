import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeObservations } from '../../codecs/json-v1/codec.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { completeLoadPlan } from './load-plan.ts';
import type { GivenLoadPlan, LoadPlan } from './load-plan.ts';
import { loadThings } from './load-registry.ts';
import { MALFORMATIONS } from './malformation.ts';
import { StationScript } from './station-script.ts';
import type { LoadMessage } from './station-script.ts';

const FROM = epochMs(1_790_000_000_000);
const EVENTFUL: GivenLoadPlan = {
  properties: 3,
  readingsPerMessage: 4,
  duplicateShare: 0.2,
  reorderShare: 0.2,
  correctionShare: 0.2,
  flagShare: 0.1,
  malformed: { share: 0.1 },
  backlog: { stationShare: 1, readings: 10, readingsPerMessage: 7 },
  skew: { stationShare: 0.5 },
  qosWeights: [1, 2, 1],
};

function play(plan: LoadPlan, turns: number, index = 0): readonly LoadMessage[] {
  const script = new StationScript(plan, index);
  const messages = [...script.backlog(FROM)];
  for (let turn = 0; turn < turns; turn++) messages.push(...script.next(FROM));
  return [...messages, ...script.rest()];
}

const bytesOf = (messages: readonly LoadMessage[]) =>
  messages.map(message => Buffer.from(message.payload(FROM)).toString('latin1'));

describe('StationScript', () => {
  it('makes the same bytes from the same seed, and others from another', () => {
    const plan = completeLoadPlan(EVENTFUL);
    expect(bytesOf(play(plan, 50))).toEqual(bytesOf(play(plan, 50)));
    expect(bytesOf(play(plan, 50))).not.toEqual(bytesOf(play({ ...plan, seed: 2 }, 50)));
    expect(bytesOf(play(plan, 50))).not.toEqual(bytesOf(play(plan, 50, 1)));
  });

  it('makes fresh and backlog readings that are all new, valid and inside the sensor span', () => {
    const shapes = fc.record({
      seed: fc.nat(),
      properties: fc.integer({ min: 1, max: 6 }),
      readingsPerMessage: fc.integer({ min: 1, max: 40 }),
      ratePerStation: fc.oneof(fc.constant('max' as const), fc.double({ min: 0.01, max: 20, noNaN: true })),
    });
    fc.assert(
      fc.property(shapes, shape => {
        const plan = completeLoadPlan({
          ...EVENTFUL,
          ...shape,
          qosWeights: [0, 1, 0],
          malformed: { share: 0 },
        });
        const identities = new Set<string>();
        let made = 0;
        for (const message of play(plan, 20)) {
          const decoded = decodeObservations(message.payload(FROM));
          expect(decoded).toMatchObject({ ok: true, rejects: [], seq: message.seq });
          for (const { p, t, v } of message.readings) {
            const [low, high] = OBSERVED_PROPERTIES.get(p)!.sensorSpan;
            expect(v === null || (v >= low && v <= high)).toBe(true);
            if (message.kind !== 'fresh' && message.kind !== 'backlog') continue;
            made += 1;
            identities.add(`${p}@${t}`);
          }
        }
        expect(identities.size).toBe(made);
      }),
      { numRuns: 50 },
    );
  });

  it('corrects with another value, repeats with the same one, and both refer to something sent', () => {
    const messages = play(completeLoadPlan(EVENTFUL), 400);
    const sent = new Map<string, number | null>();
    for (const { kind, readings } of messages) {
      if (kind === 'fresh') for (const { p, t, v } of readings) sent.set(`${p}@${t}`, v);
    }
    const ofKind = (wanted: string) => messages.filter(({ kind }) => kind === wanted);
    for (const { readings } of ofKind('correction')) {
      expect(readings).toHaveLength(1);
      expect(sent.get(`${readings[0]!.p}@${readings[0]!.t}`)).not.toBe(readings[0]!.v);
    }
    for (const { readings } of ofKind('duplicate')) {
      for (const { p, t, v } of readings) expect(sent.get(`${p}@${t}`)).toBe(v);
    }
    expect(ofKind('correction').length).toBeGreaterThan(40);
    expect(ofKind('duplicate').length).toBeGreaterThan(40);
    expect(ofKind('fresh')).toHaveLength(400);
    expect(messages.filter(({ overtaken }) => overtaken).length).toBeGreaterThan(40);
    const first = messages.findIndex(({ overtaken }) => overtaken);
    const before = messages.slice(0, first).filter(({ kind }) => kind === 'fresh');
    expect(before.some(({ seq }) => seq! > messages[first]!.seq!)).toBe(true);
  });

  it('puts backlog before everything fresh, oldest first, on the channel of the plan', () => {
    const plan = completeLoadPlan({ ...EVENTFUL, skew: { stationShare: 0 } });
    const messages = play(plan, 1);
    const backlog = messages.filter(({ kind }) => kind === 'backlog');
    const times = backlog.flatMap(({ readings }) => readings.map(({ t }) => t));
    expect(times).toHaveLength(30);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(backlog.map(({ channel }) => channel))).toEqual(new Set(['backlog']));
    const fresh = messages.find(({ kind }) => kind === 'fresh')!;
    expect(Math.min(...fresh.readings.map(({ t }) => t))).toBeGreaterThan(times.at(-1)!);
    expect(Math.max(...fresh.readings.map(({ t }) => t))).toBeLessThanOrEqual(FROM);
  });

  it('registers what it sends', () => {
    const plan = completeLoadPlan({ ...EVENTFUL, stations: 3, firstStation: 41 });
    const things = loadThings(plan);
    expect(things.map(({ id }) => id)).toEqual(['load-00041', 'load-00042', 'load-00043']);
    expect(things[2]!.id).toBe(new StationScript(plan, 2).id);
    const used = new Set(play(plan, 5).flatMap(({ readings }) => readings.map(({ p }) => p)));
    expect([...used].sort()).toEqual(things[0]!.datastreams.map(({ property }) => property).sort());
  });
});

describe('malformed messages', () => {
  it.each(Object.entries(MALFORMATIONS))('%s is refused where the table says so', (_kind, malformation) => {
    const decoded = decodeObservations(malformation.payload(FROM));
    const ingestDecides = [
      'sent_in_future',
      'unknown_property',
      'unknown_datastream',
      'future',
      'before_epoch',
    ];
    if (ingestDecides.includes(malformation.reason)) {
      expect(decoded).toMatchObject({ ok: true, rejects: [] });
      expect(decoded.ok && decoded.readings.length).toBe(1);
    } else if (malformation.quarantined === 'message') {
      expect(decoded).toMatchObject({ ok: false, reason: malformation.reason });
    } else {
      expect(decoded).toMatchObject({ ok: true, readings: [], rejects: [{ reason: malformation.reason }] });
    }
  });
});
