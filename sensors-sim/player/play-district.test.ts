import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { decodeObservations } from '../../codecs/json-v1/codec.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { HOUR_MS, MINUTE_MS, durationMs, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { SYSTEM_CLOCK } from '../../test/harness/machine-clock.ts';
import { MqttIntake } from '../../test/harness/mqtt-intake.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { BEHAVIOUR_SCHEMA } from '../scenario/behaviour-kinds.ts';
import { planDistrict } from './plan-district.ts';
import { DistrictPlay } from './play-district.ts';
import type { PlayOptions } from './play-district.ts';

const SPAN_MS = 2 * HOUR_MS;

function station(id: string): StationSpec {
  const datastreams = ['water_level', 'ph'].map(property => ({ property, intervalMs: 60_000 }));
  return { kind: 'station', id: id as ThingId, name: id, simulated: true, datastreams };
}
const STATIONS = Array.from({ length: 6 }, (_, index) => station(`S-${index}`));

/** A play of a span that ends `endsMs` after now; the water shows the minute. */
function play(behaviours: readonly object[], options: Partial<PlayOptions> & { endsMs?: number } = {}) {
  const { endsMs = -60_000 } = options;
  const now = SYSTEM_CLOCK.now();
  const from = epochMs(Math.floor((now + endsMs - SPAN_MS) / MINUTE_MS) * MINUTE_MS);
  const span = { from, to: epochMs(from + SPAN_MS) };
  const water = {
    now: from,
    advance(to: EpochMs) {
      this.now = to;
    },
    read() {
      return (this.now - from) / MINUTE_MS;
    },
  };
  const steps = planDistrict({
    stations: STATIONS,
    water,
    seed: 3,
    span,
    behaviours: behaviours.map(given => BEHAVIOUR_SCHEMA.parse(given)),
  });
  return new DistrictPlay({
    stations: STATIONS,
    steps,
    connect: {
      host: '127.0.0.1',
      port: intake.port,
      secrets: new Map(STATIONS.map(({ id }) => [id, `secret-of-${id}`])),
    },
    speed: 'max',
    until: span.to,
    atPresent: 'end',
    clock: SYSTEM_CLOCK,
    seed: 3,
    ...options,
  });
}

const intake = new MqttIntake();
beforeEach(() => intake.start());
afterEach(async () => {
  intake.decide = () => 'take';
  await intake.stop();
  intake.taken.length = 0;
  intake.published.length = 0;
});

function newestOf(payload: Uint8Array): number {
  const decoded = decodeObservations(payload);
  if (!decoded.ok) throw new Error(decoded.detail);
  return Math.max(...decoded.readings.map(({ t }) => t));
}

const taken = (channel: string) => intake.taken.filter(({ topic }) => topic.endsWith(`/${channel}`));

describe('DistrictPlay', () => {
  it('accounts for what the server received, to the last reading', async () => {
    const account = await play([
      { kind: 'duplicate', probability: 0.2 },
      { kind: 'outage', stations: ['S-1'], from: '20m', duration: '40m', readingsPerMessage: 10 },
      { kind: 'flapping', stations: ['S-2'], up: '5m', down: '150s' },
      { kind: 'battery_death', stations: ['S-3'], duration: '30m' },
      { kind: 'clock_skew', stations: ['S-4'], offset: '2m', duration: '30m' },
      { kind: 'reorder', stations: ['S-5'], window: '10m' },
      { kind: 'missing', stations: ['S-5'], probability: 0.5 },
    ]).run();
    const messages = [...taken('obs'), ...taken('backlog')];
    const contents = messages.map(({ topic, payload }) => {
      const decoded = decodeObservations(payload);
      if (!decoded.ok) throw new Error(decoded.detail);
      return { topic, readings: decoded.readings };
    });
    const readings = contents.flatMap(({ topic, readings }) =>
      readings.map(({ p, t, v, deviceFlag }) => ({
        key: `${topic.split('/')[2]} ${p} ${t}`,
        content: `${v} ${deviceFlag}`,
      })),
    );
    const identities = new Set(readings.map(({ key }) => key));
    const distinct = new Set(readings.map(({ key, content }) => `${key} ${content}`));
    expect(account.messages).toMatchObject({
      obs: taken('obs').length,
      backlog: taken('backlog').length,
      unacknowledged: 0,
    });
    expect(account.readings).toBe(readings.length);
    expect(account.expected).toEqual({
      futureMessages: 0,
      stored: identities.size,
      corrected: distinct.size - identities.size,
      duplicate: readings.length - distinct.size,
    });
    expect(account.expected!.corrected).toBe(4);
    expect(account.expected!.duplicate).toBeGreaterThan(100);
    // The intake publishes the wills as the real server does.
    const wills = intake.taken.length - messages.length - account.messages.status;
    expect(account.cuts).toBe(1 + 16 + 1);
    expect(wills).toBe(account.cuts);
    expect(account).toMatchObject({ stations: 6, aborted: false, refusedStations: {} });
    expect(Object.keys(account.affected).sort()).toEqual(['clock_skew', 'duplicate', 'missing', 'reorder']);
  });

  it('never runs ahead of the wall clock, and follows it where it is told to', async () => {
    const told: number[] = [];
    const following = play([], {
      endsMs: HOUR_MS,
      atPresent: 'follow',
      onProgress: ({ at }) => told.push(at - SYSTEM_CLOCK.now()),
    });
    const run = following.run();
    await waitFor('the present', () => told.length, { until: count => count > 6 * 61 });
    following.stop();
    const account = await run;
    expect(Math.max(...told)).toBeLessThanOrEqual(0);
    expect(account.aborted).toBe(true);
    expect(account.expected).toBeUndefined();
    const ended = await play([], { endsMs: HOUR_MS }).run();
    expect(ended.aborted).toBe(false);
    expect(SYSTEM_CLOCK.now() - ended.to!).toBeLessThan(2 * MINUTE_MS);
  });

  it('foretells what is quarantined because it lies in the future', async () => {
    const account = await play([{ kind: 'clock_skew', stations: ['S-1'], from: '1h', offset: '8h' }]).run();
    expect(account.expected).toMatchObject({ futureMessages: 60, corrected: 0 });
    expect(account.expected!.stored).toBe(account.readings - 120);
    expect(account.affected).toEqual({ clock_skew: 60 });
  });

  it('keeps to the speed', async () => {
    const slow = await play([], { speed: SPAN_MS / 800 }).run();
    expect(slow.elapsedMs).toBeGreaterThan(780);
    expect(slow.messages.obs).toBe(6 * 120);
  });

  it('sends again what the server did not acknowledge when it vanished, and counts it once', async () => {
    let count = 0;
    intake.decide = ({ topic }) => (topic.endsWith('/obs') && (count += 1) === 100 ? 'hang up' : 'take');
    const account = await play([]).run();
    expect(account.messages.obs + account.messages.backlog).toBe(6 * 120);
    expect(account.messages.unacknowledged).toBe(0);
  });

  it('ends where the server acknowledges nothing any more, and tells what it did not acknowledge', async () => {
    let count = 0;
    intake.decide = ({ topic }) => (topic.endsWith('/obs') && (count += 1) > 300 ? 'hold' : 'take');
    // Half a minute without an acknowledgement is a moment here.
    const clock: Clock = {
      ...SYSTEM_CLOCK,
      after: (span, run) => SYSTEM_CLOCK.after(durationMs(Math.min(span, 300)), run),
    };
    const account = await play([], { clock, stations: STATIONS.slice(0, 3) }).run();
    expect(account.messages.obs).toBe(300);
    expect(account.messages.unacknowledged).toBe(60);
    expect(account.aborted).toBe(false);
    intake.release();
  });

  it('plays a station again that was released, or begins one, from now on', async () => {
    const secrets = new Map([['S-0', 'secret-of-S-0']]);
    const connect = { host: '127.0.0.1', port: intake.port, secrets };
    const ids = STATIONS.map(({ id }) => id);
    const running = play([{ kind: 'outage', stations: ['S-2'] }], { connect, speed: SPAN_MS / 4_000 });
    const run = running.run();
    const bySender = (id: string) => taken('obs').filter(({ principal }) => principal === id);
    await waitFor('some messages', () => bySender('S-0').length > 5);
    await running.release('S-0');
    const before = bySender('S-0').length;
    const told = () => Math.max(...bySender('S-1').map(({ payload }) => newestOf(payload)));
    running.resume(ids[1]!, { secret: 'secret-of-S-1', after: epochMs(0) });
    running.resume(ids[2]!, { secret: 'secret-of-S-2', after: epochMs(0) });
    await waitFor('the other station', () => bySender('S-1').length > 5);
    const after = epochMs(told() + 20 * MINUTE_MS);
    running.resume(ids[0]!, { secret: 'secret-of-S-0', after });
    running.resume(ids[0]!, { secret: 'wrong', after: epochMs(0) });
    const account = await run;
    expect(account.refusedStations).toEqual({});
    const again = bySender('S-0')
      .slice(before)
      .map(({ payload }) => newestOf(payload));
    expect(again[0]).toBe(after + MINUTE_MS);
    expect(again.length).toBeGreaterThan(5);
    // What the plan keeps without a connection has none.
    expect(intake.taken.filter(({ principal }) => principal === 'S-2')).toEqual([]);
    running.resume(ids[3]!, { secret: 'secret-of-S-3', after: epochMs(0) });
    expect(intake.taken.filter(({ principal }) => principal === 'S-3')).toEqual([]);
  });

  it('goes on without a station that the server refuses, and without one that is released', async () => {
    const secrets = new Map(STATIONS.map(({ id }) => [id, id === 'S-0' ? 'wrong' : `secret-of-${id}`]));
    const connect = { host: '127.0.0.1', port: intake.port, secrets };
    // Slow enough that a station is released before it has said everything.
    const running = play([], { connect, speed: SPAN_MS / 2_000 });
    const run = running.run();
    await waitFor('the first message', () => taken('obs').length, { until: length => length > 0 });
    await running.release('S-1');
    const account = await run;
    expect(account.refusedStations).toEqual({ 'S-0': 5 });
    const byStation = (id: string) => taken('obs').filter(({ topic }) => topic.includes(`/${id}/`)).length;
    expect(byStation('S-0')).toBe(0);
    expect(byStation('S-1')).toBeLessThan(120);
    expect(byStation('S-2')).toBe(120);
  });
});
