import { resolve } from 'node:path';
import { AppError } from '../../../domain/errors.ts';
import type { Recording } from '../../../sensors-sim/replay/recording.ts';
import type { ReplayProgress, ReplayResult } from '../../../sensors-sim/replay/replay-recording.ts';
import { connectControl } from '../../control/control-client.ts';
import type { ControlClient } from '../../control/control-client.ts';
import { SYSTEM_CLOCK } from '../../system-clock.ts';
import type { Command, Invocation, Outcome } from '../command.ts';
import { SPEED, speedOf } from '../playing-speed.ts';
import { reachable, registerSimulated } from '../simulated-stations.ts';
import { figure, labelled } from '../text-table.ts';

/** How often the progress is told, milliseconds. */
const PROGRESS_MS = 2_000;

/** Sends recorded data as stations would. */
export const replay: Command = {
  name: 'replay',
  summary: 'Send recorded readings to the running server as their stations would, over MQTT.',
  details: [
    'The file is CSV (station,property,t,v[,flag][,datum]) or one of the published data sets the how-to lists,',
    'plain or .gz; its header tells which.',
    'Its stations are registered as simulated ones first; readings keep their original times.',
    'Ctrl+C ends it; what was acknowledged by then is stored.',
  ],
  arguments: [{ name: 'file', description: 'The recording.' }],
  options: {
    speed: SPEED,
    connections: {
      value: 'count',
      description: 'Stations connected at once; default 200.',
      range: [1, 20_000],
    },
    skip: { description: 'Leave bad rows out and count them, instead of refusing the file.' },
  },
  run: async call => {
    const client = await connectControl(call.config().dataDir);
    const recording = await call.host.parts.openRecording(
      resolve(call.host.workingFolder, call.arguments[0] ?? ''),
      {
        onProblem: call.isSet('skip') ? 'skip' : 'refuse',
      },
    );
    if (recording.stations.length === 0) {
      throw new AppError('recording_invalid', 'The recording holds no usable row.');
    }
    const secrets = await registerSimulated(client, recording.stations);
    return replayOutcome(recording, await send(call, { client, recording, secrets }));
  },
};

async function send(
  call: Invocation,
  parts: {
    readonly client: ControlClient;
    readonly recording: Recording;
    readonly secrets: ReadonlyMap<string, string>;
  },
): Promise<ReplayResult> {
  const { host } = call;
  const { addresses } = await parts.client.call('status', {});
  const connections = call.number('connections');
  const ending = new AbortController();
  const unsubscribe = host.onSignal(() => ending.abort());
  let toldAt = host.now();
  const tell = ({ readingsAcknowledged }: ReplayProgress): void => {
    if (host.now() - toldAt < PROGRESS_MS) return;
    toldAt = host.now();
    host.err(
      `${figure(readingsAcknowledged)} of ${figure(parts.recording.readingCount)} readings acknowledged\n`,
    );
  };
  try {
    return await host.parts.replayRecording({
      recording: parts.recording,
      connect: { host: reachable(addresses.mqtt.host), port: addresses.mqtt.port, secrets: parts.secrets },
      speed: speedOf(call),
      clock: SYSTEM_CLOCK,
      signal: ending.signal,
      ...(connections === undefined ? {} : { maxConnections: connections }),
      onProgress: tell,
    });
  } finally {
    unsubscribe();
  }
}

function replayOutcome(recording: Recording, result: ReplayResult): Outcome {
  const { readings, refusedStations, messagesAcknowledged, losses, aborted, elapsedMs } = result;
  const refused = Object.keys(refusedStations);
  return {
    data: {
      stations: recording.stations.length,
      rows: recording.rows,
      skipped: recording.skipped,
      excluded: recording.excluded,
      missing: recording.missing,
      ...result,
    },
    lines: [
      ...labelled([
        ['stations', figure(recording.stations.length)],
        ['rows', figure(recording.rows)],
        ['readings sent', figure(readings.read)],
        ['acknowledged', `${figure(readings.acknowledged)} in ${figure(messagesAcknowledged)} messages`],
        ...(readings.unreadable === 0
          ? []
          : [['of them no number', `${figure(readings.unreadable)}; they go to quarantine`] as const]),
        ['not acknowledged', figure(readings.unacknowledged)],
        ['connections lost', figure(losses)],
        ['time', `${(elapsedMs / 1_000).toFixed(1)} s`],
        ...counts('rows left out', recording.skipped),
        ...counts('cells not played', recording.excluded),
        ...counts('played as missing', recording.missing),
      ]),
      ...(aborted ? ['It was ended early.'] : []),
      ...(refused.length === 0
        ? []
        : [`${figure(refused.length)} stations were refused, ${refused[0] ?? ''} first. See: ww ledger`]),
      'Where the readings went: ww ledger',
    ],
    failed: aborted || readings.unacknowledged > 0 || readings.refused > 0,
  };
}

function counts(
  what: string,
  byReason: Readonly<Record<string, number>>,
): readonly (readonly [label: string, value: string])[] {
  return Object.entries(byReason).map(([reason, count]) => [`${what}: ${reason}`, figure(count)]);
}
