import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../domain/errors.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { Recording } from '../../sensors-sim/replay/recording.ts';
import type { ReplayOptions, ReplayResult } from '../../sensors-sim/replay/replay-recording.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';

let probe: CliProbe;
let sent: ReplayOptions[];
let opened: unknown[];

beforeEach(() => {
  probe = createCliProbe();
  sent = [];
  opened = [];
});
afterEach(() => probe.close());

const station = (id: string): StationSpec => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  simulated: true,
  datastreams: [{ property: 'rainfall', intervalMs: 900_000 }],
});

function useRecording(
  ids: readonly string[],
  answer: (options: ReplayOptions) => Promise<Partial<ReplayResult>> = () => Promise.resolve({}),
): void {
  const recording: Recording = {
    stations: ids.map(station),
    rows: 5_000,
    span: { from: epochMs(1), to: epochMs(2) },
    skipped: { unit: 3 },
    readingCount: 5_000,
    excluded: { unparsable_number: 4 },
    missing: { sentinel: 1_005 },
    problems: [],
    async *readings() {},
  };
  probe.parts.openRecording = async (path, options) => {
    opened.push([path, options.onProblem]);
    return recording;
  };
  probe.parts.replayRecording = async options => {
    sent.push(options);
    return {
      readings: { read: 5_000, acknowledged: 5_000, unacknowledged: 0, refused: 0, unreadable: 2 },
      messagesAcknowledged: 10,
      refusedStations: {},
      connects: 2,
      losses: 0,
      aborted: false,
      elapsedMs: 1_500,
      ...(await answer(options)),
    };
  };
}

describe('ww replay', () => {
  it('registers the stations, then sends as they would', async () => {
    useRecording(['A-1', 'A-2']);
    await probe.startServer();
    const { code, out } = await probe.ww('replay', 'day.csv');
    expect(code).toBe(0);
    expect(opened).toEqual([[join(probe.dataDir, 'day.csv'), 'refuse']]);
    expect(sent[0]).toMatchObject({
      speed: 'max',
      connect: { host: '127.0.0.1', port: 9 },
    });
    expect(Object.fromEntries(sent[0]!.connect.secrets)).toEqual({
      'A-1': 'secret-of-A-1',
      'A-2': 'secret-of-A-2',
    });
    expect(out).toMatch(/^acknowledged +5,000 in 10 messages$/m);
    expect(out).toMatch(/^rows left out: unit +3$/m);
    expect(out).toMatch(/^cells not played: unparsable_number +4$/m);
    expect(out).toMatch(/^played as missing: sentinel +1,005$/m);
    expect((await probe.ww('replay', 'day.csv', '--json')).json()).toMatchObject({
      stations: 2,
      rows: 5_000,
      skipped: { unit: 3 },
      excluded: { unparsable_number: 4 },
      missing: { sentinel: 1_005 },
      messagesAcknowledged: 10,
    });
  });

  it('gives stations of an earlier replay a new secret', async () => {
    useRecording(['A-1', 'A-2']);
    probe.application.things.set('A-1', station('A-1'));
    await probe.startServer();
    expect((await probe.ww('replay', 'day.csv')).code).toBe(0);
    expect(Object.fromEntries(sent[0]!.connect.secrets)).toEqual({
      'A-1': 'rotate-secret',
      'A-2': 'secret-of-A-2',
    });
  });

  it('leaves real stations alone', async () => {
    useRecording(['RIVER-1', 'A-2', 'GATE-1']);
    await probe.startServer();
    const { code, err } = await probe.ww('replay', 'day.csv');
    expect(code).toBe(1);
    expect(err).toBe(
      'ww: Some of the stations are real here; nothing was sent. (conflict)\n' +
        '  - RIVER-1 is a registered station\n  - GATE-1 is a registered gateway\n',
    );
    expect([sent, probe.application.asked.administration]).toEqual([[], []]);
  });

  it('passes speed, connections and leniency on', async () => {
    useRecording(['A-1']);
    await probe.startServer();
    const { code } = await probe.ww('replay', '/x/day.csv', '--speed', '0.5', '--connections', '7', '--skip');
    expect([code, opened]).toEqual([0, [['/x/day.csv', 'skip']]]);
    expect(sent[0]).toMatchObject({ speed: 0.5, maxConnections: 7 });
    for (const speed of ['0', '0.0', 'fast', '1e3', '-1']) {
      expect((await probe.ww('replay', 'day.csv', `--speed=${speed}`)).code).toBe(2);
    }
  });

  it('tells its progress now and then', async () => {
    useRecording(['A-1'], async ({ onProgress }) => {
      onProgress?.({ readingsRead: 10, readingsAcknowledged: 10 });
      probe.nowMs += 2_000;
      onProgress?.({ readingsRead: 4_000, readingsAcknowledged: 3_000 });
      onProgress?.({ readingsRead: 4_000, readingsAcknowledged: 3_001 });
      return {};
    });
    await probe.startServer();
    expect((await probe.ww('replay', 'day.csv')).err).toBe('3,000 of 5,000 readings acknowledged\n');
  });

  it('ends early on a signal, and fails', async () => {
    useRecording(['A-1'], async ({ signal }) => {
      probe.signal('SIGINT');
      return { aborted: signal?.aborted ?? false };
    });
    await probe.startServer();
    const { code, out } = await probe.ww('replay', 'day.csv');
    expect([code, out.includes('It was ended early.')]).toEqual([1, true]);
  });

  it('fails where stations are refused, where the file is, and where no server runs', async () => {
    useRecording(['A-1'], async () => ({
      readings: { read: 5, acknowledged: 4, unacknowledged: 0, refused: 1, unreadable: 0 },
      refusedStations: { 'A-1': 5 },
    }));
    expect((await probe.ww('replay', 'day.csv')).err).toContain('(control_unreachable)');
    await probe.startServer();
    expect(await probe.ww('replay', 'day.csv')).toMatchObject({ code: 1 });
    probe.parts.openRecording = () =>
      Promise.reject(new AppError('recording_invalid', 'Bad.', { problems: ['day.csv line 2: x'] }));
    const { code, err } = await probe.ww('replay', 'day.csv');
    expect([code, err]).toEqual([1, 'ww: Bad. (recording_invalid)\n  - day.csv line 2: x\n']);
    useRecording([]);
    expect((await probe.ww('replay', 'day.csv')).code).toBe(1);
  });
});
