import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, describe, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import { durationMs } from '../../domain/time/instant.ts';
import { checkDevice } from '../../sensors-sim/device-check/check-device.ts';
import { checkServer } from '../../sensors-sim/device-check/check-server.ts';
import type { CheckPoint, CheckReport } from '../../sensors-sim/device-check/check-point.ts';
import { requireServer } from '../harness/debian-servers.ts';
import { SYSTEM_CLOCK } from '../harness/machine-clock.ts';
import { mosquittoStarter } from '../harness/mosquitto.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { WrongDevice } from '../harness/wrong-device.ts';

const mosquitto = requireServer('mosquitto');
const publisher = requireServer('mosquitto_pub');
const REFERENCE = fileURLToPath(new URL('../../dist/sensors-sim/reference-client/main.js', import.meta.url));
const WW = fileURLToPath(new URL('../../dist/server/cli/main.js', import.meta.url));
const ID = 'D-1';
const SECRET = 'a-secret';
const TIMES = { lateMs: 300, darkMs: 500, recoverMs: 12_000, settleMs: 700, limitMs: 60_000 };

const temporary = temporaryFolder();
forbidLeftServers();
const startMosquitto = mosquittoStarter();
const running = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of running) {
    // A script has children of its own.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await once(child, 'exit');
  }
  running.clear();
});

/** Checks a device that is started once the check listens. */
function check(start: (port: number) => void, times: Partial<typeof TIMES> = {}): Promise<CheckReport> {
  let isStarted = false;
  return checkDevice({
    id: ID,
    secret: SECRET,
    host: '127.0.0.1',
    port: 0,
    clock: SYSTEM_CLOCK,
    times: { ...TIMES, ...times },
    onListening: port => {
      if (!isStarted) start(port);
      isStarted = true;
    },
  });
}

function play(program: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.stdin?.on('error', () => undefined);
  return child;
}

const script = (lines: string, port: number): ChildProcess =>
  play('/bin/bash', ['-c', lines], { PUB: publisher ?? '', PORT: `${port}`, ID, SECRET });

async function checkWrong(device: WrongDevice, recoverMs: number): Promise<CheckReport> {
  try {
    return await check(port => device.start(port), { recoverMs });
  } finally {
    await device.stop();
  }
}

function verdicts({ points }: { readonly points: readonly CheckPoint[] }): Record<string, string> {
  return Object.fromEntries(points.map(({ id, verdict }) => [id, verdict]));
}

const idsOf = (report: CheckReport, verdict: CheckPoint['verdict']): string[] =>
  report.points.filter(point => point.verdict === verdict).map(({ id }) => id);

/** For a script: `message <t>` makes a payload, `publish …` sends it at QoS 1. */
const READING = `
message() { echo "{\\"sent\\":$(date +%s%3N),\\"obs\\":[{\\"p\\":\\"water_level\\",\\"t\\":$1,\\"v\\":$(($1 % 1000))}]}"; }
publish() { $PUB -h 127.0.0.1 -p $PORT -i $ID -u $ID -P $SECRET -q 1 "$@"; }
`;

describe.skipIf(publisher === undefined)('a device check of mosquitto_pub scripts', () => {
  it(
    'finds that a plain loop loses what was not acknowledged, and hammers',
    { timeout: 60_000 },
    async () => {
      const report = await check(
        port =>
          script(
            `${READING} while sleep 0.4; do publish -t ww/v1/$ID/obs -m "$(message $(date +%s%3N))"; done`,
            port,
          ),
        { recoverMs: 3_000 },
      );
      expect(verdicts(report)).toEqual({
        protocol: 'holds',
        client_id: 'holds',
        password: 'holds',
        keep_alive: 'holds',
        will: 'not seen',
        status: 'not seen',
        own_topics: 'holds',
        qos: 'holds',
        payload: 'holds',
        t: 'holds',
        sent: 'holds',
        seq: 'not seen',
        late_puback: 'holds',
        resend: 'broken',
        back_off: 'broken',
        return: 'holds',
        backlog: 'not seen',
        subscriptions: 'not seen',
      });
    },
  );

  it(
    'finds that a script which keeps and waits longer and longer is right',
    { timeout: 60_000 },
    async () => {
      const report = await check(port =>
        script(
          `${READING}
         while t=$(date +%s%3N); channel=obs; wait=0.25; do
           until publish -t ww/v1/$ID/$channel -m "$(message $t)" \\
             --will-topic ww/v1/$ID/status --will-retain --will-qos 1 --will-payload '{"state":"offline"}'; do
             channel=backlog; sleep $wait; wait=$(awk "BEGIN { print $wait * 2 }")
           done
         done`,
          port,
        ),
      );
      expect(idsOf(report, 'broken')).toEqual([]);
      expect(idsOf(report, 'not seen')).toEqual(['status', 'seq', 'subscriptions']);
    },
  );
});

describe('a device check of programs', () => {
  it('finds nothing wrong with the reference client', { timeout: 60_000 }, async () => {
    const feeding = new AbortController();
    const report = await check(port => {
      const args =
        `--id ${ID} --folder ${join(temporary.path, 'buffer')} --port ${port} --back-off 300`.split(' ');
      const child = play(process.execPath, [REFERENCE, ...args], { WW_SECRET: SECRET });
      const feed = (): void => {
        child.stdin?.write(`${Date.now()},water_level,3.217\n`);
        if (!feeding.signal.aborted) SYSTEM_CLOCK.after(durationMs(200), feed);
      };
      feed();
    }).finally(() => feeding.abort());
    expect(idsOf(report, 'broken')).toEqual([]);
    expect(idsOf(report, 'not seen')).toEqual(['subscriptions']);
  });

  it(
    'finds everything that is wrong with a device that does everything wrong',
    { timeout: 60_000 },
    async () => {
      const report = await checkWrong(new WrongDevice(ID), 2_000);
      expect(idsOf(report, 'broken')).toEqual([
        'protocol',
        'client_id',
        'password',
        'keep_alive',
        'will',
        'status',
        'own_topics',
        'qos',
        'payload',
        't',
        'sent',
        'seq',
        'late_puback',
        'resend',
        'back_off',
        'subscriptions',
      ]);
      expect(verdicts(report)).toMatchObject({ return: 'holds', backlog: 'not seen' });
    },
  );

  it('finds that a device which gives up does not come back', { timeout: 60_000 }, async () => {
    const report = await checkWrong(new WrongDevice(ID, { givesUp: true }), 1_500);
    expect(verdicts(report)).toMatchObject({ return: 'broken', resend: 'broken', back_off: 'not seen' });
  });
});

interface Answer {
  readonly code: number | null;
  readonly report: CheckReport;
}

async function checkByCommandLine(args: readonly string[]): Promise<Answer> {
  const child = spawn(process.execPath, [WW, 'device', 'check', '--json', ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  return { code: child.exitCode, report: JSON.parse(output) as CheckReport };
}

describe('a check of a server', () => {
  it('finds that every point holds of the real one', { timeout: 120_000 }, async () => {
    const dataDir = join(temporary.path, 'data');
    mkdirSync(dataDir);
    const server = await startServer({ dataDir });
    const secrets = await server.register([
      {
        kind: 'station',
        id: ID as ThingId,
        name: ID,
        datastreams: [{ property: 'water_level', datum: '1985国家高程基准', intervalMs: 60_000 }],
      },
    ]);
    const { host, port } = server.addresses.mqtt;
    const { code, report } = await checkByCommandLine(
      `--server ${host}:${port} --id ${ID} --secret ${secrets[ID]}`.split(' '),
    );
    const { balanced, messages } = await server.ledger();
    const exitCode = await server.stop();
    expect(report.points.filter(({ verdict }) => verdict !== 'holds')).toEqual([]);
    expect([code, report.points.length, balanced, exitCode]).toEqual([0, 20, true, 0]);
    expect(messages.journalled).toBeGreaterThan(60);
  });

  it.skipIf(mosquitto === undefined)(
    'finds what a plain broker does not do',
    { timeout: 120_000 },
    async () => {
      const broker = await startMosquitto({ program: mosquitto ?? '' });
      const report = await checkServer({
        host: '127.0.0.1',
        port: broker.port,
        id: ID,
        secret: 'any',
        clock: SYSTEM_CLOCK,
        maxPatienceMs: 400,
      });
      await broker.stop();
      expect(idsOf(report, 'broken')).toEqual(
        expect.arrayContaining([
          'refuses_strangers',
          'refuses_mismatch',
          'foreign_topics',
          'subscriptions',
          'will',
        ]),
      );
      expect(idsOf(report, 'holds')).toEqual(
        expect.arrayContaining(['accepts', 'puback', 'repeats', 'qos2', 'early_bytes', 'one_connection']),
      );
    },
  );
});
