import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { SYSTEM_CLOCK } from '../../test/harness/machine-clock.ts';
import { MqttIntake } from '../../test/harness/mqtt-intake.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import type { RecordedReading, Recording } from './recording.ts';
import { replayMessages } from './replay-message.ts';
import { replayRecording } from './replay-recording.ts';
import type { ReplayOptions } from './replay-recording.ts';

const T = 1_620_345_600_000;

function reading(station: string, t: number, v: RecordedReading['v'] = 1): RecordedReading {
  return { station: station as ThingId, p: 'ph', t: epochMs(t), v, line: 0 };
}

function recordingOf(readings: readonly RecordedReading[]): Recording {
  const ids = [...new Set(readings.map(({ station }) => station))];
  const times = readings.map(({ t }) => t);
  return {
    stations: ids.map(id => ({
      kind: 'station',
      id,
      name: id,
      datastreams: [{ property: 'ph', intervalMs: 1_000 }],
    })),
    rows: readings.length,
    span: { from: epochMs(Math.min(...times)), to: epochMs(Math.max(...times)) },
    readingCount: readings.length,
    skipped: {},
    excluded: {},
    missing: {},
    problems: [],
    async *readings() {
      yield* readings;
    },
  };
}

interface Payload {
  readonly sent: number;
  readonly obs: readonly { readonly t: number; readonly v: unknown }[];
}

it('packs at most 500 readings into a message', () => {
  const readings = Array.from({ length: 1_203 }, (_, index) => reading('A', T + index));
  const messages = replayMessages('A', readings, epochMs(T));
  expect(messages.map(message => message.readings)).toEqual([500, 500, 203]);
});

describe('replayRecording', () => {
  const intake = new MqttIntake();
  beforeEach(async () => {
    intake.taken.length = 0;
    intake.published.length = 0;
    intake.decide = () => 'take';
    await intake.start();
  });
  afterEach(() => intake.stop());

  const replay = (readings: readonly RecordedReading[], options: Partial<ReplayOptions> = {}) => {
    const recording = recordingOf(readings);
    const secrets = new Map(recording.stations.map(({ id }) => [id as string, `secret-of-${id}`]));
    return replayRecording({
      recording,
      connect: { host: '127.0.0.1', port: intake.port, secrets },
      speed: 'max',
      clock: SYSTEM_CLOCK,
      ...options,
    });
  };
  const payloads = (station: string, channel = 'backlog') => intake.takenJson(station, channel) as Payload[];

  it('sends every row as its station, in messages of up to 500, with the original times', async () => {
    const readings = Array.from({ length: 1_203 }, (_, index) =>
      reading(index % 3 === 0 ? 'A' : 'B', T + index, index),
    );
    const begin = Date.now();
    const result = await replay(readings);
    expect(result.readings).toEqual({
      read: 1_203,
      acknowledged: 1_203,
      unacknowledged: 0,
      refused: 0,
      unreadable: 0,
    });
    expect(payloads('A').map(({ obs }) => obs.length)).toEqual([401]);
    expect(payloads('B').map(({ obs }) => obs.length)).toEqual([500, 302]);
    expect(payloads('B').flatMap(({ obs }) => obs.map(({ t, v }) => [t, v]))).toEqual(
      readings.filter(({ station }) => station === 'B').map(({ t, v }) => [t, v]),
    );
    expect(payloads('A')[0]!.sent).toBeGreaterThanOrEqual(begin);
    expect([result.messagesAcknowledged, result.connects, result.losses]).toEqual([3, 2, 0]);
  });

  it('sends a missing value as null, what is no number as it stands, and repeats as often as they are there', async () => {
    const readings = [
      reading('A', T, '0.260|0.267'),
      reading('A', T + 1, null),
      reading('A', T + 2),
      reading('A', T + 2),
    ];
    const result = await replay(readings);
    expect(payloads('A')[0]!.obs.map(({ v }) => v)).toEqual(['0.260|0.267', null, 1, 1]);
    expect(result.readings).toMatchObject({ acknowledged: 4, unreadable: 1 });
  });

  it('never writes a message larger than the contract allows', async () => {
    await replay(Array.from({ length: 20 }, (_, index) => reading('A', T + index, 'x'.repeat(10_000))));
    const sizes = intake.taken
      .filter(({ topic }) => topic.endsWith('/backlog'))
      .map(({ payload }) => payload.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(payloads('A').reduce((sum, { obs }) => sum + obs.length, 0)).toBe(20);
  });

  it('sends fresh readings to obs', async () => {
    await replay([reading('A', Date.now())]);
    expect(payloads('A', 'obs')).toHaveLength(1);
  });

  it('keeps no more connections than it may, and comes to an end with many stations', async () => {
    let most = 0;
    intake.decide = () => {
      most = Math.max(most, intake.connections);
      return 'take';
    };
    const readings = Array.from({ length: 120 }, (_, index) => reading(`S-${index % 60}`, T + index));
    const result = await replay(readings, { maxConnections: 7 });
    expect(result.readings.acknowledged).toBe(120);
    expect(result.connects).toBe(60);
    // A connection that the pool has ended may still be known to the server for a moment.
    expect(most).toBeLessThanOrEqual(14);
    expect(most).toBeGreaterThan(3);
  });

  it('keeps the pace of the recording at a given speed', async () => {
    const readings = [0, 1_000, 2_000].map(offset => reading('A', T + offset));
    const begin = Date.now();
    const result = await replay(readings, { speed: 10 });
    const sentAt = payloads('A').flatMap(({ sent, obs }) =>
      obs.map(({ t }) => [t - T, sent - begin] as const),
    );
    expect(sentAt.map(([offset]) => offset)).toEqual([0, 1_000, 2_000]);
    // The wall clock and the monotonic clock may round differently.
    for (const [offset, sent] of sentAt) expect(sent).toBeGreaterThanOrEqual(offset / 10 - 2);
    expect(result.elapsedMs).toBeGreaterThanOrEqual(200);
  });

  it('sends again what a lost connection left open', async () => {
    let hungUp = false;
    intake.decide = ({ topic }) => {
      if (hungUp || !topic.endsWith('/backlog')) return 'take';
      hungUp = true;
      return 'hang up';
    };
    const result = await replay([reading('A', T)]);
    expect(result).toMatchObject({
      readings: { acknowledged: 1, unacknowledged: 0 },
      losses: 1,
      connects: 2,
    });
  });

  it('says which stations were not accepted, and finishes the others', async () => {
    const readings = [reading('A', T), reading('B', T), reading('B', T + 1)];
    const secrets = new Map([
      ['A', 'secret-of-A'],
      ['B', 'wrong'],
    ]);
    const result = await replay(readings, { connect: { host: '127.0.0.1', port: intake.port, secrets } });
    expect(result.readings).toMatchObject({ read: 3, acknowledged: 1, refused: 2, unacknowledged: 0 });
    expect(result.refusedStations).toEqual({ B: 5 });
  });

  it('ends early when it is told to and says what is left', async () => {
    intake.decide = ({ topic }) => (topic.endsWith('/backlog') ? 'hold' : 'take');
    const stop = new AbortController();
    const running = replay([reading('A', T), reading('B', T)], { signal: stop.signal });
    await waitFor(
      'both held',
      () => intake.published.filter(({ topic }) => topic.endsWith('/backlog')).length === 2,
    );
    stop.abort();
    expect(await running).toMatchObject({ aborted: true, readings: { acknowledged: 0, unacknowledged: 2 } });
  });

  it.each<[Partial<ReplayOptions>, number]>([
    [{ speed: 0 }, 1],
    [{ maxConnections: 0 }, 1],
    [{ connect: { host: '127.0.0.1', port: 1, secrets: new Map() }, speed: Number.NaN }, 2],
  ])('refuses %o before anything is sent', async (options, problems) => {
    const refused = await replay([reading('A', T)], options).catch((error: unknown) => error);
    expect(isAppError(refused, 'invalid_request') && refused.problems).toHaveLength(problems);
    expect(intake.published).toEqual([]);
  });
});
