import { describe, expect, it } from 'vitest';

import { decodeObservations } from '../../codecs/json-v1/codec.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { BEHAVIOUR_SCHEMA } from '../scenario/behaviour-kinds.ts';
import { planDistrict } from './plan-district.ts';
import type { PlanOptions, ReadableWater } from './plan-district.ts';
import type { SimulatedSend, SimulatedStep } from './simulated-step.ts';

const FROM = epochMs(1_790_000_040_000);
const SPAN = { from: FROM, to: epochMs(FROM + 4 * HOUR_MS) };

function station(id: string, ...intervals: readonly number[]): StationSpec {
  const properties = ['water_level', 'ph', 'turbidity'];
  return {
    kind: 'station',
    id: id as ThingId,
    name: id,
    simulated: true,
    datastreams: intervals.map((intervalMs, index) => ({ property: properties[index]!, intervalMs })),
  };
}

/** Water that shows the minutes since the start. */
class CountingWater implements ReadableWater {
  now: EpochMs;
  constructor(start: EpochMs = FROM) {
    this.now = start;
  }
  advance(to: EpochMs): void {
    if (to < this.now) throw new Error('Time went back.');
    this.now = to;
  }
  read(): number {
    return (this.now - FROM) / MINUTE_MS;
  }
}

const ONE = [station('S-1', 60_000)];

function plan(behaviours: readonly object[], options: Partial<PlanOptions> = {}): SimulatedStep[] {
  const steps = planDistrict({
    stations: ONE,
    water: new CountingWater(),
    seed: 5,
    span: SPAN,
    behaviours: behaviours.map(given => BEHAVIOUR_SCHEMA.parse(given)),
    ...options,
  });
  const taken: SimulatedStep[] = [];
  for (const step of steps) {
    if (step.at >= SPAN.to) break;
    if (step.kind !== 'pass') taken.push(step);
  }
  return taken;
}

const minuteOf = (at: number): number => (at - FROM) / MINUTE_MS;
const sends = (steps: readonly SimulatedStep[]): SimulatedSend[] =>
  steps.flatMap(step => (step.kind === 'send' ? [step] : []));
const kinds = (steps: readonly SimulatedStep[]): string[] =>
  steps.filter(({ kind }) => kind !== 'send').map(step => `${step.kind} ${minuteOf(step.at)}`);

const EVERYTHING = [
  { kind: 'outage', share: 0.2, from: '30m', duration: '1h' },
  { kind: 'flapping', share: 0.2, up: '90s', down: '45s' },
  { kind: 'battery_death', share: 0.2, duration: '1h', replacedAfter: '30m' },
  { kind: 'clock_skew', share: 0.2, offset: '7m', driftPerDay: '10s', duration: '2h' },
  { kind: 'duplicate', probability: 0.1 },
  { kind: 'reorder', share: 0.2, window: '3m' },
  { kind: 'spike', probability: 0.05, amplitude: 3 },
  { kind: 'stuck', share: 0.2, duration: '1h' },
  { kind: 'drift', share: 0.2, perHour: 0.1 },
  { kind: 'missing', share: 0.2, probability: 0.5 },
];
const FLEET = Array.from({ length: 12 }, (_, index) => station(`S-${index}`, 60_000, 300_000, 30_000));

describe('planDistrict', () => {
  it('reads each datastream at the multiples of its interval and sends what is due together as one message', () => {
    const steps = plan([], { stations: [station('S-1', 60_000, 300_000)] });
    expect(steps[0]).toEqual({ kind: 'connect', at: FROM, station: 'S-1' });
    const messages = sends(steps).map(({ message }) => message);
    expect(messages).toHaveLength(240);
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index));
    expect(messages.every(({ channel, sent, obs }) => channel === 'obs' && obs[0]!.t === sent)).toBe(true);
    expect(messages.filter(({ obs }) => obs.length === 2)).toHaveLength(48);
    expect(decodeObservations(messages[7]!.payload)).toMatchObject({
      seq: 7,
      sent: FROM + 7 * MINUTE_MS,
      readings: [{ p: 'water_level', t: FROM + 7 * MINUTE_MS, v: 7 }],
    });
  });

  it('gives the same bytes for the same seed, others for another, in the order of time', () => {
    const bytes = (seed: number): string =>
      JSON.stringify(
        plan(EVERYTHING, { stations: FLEET, seed }).map(step =>
          step.kind === 'send' ? [step.at, step.station, Buffer.from(step.message.payload).toString()] : step,
        ),
      );
    expect(bytes(5)).toBe(bytes(5));
    expect(bytes(5)).not.toBe(bytes(6));
    const steps = plan(EVERYTHING, { stations: FLEET });
    const times = steps.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('loses and invents nothing: what was measured was sent once, or is counted lost', () => {
    const steps = plan(EVERYTHING, { stations: FLEET });
    const lost = steps.reduce((sum, step) => sum + (step.kind === 'lost' ? step.readings : 0), 0);
    const sent = sends(steps).filter(({ isRepeat }) => !isRepeat);
    const readings = sent.flatMap(({ message }) => message.obs).length;
    // Twelve stations, 240 + 48 + 480 readings each; the dead ones are silent for half an hour.
    const measured = 12 * 768;
    const dead = 2 * (30 + 6 + 60);
    const behind = measured - dead - lost - readings;
    // What the last window of a reorder or a flapping gap holds when the span ends.
    expect(behind).toBeGreaterThanOrEqual(0);
    expect(behind).toBeLessThan(60);
  });

  it('lets time pass in steps that can be interrupted while nothing happens', () => {
    const steps = planDistrict({
      stations: ONE,
      water: new CountingWater(epochMs(FROM - 12 * MINUTE_MS)),
      seed: 1,
      span: SPAN,
      behaviours: [],
    });
    const begin = Array.from({ length: 7 }, () => steps.next().value as SimulatedStep);
    expect(begin.map(({ kind }) => kind)).toEqual([
      'pass',
      'pass',
      'pass',
      'pass',
      'pass',
      'connect',
      'send',
    ]);
  });
});

describe('the device', () => {
  it('keeps readings through an outage and sends them afterwards, oldest first, while live goes on', () => {
    const steps = plan([
      { kind: 'outage', from: '10m', duration: '30m', readingsPerMessage: 7, messagesPerS: 0.02 },
    ]);
    expect(kinds(steps)).toEqual(['connect 0', 'cut 10', 'connect 40']);
    const all = sends(steps);
    const backlog = all.filter(({ message }) => message.channel === 'backlog');
    expect(backlog.map(({ message }) => message.obs.length)).toEqual([7, 7, 7, 7, 2]);
    expect(backlog.flatMap(({ message }) => message.obs.map(({ t }) => minuteOf(t)))).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 10),
    );
    expect(backlog.map(({ at }) => (at - FROM) / 1_000 - 2_400)).toEqual([1, 51, 101, 151, 201]);
    expect(all.every(({ at }) => minuteOf(at) < 10 || minuteOf(at) >= 40)).toBe(true);
    expect(all.filter(({ at, message }) => message.channel === 'obs' && minuteOf(at) < 45)).toHaveLength(15);
  });

  it('has a bounded buffer: the oldest gives way and is counted', () => {
    const steps = plan([{ kind: 'outage', from: '10m', duration: '30m', buffer: 12 }]);
    const lost = steps.filter(({ kind }) => kind === 'lost');
    expect(lost).toHaveLength(18);
    const [backlog] = sends(steps).filter(({ message }) => message.channel === 'backlog');
    expect(backlog!.message.obs.map(({ t }) => minuteOf(t))).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 28),
    );
  });

  it('falls silent with its battery, and what it held is gone', () => {
    const steps = plan([
      { kind: 'battery_death', duration: '1h', replacedAfter: '1h' },
      { kind: 'outage', from: '50m', duration: '20m' },
    ]);
    expect(kinds(steps)).toEqual(['connect 0', 'cut 50', 'connect 120']);
    const times = sends(steps).map(({ message }) => minuteOf(message.obs[0]!.t));
    expect(times.filter(minute => minute >= 60 && minute < 120)).toEqual([]);
    expect(times.at(-1)).toBe(239);
  });

  it('counts what dies with its power', () => {
    const steps = plan([
      { kind: 'battery_death', duration: '1h', replacedAfter: '1h' },
      { kind: 'reorder', window: '20m', from: '50m' },
    ]);
    expect(steps.filter(({ kind }) => kind === 'lost')).toEqual([
      { kind: 'lost', at: FROM + HOUR_MS, station: 'S-1', readings: 10 },
    ]);
  });

  it('stamps t and sent by its own clock, and jumps back with it', () => {
    const messages = sends(plan([{ kind: 'clock_skew', from: '10m', duration: '10m', offset: '5m' }]));
    const times = messages.map(({ message }) => minuteOf(message.obs[0]!.t));
    expect(times.slice(8, 12)).toEqual([8, 9, 15, 16]);
    expect(times.slice(18, 22)).toEqual([23, 24, 20, 21]);
    expect(messages.every(({ message }) => message.sent === message.obs[0]!.t)).toBe(true);
    expect(messages[12]!.behaviours).toEqual(['clock_skew']);
    expect(messages[25]!.behaviours).toEqual([]);
  });

  it('sends a message once more with the same bytes', () => {
    const all = sends(plan([{ kind: 'duplicate', probability: 0.3, after: '2s' }]));
    const repeats = all.filter(({ isRepeat }) => isRepeat);
    expect(repeats.length).toBeGreaterThan(40);
    for (const repeat of repeats) {
      const original = all.find(({ message, isRepeat }) => !isRepeat && message === repeat.message)!;
      expect(repeat.at - original.at).toBe(2_000);
      expect(repeat.behaviours).toEqual(['duplicate']);
    }
  });

  it('lets the messages of a window leave in another order, with what they said when they were made', () => {
    const all = sends(plan([{ kind: 'reorder', window: '10m', duration: '1h' }]));
    const numbers = all.map(({ message }) => message.seq!);
    expect(numbers.slice(0, 60)).not.toEqual(numbers.slice(0, 60).toSorted((a, b) => a - b));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 240 }, (_, index) => index));
    expect(
      all.slice(0, 10).every(({ at, message }) => at >= FROM + 10 * MINUTE_MS && message.sent < at),
    ).toBe(true);
  });

  it('keeps a repeat that has no connection until there is one', () => {
    const all = sends(
      plan([
        { kind: 'duplicate', probability: 1, after: '30s' },
        { kind: 'flapping', up: '61s', down: '59s' },
      ]),
    );
    expect(all.filter(({ isRepeat }) => isRepeat).length).toBeGreaterThan(100);
    const gone = all.filter(({ at }) => (at - FROM) % (2 * MINUTE_MS) >= 61_000);
    expect(gone).toEqual([]);
  });

  it('measures from its own time on, and has no connection until the server is there', () => {
    const steps = plan([], {
      measuresFrom: () => epochMs(FROM + 5 * MINUTE_MS),
      connectsFrom: epochMs(FROM + 30 * MINUTE_MS + 7),
    });
    const [connect, backlog, live] = steps;
    expect(connect).toMatchObject({ kind: 'connect', at: FROM + 30 * MINUTE_MS + 7 });
    expect(sends([backlog!])[0]!.message.obs.map(({ t }) => minuteOf(t))).toEqual(
      Array.from({ length: 26 }, (_, index) => index + 5),
    );
    expect(sends([live!])[0]!.message).toMatchObject({ channel: 'obs', sent: FROM + 31 * MINUTE_MS });
  });
});
