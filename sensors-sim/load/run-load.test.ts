import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { SYSTEM_CLOCK } from '../../test/harness/machine-clock.ts';
import { MqttIntake } from '../../test/harness/mqtt-intake.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import type { LoadAccount, LoadRecord } from './load-account.ts';
import type { GivenLoadPlan } from './load-plan.ts';
import { loadStationId } from './load-registry.ts';
import { runLoad } from './run-load.ts';

describe('runLoad', () => {
  const intake = new MqttIntake();
  const records: LoadRecord[] = [];

  beforeEach(async () => {
    records.length = 0;
    intake.taken.length = 0;
    intake.published.length = 0;
    intake.decide = () => 'take';
    await intake.start();
  });
  afterEach(() => intake.stop());

  const secrets = new Map(
    Array.from({ length: 50 }, (_, index) => {
      const id = loadStationId(index + 1);
      return [id, `secret-of-${id}`] as const;
    }),
  );
  const run = (plan: GivenLoadPlan, signal?: AbortSignal): Promise<LoadAccount> =>
    runLoad(
      { backOff: { baseMs: 10, maxMs: 20 }, ...plan },
      {
        host: '127.0.0.1',
        port: intake.port,
        secrets,
        clock: SYSTEM_CLOCK,
        onAcknowledged: record => records.push(record),
        ...(signal === undefined ? {} : { signal }),
      },
    );
  /** Payloads of readings the server took, malformed ones included, by station and channel. */
  const takenPayloads = () =>
    intake.taken
      .filter(({ topic }) => /\/(obs|backlog)$/.test(topic))
      .map(({ payload }) => payload.toString());
  const eventful: GivenLoadPlan = {
    stations: 20,
    properties: 3,
    readingsPerMessage: 5,
    messagesPerStation: 20,
    ratePerStation: 100,
    duplicateShare: 0.1,
    reorderShare: 0.1,
    correctionShare: 0.1,
    malformed: { share: 0.1, kinds: ['truncated', 'value_text'] },
    backlog: { stationShare: 0.5, readings: 50 },
    qosWeights: [0, 3, 1],
  };

  it('accounts for exactly what the server took', async () => {
    const account = await run(eventful);
    const taken = takenPayloads();
    expect(account.acknowledged.messages).toBe(taken.length);
    expect(account.published).toEqual(account.acknowledged);
    expect(account.unacknowledged).toEqual({ messages: 0, readings: 0 });
    expect(records).toHaveLength(taken.length);
    expect(account.acknowledgedByKind.fresh).toBe(400);
    expect(account.acknowledgedByKind.duplicate).toBeGreaterThan(10);
    expect(account.acknowledgedByKind.correction).toBeGreaterThan(10);
    expect(account.overtaken).toBeGreaterThan(10);
    const { messages, readings } = account.quarantine;
    expect((messages['malformed_json'] ?? 0) + (readings['schema'] ?? 0)).toBe(
      account.acknowledgedByKind.malformed,
    );
    expect(messages['malformed_json']).toBe(taken.filter(text => !text.endsWith('}')).length);
    expect([account.connects, account.losses, account.statusAcknowledged]).toEqual([20, 0, 40]);
    expect(account.latency.p99Ms).toBeGreaterThan(0);
  });

  it('reports records that are the payloads', async () => {
    const begin = SYSTEM_CLOCK.now();
    await run({ ...eventful, malformed: { share: 0 }, skew: { stationShare: 1, maxMs: 5_000 } });
    const sent = records.map(({ station, channel, seq, sent, readings }) => [
      `ww/v1/${station}/${channel}`,
      JSON.stringify({ seq, sent, obs: readings }),
    ]);
    const taken = intake.taken
      .filter(({ topic }) => /\/(obs|backlog)$/.test(topic))
      .map(({ topic, payload }) => [topic, payload.toString()]);
    expect(sent.map(String).sort()).toEqual(taken.map(String).sort());
    const sentTimes = records.map(({ sent }) => sent);
    expect(Math.min(...sentTimes)).toBeLessThan(begin - 500);
    expect(Math.max(...sentTimes)).toBeGreaterThan(SYSTEM_CLOCK.now() + 500);
  });

  it('loses and doubles nothing it counted when connections flap and the server hangs up', async () => {
    let count = 0;
    intake.decide = ({ topic }) => {
      count += 1;
      return count % 50 === 0 && topic.endsWith('/obs') ? 'hang up' : 'take';
    };
    const account = await run({
      ...eventful,
      malformed: { share: 0 },
      flapping: { stationShare: 0.5, meanUpMs: 60, meanDownMs: 20 },
    });
    const taken = new Set(takenPayloads());
    expect(account.cuts).toBeGreaterThan(0);
    expect(account.losses).toBeGreaterThan(0);
    expect(account.unacknowledged.messages).toBe(0);
    expect(account.repeated).toBeGreaterThan(0);
    expect(account.acknowledgedByKind.fresh).toBe(400);
    for (const { seq, sent, readings } of records) {
      expect(taken.has(JSON.stringify({ seq, sent, obs: readings }))).toBe(true);
    }
    expect(records.some(({ channel, kind }) => channel === 'backlog' && kind === 'fresh')).toBe(true);
  });

  it('goes as fast as it is answered and stops at its number of messages', async () => {
    const account = await run({ stations: 5, ratePerStation: 'max', messagesPerStation: 300 });
    expect(account.acknowledged).toEqual({ messages: 1_500, readings: 1_500 });
    expect(takenPayloads()).toHaveLength(1_500);
  });

  it('ends when it is aborted and says what was not acknowledged', async () => {
    intake.decide = ({ topic }) => (topic.endsWith('/obs') ? 'hold' : 'take');
    const stop = new AbortController();
    const running = run({ stations: 3, ratePerStation: 100, window: 4 }, stop.signal);
    // A broker need not read on while it owes an answer, so more than one message per station is not sure to arrive.
    const obs = () =>
      new Set(intake.published.map(({ topic }) => topic).filter(topic => topic.endsWith('/obs')));
    await waitFor('a message of each station', () => obs().size === 3);
    stop.abort();
    const account = await running;
    expect(account.acknowledged.messages).toBe(0);
    expect(account.unacknowledged.messages).toBeGreaterThanOrEqual(3);
  });

  it('keeps QoS 0 apart, where nothing is ever acknowledged', async () => {
    const account = await run({
      stations: 4,
      ratePerStation: 200,
      messagesPerStation: 20,
      qosWeights: [1, 0, 0],
    });
    expect(account.unconfirmedQos0).toEqual({ messages: 80, readings: 80 });
    expect(account.acknowledged.messages).toBe(0);
    expect(records).toEqual([]);
  });

  it('refuses to begin without a secret for every station', async () => {
    const refused = run({ stations: 51 });
    expect(await refused.catch((error: unknown) => isAppError(error, 'invalid_request'))).toBe(true);
    expect(intake.published).toEqual([]);
  });
});
