import { AppError } from '../../../domain/errors.ts';
import type { CheckPoint, CheckReport } from '../../../sensors-sim/device-check/check-point.ts';
import { SYSTEM_CLOCK } from '../../system-clock.ts';
import type { Command, Invocation, Outcome } from '../command.ts';
import { printable, textTable } from '../text-table.ts';

const PORT = /^(?:(?<host>[^\s:]+|\[[\da-fA-F:]+\]):)?(?<port>\d{1,5})$/;
const MAX_PORT = 65_535;

/** Holds a device, or a server, against the wire contract. */
export const deviceCheck: Command = {
  name: 'device check',
  summary: 'Check a device, or a server, against the wire contract, point by point.',
  details: [
    'With --listen it plays a server: let the device connect to it. It answers late, loses a PUBACK with the connection,',
    'refuses, goes away and comes back, and watches; up to five minutes. Ctrl+C judges what was seen by then.',
    'With --server it plays devices, good and bad ones, in front of a running server; half a minute. It sends missing',
    'values of the property and some messages that go to quarantine: give it a station of its own.',
    'Each point holds, is broken, or was not seen. See docs/how-to/check-a-device.md.',
  ],
  options: {
    listen: {
      value: '[host:]port',
      description: 'Where the device connects; by default on every interface.',
      pattern: PORT,
    },
    server: { value: 'host:port', description: 'The server to check.', pattern: PORT },
    id: {
      value: 'id',
      description: 'The registered id of the station.',
      required: true,
      pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    },
    secret: { value: 'secret', description: 'Its secret; a device may be checked without.' },
    property: { value: 'name', description: 'What the readings for a server are of; default water_level.' },
  },
  run: async call => {
    const isDevice = call.text('listen') !== undefined;
    if (isDevice === (call.text('server') !== undefined)) {
      throw new AppError('invalid_request', 'Give either --listen or --server.');
    }
    const ending = new AbortController();
    const unsubscribe = call.host.onSignal(() => ending.abort());
    try {
      const report = isDevice ? await ofDevice(call, ending.signal) : await ofServer(call, ending.signal);
      return reportOutcome(report);
    } finally {
      unsubscribe();
    }
  },
};

async function ofDevice(call: Invocation, signal: AbortSignal): Promise<CheckReport> {
  const { host, port } = addressOf(call.text('listen'));
  const secret = call.text('secret');
  const tell = (line: string): void => call.host.err(`${line}\n`);
  let isTold = false;
  return await call.host.parts.checkDevice({
    id: call.text('id') ?? '',
    port,
    clock: SYSTEM_CLOCK,
    signal,
    ...(host === undefined ? {} : { host }),
    ...(secret === undefined ? {} : { secret }),
    onListening: bound => {
      if (!isTold) tell(`Waiting for the device on port ${bound}.`);
      isTold = true;
    },
    onPhase: phase => tell(`Now: ${phase}`),
  });
}

async function ofServer(call: Invocation, signal: AbortSignal): Promise<CheckReport> {
  const { host, port } = addressOf(call.text('server'));
  const secret = call.text('secret');
  if (secret === undefined) throw new AppError('invalid_request', 'A server is checked with --secret.');
  const property = call.text('property');
  return await call.host.parts.checkServer({
    id: call.text('id') ?? '',
    secret,
    host: host ?? '127.0.0.1',
    port,
    clock: SYSTEM_CLOCK,
    signal,
    ...(property === undefined ? {} : { property }),
  });
}

function addressOf(text = ''): { readonly host: string | undefined; readonly port: number } {
  const { host, port } = PORT.exec(text)?.groups ?? {};
  if (Number(port) > MAX_PORT) throw new AppError('invalid_request', `There is no port ${port}.`);
  return { host: host?.replaceAll(/[[\]]/g, ''), port: Number(port) };
}

function reportOutcome(report: CheckReport): Outcome {
  const { subject, id, points } = report;
  const count = (verdict: CheckPoint['verdict']): number =>
    points.filter(point => point.verdict === verdict).length;
  const isSeen = count('not seen') < points.length;
  return {
    data: { ...report, holds: count('holds'), broken: count('broken'), notSeen: count('not seen') },
    lines: [
      ...textTable(
        ['point', 'verdict', 'observed'],
        points.map(point => [point.id, point.verdict, point.observed]),
      ),
      ...points
        .filter(({ verdict }) => verdict === 'broken')
        .map(point => printable(`${point.id}: the contract says: ${point.clause}`)),
      isSeen
        ? `${subject} ${id}: ${count('holds')} hold, ${count('broken')} broken, ${count('not seen')} not seen`
        : `No ${subject} was seen.`,
    ],
    failed: count('broken') > 0 || !isSeen,
  };
}
