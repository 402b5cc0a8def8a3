import { createHash } from 'node:crypto';

import { beforeEach, describe, expect, it } from 'vitest';

import type { JournalledEntry } from '../domain/ports/journal.ts';
import type { StoreBatch } from '../domain/ports/telemetry-store.ts';
import { epochMs, HOUR_MS } from '../domain/time/instant.ts';
import { BENCH_NOW, benchRegistry } from '../test/harness/ingest-bench.ts';
import { BatchBuilder } from './batch-builder.ts';
import { DatastreamDirectory } from './datastream-directory.ts';
import { DEFAULT_INGEST_LIMITS } from './ingest-limits.ts';
import { MessageIntake } from './message-intake.ts';
import type { IntakeOutcome, IntakeRequest } from './message-intake.ts';
import { QualityControl } from './quality-control.ts';
import { QuarantineQuota } from './quarantine-quota.ts';
import { StationTrackers } from './station-trackers.ts';

const MINUTE = 60_000;
const SPLIT = BENCH_NOW - 30 * MINUTE;

let trackers: StationTrackers;
let published: [number, boolean][];
let sides: string[];

function createIntake(quotaPerHour = 1_000): MessageIntake {
  const directory = new DatastreamDirectory();
  directory.setRegistry(benchRegistry('S-1'));
  trackers = new StationTrackers();
  const control = new QualityControl(directory, { horizonMs: HOUR_MS, maxReadings: 100 });
  control.setRegistry(benchRegistry('S-1'));
  return new MessageIntake({
    directory,
    control,
    trackers,
    quota: new QuarantineQuota(quotaPerHour),
    liveWindowMs: DEFAULT_INGEST_LIMITS.liveWindowMs,
    splitMs: () => DEFAULT_INGEST_LIMITS.liveWindowMs,
    onObservation: ({ t }, live) => published.push([t, live]),
    onRequalified: () => undefined,
    onSideMessage: (station, { channel }) => sides.push(`${station} ${channel}`),
  });
}

beforeEach(() => {
  published = [];
  sides = [];
});

const level = (t: number, v: number | null = 1) => ({ p: 'water_level', t, v });
const message = (obs: readonly unknown[], sent: number = BENCH_NOW) => JSON.stringify({ seq: 5, sent, obs });

function entryOf(text: string, parts: Partial<JournalledEntry> = {}): JournalledEntry {
  return {
    position: 1,
    received: epochMs(BENCH_NOW),
    principal: 'S-1',
    topic: 'ww/v1/S-1/obs',
    qos: 1,
    payload: new TextEncoder().encode(text),
    ...parts,
  };
}

function take(
  intake: MessageIntake,
  entry: JournalledEntry,
  request: Partial<IntakeRequest> = {},
): { outcome: IntakeOutcome; batch: StoreBatch } {
  const builder = new BatchBuilder();
  const whole = { part: 'whole', future: 'decide', correctionMs: 0 } as const;
  const outcome = intake.take(entry, { ...whole, ...request }, builder);
  return { outcome, batch: builder.take({ cursors: {}, newDatastreams: [] }) };
}

/** Counts that are not 0, and the reasons of what was quarantined. */
function effectOf({ batch }: { batch: StoreBatch }) {
  const counts: Record<string, number> = {};
  for (const delta of batch.ledger) {
    for (const [name, count] of Object.entries(delta)) {
      if (typeof count === 'number' && count !== 0) counts[name] = count;
    }
  }
  const quarantined = batch.quarantined.map(({ item, reason }) => `${item} ${reason}`);
  return { ...counts, readings: batch.readings.count, quarantined };
}

describe('MessageIntake and whole messages', () => {
  it.each([
    { name: 'no topic of ours', parts: { topic: 'ww/v1/S-1/nothing' }, reason: 'unsupported_channel' },
    { name: 'a down topic', parts: { topic: 'ww/v1/S-1/cmd' }, reason: 'unsupported_channel' },
    { name: 'an unknown station', parts: { topic: 'ww/v1/S-9/obs' }, reason: 'unknown_station' },
    { name: 'no JSON', text: '{"sent":', reason: 'malformed_json' },
    { name: 'no readings', text: message([]), reason: 'schema' },
    { name: 'too many bytes', text: ' '.repeat(65_537), reason: 'payload_too_large' },
    {
      name: 'sent in the future',
      text: message([level(BENCH_NOW)], BENCH_NOW + 600_001),
      reason: 'sent_in_future',
    },
    { name: 'a broken status', text: '{}', parts: { topic: 'ww/v1/S-1/status' }, reason: 'schema' },
  ])('quarantines the message whole: $name', ({ text, parts, reason }) => {
    const entry = entryOf(text ?? message([level(BENCH_NOW)]), parts);
    const taken = take(createIntake(), entry);
    expect(taken.outcome.kind).toBe('quarantined');
    expect(effectOf(taken)).toEqual({ messagesQuarantined: 1, readings: 0, quarantined: [`-1 ${reason}`] });
    expect(taken.batch.quarantined[0]).toMatchObject({
      position: 1,
      principal: 'S-1',
      topic: entry.topic,
      received: BENCH_NOW,
      sha256: createHash('sha256').update(entry.payload).digest('hex'),
    });
    expect(Buffer.compare(taken.batch.quarantined[0]!.payload, entry.payload)).toBe(0);
    expect(published).toEqual([]);
  });

  it.each(['status', 'event', 'cmd/ack', 'snapshot/cam-1'])(
    'hands a message of %s on and counts it',
    channel => {
      const bodies: Record<string, string> = {
        status: '{"state":"online"}',
        event: '{"type":"door","t":1}',
        'cmd/ack': '{"id":"c1","state":"done"}',
        'snapshot/cam-1': JSON.stringify({ name: 'a', sha256: 'ab'.repeat(32), bytes: 1 }),
      };
      const entry = entryOf(bodies[channel]!, { topic: `ww/v1/S-1/${channel}` });
      const taken = take(createIntake(), entry);
      expect(effectOf(taken)).toEqual({ messagesDecoded: 1, readings: 0, quarantined: [] });
      expect(taken.outcome).toMatchObject({ kind: 'decoded', isPresent: false });
      expect(sides).toEqual([`S-1 ${channel.split('/cam')[0]}`]);
    },
  );

  it('keeps the hash alone of messages beyond the quota, and counts them all', () => {
    const intake = createIntake(1);
    const first = take(intake, entryOf('{'));
    const second = take(intake, entryOf('{'));
    expect(first.batch.quarantined[0]?.payload).toHaveLength(1);
    expect(second.batch.quarantined[0]?.payload).toHaveLength(0);
    expect(second.batch.quarantined[0]?.sha256).toBe(first.batch.quarantined[0]?.sha256);
    expect(effectOf(second)).toMatchObject({ messagesQuarantined: 1 });
  });

  it('keeps a payload apart from the buffer it was read with', () => {
    const payload = new Uint8Array(100_000).subarray(10, 20);
    const { batch } = take(createIntake(), { ...entryOf(''), payload });
    expect(batch.quarantined[0]?.payload.buffer.byteLength).toBe(10);
  });
});

describe('MessageIntake and readings', () => {
  it('quarantines each reading by its own problem and takes the others', () => {
    const intake = createIntake();
    intake.retentionEdge = epochMs(Date.UTC(2026, 0, 1));
    const obs = [
      level(BENCH_NOW),
      level(BENCH_NOW + 600_000),
      level(BENCH_NOW + 600_001),
      level(Date.UTC(2000, 0, 1) - 1),
      level(Date.UTC(2026, 0, 1) - 1),
      { p: 'soil', t: BENCH_NOW, v: 1 },
      { p: 'ph', t: BENCH_NOW, v: 1 },
      { p: 'water_level', t: BENCH_NOW, v: 'x' },
    ];
    expect(effectOf(take(intake, entryOf(message(obs))))).toEqual({
      messagesDecoded: 1,
      readingsDecoded: 8,
      readingsQuarantined: 6,
      readings: 2,
      quarantined: [
        '2 future',
        '3 before_epoch',
        '4 beyond_retention',
        '5 unknown_property',
        '6 unknown_datastream',
        '7 schema',
      ],
    });
    expect(published.map(([t]) => t)).toEqual([BENCH_NOW, BENCH_NOW + 600_000]);
  });

  it('keeps of a quarantined reading a message that carries it alone', () => {
    const obs = [level(BENCH_NOW), { p: 'ph', t: BENCH_NOW, v: 7.5, f: 'T' }];
    const { batch } = take(createIntake(), entryOf(message(obs)));
    const kept = new TextDecoder().decode(batch.quarantined[0]?.payload);
    expect(JSON.parse(kept)).toEqual({ sent: BENCH_NOW, obs: [{ p: 'ph', t: BENCH_NOW, v: 7.5, f: 'T' }] });
  });

  it('rejects readings beyond the quota, and counts them', () => {
    const obs = [1, 2, 3].map(n => ({ p: 'soil', t: BENCH_NOW, v: n }));
    expect(effectOf(take(createIntake(2), entryOf(message(obs))))).toEqual({
      messagesDecoded: 1,
      readingsDecoded: 3,
      readingsQuarantined: 2,
      readingsRejected: 1,
      readings: 0,
      quarantined: ['0 unknown_property', '1 unknown_property'],
    });
  });

  it('stores a missing value and a value outside of the span, with their flags', () => {
    const obs = [level(BENCH_NOW, null), level(BENCH_NOW - 1, 10.001), { ...level(BENCH_NOW - 2), f: 'T' }];
    const { readings } = take(createIntake(), entryOf(message(obs))).batch;
    expect([...readings.quality.subarray(0, 3)]).toEqual([9, 4, 3]);
    expect([...readings.v.subarray(0, 3)]).toEqual([Number.NaN, 10.001, 1]);
    expect([...readings.deviceFlag.subarray(0, 3)]).toEqual([0, 0, 1]);
  });

  it.each([
    ['S-1', 1],
    ['G-1', 1],
    ['token:abc', 1],
    ['operator:wang', 2],
  ])('ranks the principal %s as source %d', (principal, source) => {
    const { readings } = take(createIntake(), entryOf(message([level(BENCH_NOW)]), { principal })).batch;
    expect(readings.source[0]).toBe(source);
  });
});

describe('MessageIntake and the two lanes', () => {
  const obs = [level(SPLIT), level(SPLIT - 1), { p: 'soil', t: SPLIT - 2, v: 1 }, 7, level(BENCH_NOW)];
  const entry = entryOf(message(obs));

  it('takes each reading and each entry nobody can read in exactly one part, the message in the first', () => {
    const intake = createIntake();
    const fresh = take(intake, entry, { part: 'fresh', future: 'hold' });
    expect(fresh.outcome).toMatchObject({ kind: 'decoded', moveBefore: SPLIT, isPresent: true });
    expect(effectOf(fresh)).toEqual({
      messagesDecoded: 1,
      readingsDecoded: 3,
      readingsQuarantined: 1,
      readings: 2,
      quarantined: ['3 schema'],
    });
    const moved = take(intake, { ...entry, splitBefore: epochMs(SPLIT) }, { part: 'moved', future: 'hold' });
    expect(moved.outcome).toMatchObject({ kind: 'decoded', moveBefore: undefined, isPresent: false });
    expect(effectOf(moved)).toEqual({
      readingsDecoded: 2,
      readingsQuarantined: 1,
      readings: 1,
      quarantined: ['2 unknown_property'],
    });
    expect(published).toEqual([
      [SPLIT, true],
      [BENCH_NOW, true],
      [SPLIT - 1, false],
    ]);
  });

  it('moves nothing of a message that is all fresh, and all of one that is all old', () => {
    const young = take(createIntake(), entryOf(message([level(SPLIT), 7])), { part: 'fresh' });
    expect(young.outcome).toMatchObject({ moveBefore: undefined });
    const old = take(createIntake(), entryOf(message([level(SPLIT - 1)])), { part: 'fresh' });
    expect(old.outcome).toMatchObject({ moveBefore: SPLIT });
    expect(effectOf(old)).toEqual({ messagesDecoded: 1, readings: 0, quarantined: [] });
  });

  it('keeps the account of a moved part whose message can no longer be used', () => {
    const intake = createIntake();
    const split = { splitBefore: epochMs(SPLIT) };
    const gone = take(intake, { ...entry, ...split, topic: 'ww/v1/S-9/obs' }, { part: 'moved' });
    expect(effectOf(gone)).toEqual({
      readingsDecoded: 2,
      readingsQuarantined: 2,
      readings: 0,
      quarantined: ['1 unknown_station', '2 unknown_station'],
    });
    const unreadable = take(intake, { ...entryOf('{'), ...split }, { part: 'moved' });
    expect(effectOf(unreadable)).toEqual({
      messagesDecoded: -1,
      messagesQuarantined: 1,
      readings: 0,
      quarantined: ['-1 malformed_json'],
    });
  });
});

describe('MessageIntake and the future', () => {
  it.each([
    ['a reading', message([level(BENCH_NOW), level(BENCH_NOW + 600_001)])],
    ['the message', message([level(BENCH_NOW)], BENCH_NOW + 600_001)],
  ])('leaves it untouched when %s is from the future and is to be held', (_, text) => {
    const taken = take(createIntake(), entryOf(text), { future: 'hold' });
    expect(taken.outcome).toEqual({ kind: 'future', station: 'S-1' });
    expect(effectOf(taken)).toEqual({ readings: 0, quarantined: [] });
    expect([published, trackers.all()]).toEqual([[], []]);
  });

  it('accepts by the corrected time, which also says what is live', () => {
    const hour = 60 * MINUTE;
    const obs = [
      level(BENCH_NOW + hour),
      level(BENCH_NOW + hour - 31 * MINUTE),
      level(BENCH_NOW + hour + 600_001),
    ];
    const taken = take(createIntake(), entryOf(message(obs, BENCH_NOW + hour)), { correctionMs: hour });
    expect(effectOf(taken)).toMatchObject({ readings: 2, quarantined: ['2 future'] });
    expect(published).toEqual([
      [BENCH_NOW + hour, true],
      [BENCH_NOW + hour - 31 * MINUTE, false],
    ]);
    // What is kept is the time that was recorded.
    expect(taken.batch.readings.received[0]).toBe(BENCH_NOW);
  });

  it('looks at the times of a message without taking it', () => {
    const intake = createIntake();
    const look = (text: string, topic?: string) =>
      intake.looksFuture(entryOf(text, topic === undefined ? {} : { topic }));
    expect(look(message([level(BENCH_NOW)]))).toBe(false);
    expect(look(message([level(BENCH_NOW + 600_001)]))).toBe(true);
    expect(look('{')).toBeUndefined();
    expect(look('{"state":"online"}', 'ww/v1/S-1/status')).toBeUndefined();
  });
});

describe('MessageIntake and a replay', () => {
  it('uses up no quota, counts no sequence number, and publishes nothing as live', () => {
    const intake = createIntake(1);
    const text = message([level(BENCH_NOW), ...[1, 2, 3].map(v => ({ p: 'soil', t: BENCH_NOW, v }))]);
    const replayed = take(intake, entryOf(text), { isReplay: true });
    expect(effectOf(replayed)).toMatchObject({ readings: 1, readingsQuarantined: 3 });
    expect(published).toEqual([[BENCH_NOW, false]]);
    expect(trackers.all()).toEqual([]);
    expect(effectOf(take(intake, entryOf(text)))).toMatchObject({
      readingsQuarantined: 1,
      readingsRejected: 2,
    });
    expect(trackers.all()).toMatchObject([{ station: 'S-1', sequence: { highest: 5 } }]);
  });
});
