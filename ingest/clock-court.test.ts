import { beforeEach, describe, expect, it } from 'vitest';

import { stationOf } from '../domain/model/topic.ts';
import type { JournalledEntry } from '../domain/ports/journal.ts';
import type { HeldMessage } from '../domain/ports/telemetry-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import { BENCH_NOW, benchIntake } from '../test/harness/ingest-bench.ts';
import { BatchBuilder } from './batch-builder.ts';
import { ClockCourt } from './clock-court.ts';
import type { ClockDecision } from './clock-decision.ts';

const AHEAD = 3_600_000;
const STATIONS = ['S-1', 'S-2', 'S-3', 'S-4', 'S-5'];

function entry(position: number, station: string, channel = 'obs', ahead = AHEAD): JournalledEntry {
  const sent = BENCH_NOW + ahead;
  const text = JSON.stringify({ sent, obs: [{ p: 'water_level', t: sent, v: position }] });
  const payload = new TextEncoder().encode(text);
  return {
    position,
    received: epochMs(BENCH_NOW),
    principal: station,
    topic: `ww/v1/${station}/${channel}`,
    qos: 1,
    payload,
  };
}

let court: ClockCourt;
let decisions: ClockDecision[];
let trusts: string[];

beforeEach(() => {
  decisions = [];
  trusts = [];
  court = new ClockCourt({
    intake: benchIntake(...STATIONS),
    onDecision: decision => decisions.push(decision),
    onTrust: trust => trusts.push(trust),
  });
});

function hold(builder: BatchBuilder, position: number, station: string, channel?: string): HeldMessage {
  const message = court.hold(entry(position, station, channel), station, { builder, ms: 0 });
  if (message === undefined) throw new Error('not held');
  return message;
}
const batchOf = (builder: BatchBuilder) => builder.take({ cursors: {}, newDatastreams: [] });
/** Holds one message of every station, at positions 1 to 5, and brings the clock under suspicion at 5 s. */
function becomeSuspect(): void {
  const builder = new BatchBuilder();
  court.detain(STATIONS.map((station, index) => hold(builder, index + 1, station)));
  court.poll(5_000, () => undefined);
  expect(court.trust).toBe('suspect');
}
function becomeTrusted(): void {
  // What was still held counts in the first window.
  for (const atMs of [10_000, 15_000]) {
    for (const station of STATIONS) court.saw(station, false, atMs - 1);
    court.poll(atMs, () => undefined);
  }
  expect(court.trust).toBe('trusted');
}

describe('ClockCourt', () => {
  it('releases everything as the devices’ fault, oldest first', () => {
    const builder = new BatchBuilder();
    court.detain([hold(builder, 7, 'S-2'), hold(builder, 3, 'S-1')]);
    const released: number[] = [];
    court.poll(5_000, messages => released.push(...messages.map(({ position }) => position)));
    expect([released, court.heldCount, decisions]).toEqual([[3, 7], 0, []]);
  });

  it('gives no verdict while a held message was not handed over yet', () => {
    const builder = new BatchBuilder();
    const message = hold(builder, 1, 'S-1');
    const released: number[] = [];
    const poll = () => court.poll(60_000, messages => released.push(messages.length));
    poll();
    expect([released, court.trust]).toEqual([[], 'watching']);
    court.detain([message]);
    poll();
    expect([released, court.trust]).toEqual([[1], 'trusted']);
  });

  it('names what it held by lane, and by how much our clock was behind', () => {
    becomeSuspect();
    const builder = new BatchBuilder();
    court.detain([hold(builder, 9, 'S-1', 'backlog'), hold(builder, 12, 'S-2')]);
    becomeTrusted();
    expect(trusts).toEqual(['suspect', 'trusted']);
    const backlog = { from: 9, through: 9 };
    expect(decisions).toEqual([{ live: { from: 1, through: 12 }, backlog, correctionMs: AHEAD }]);
    // Nothing is released before the decision was read back.
    expect(court.heldCount).toBe(7);
  });

  it('carries a decision out on exactly what it covers, also on what is held in the same batch', () => {
    becomeSuspect();
    const builder = new BatchBuilder();
    const fresh = [hold(builder, 6, 'S-1'), hold(builder, 7, 'S-2'), hold(builder, 8, 'S-3', 'backlog')];
    court.carryOut({ live: { from: 2, through: 6 }, correctionMs: AHEAD }, builder, fresh);
    const batch = batchOf(builder);
    expect(batch.unheld).toEqual([2, 3, 4, 5]);
    expect(batch.held.map(({ position }) => position)).toEqual([7, 8]);
    expect(fresh.map(({ position }) => position)).toEqual([7, 8]);
    expect([...batch.readings.position.subarray(0, batch.readings.count)]).toEqual([2, 3, 4, 5, 6]);
    court.detain(fresh);
    expect(court.heldCount).toBe(3);
  });

  it('decides at once what a known decision covers, and holds the rest', () => {
    const decision = { live: { from: 1, through: 3 }, correctionMs: AHEAD };
    court.adopt({ held: [], decisions: [decision] }, stationOf, 0);
    const builder = new BatchBuilder();
    expect(court.hold(entry(3, 'S-1'), 'S-1', { builder, ms: 0 })).toBeUndefined();
    expect(court.hold(entry(2, 'S-1', 'backlog'), 'S-1', { builder, ms: 0 })).toBeDefined();
    expect(court.hold(entry(4, 'S-1'), 'S-1', { builder, ms: 0 })).toBeDefined();
    const batch = batchOf(builder);
    expect([batch.readings.count, batch.held.length]).toEqual([1, 2]);
  });

  it('remembers a decision once, however often it is read', () => {
    const decision = { live: { from: 1, through: 3 }, correctionMs: 0 };
    for (let n = 0; n < 3; n += 1) court.carryOut({ ...decision }, new BatchBuilder(), []);
    expect(court.decisions).toEqual([decision]);
  });

  it('watches anew over what it takes over from the last process', () => {
    const held = STATIONS.map((station, index) => {
      const { position, received, principal, topic, payload } = entry(index + 1, station);
      return { position, received, principal, topic, payload };
    });
    court.adopt({ held, decisions: [] }, stationOf, 100);
    expect(court.trust).toBe('watching');
    court.poll(5_099, () => undefined);
    expect(court.trust).toBe('watching');
    court.poll(5_100, () => undefined);
    expect([court.trust, court.heldCount]).toEqual(['suspect', 5]);
  });

  it('keeps a held payload apart from the buffer it was read with', () => {
    const whole = entry(1, 'S-1').payload;
    const buffer = new Uint8Array(1_000_000);
    buffer.set(whole, 500);
    const payload = buffer.subarray(500, 500 + whole.length);
    const builder = new BatchBuilder();
    const message = court.hold({ ...entry(1, 'S-1'), payload }, 'S-1', { builder, ms: 0 });
    expect(message?.payload.buffer.byteLength).toBe(whole.length);
    expect(message?.payload).toEqual(whole);
  });

  it('corrects by nothing where the devices were behind us', () => {
    const builder = new BatchBuilder();
    // Only the readings lie in the future; what was sent was sent before it came.
    court.detain(
      STATIONS.map((station, index) => {
        const text = JSON.stringify({
          sent: BENCH_NOW - 5_000,
          obs: [{ p: 'water_level', t: BENCH_NOW + AHEAD, v: 1 }],
        });
        const payload = new TextEncoder().encode(text);
        const message = court.hold({ ...entry(index + 1, station), payload }, station, { builder, ms: 0 });
        if (message === undefined) throw new Error('not held');
        return message;
      }),
    );
    court.poll(5_000, () => undefined);
    becomeTrusted();
    expect(decisions).toMatchObject([{ correctionMs: 0 }]);
  });
});
