import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, it } from 'vitest';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { EventStreamReader } from '../../test/harness/event-stream-reader.ts';
import { FakeApplication, observation } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import { printFigure } from '../../test/harness/print-figure.ts';
import { waitFor } from '../../test/harness/wait-for.ts';

const STATIONS = 10_000;
const PROPERTIES = ['water_level', 'flow', 'rainfall'];
const CLIENTS = 100;
const CHANGED_PER_SECOND = 200;
const SECONDS = 20;
const INTERVAL_MS = 300_000;

/** Clients of a process of their own, so that their work is not counted as ours. */
const READERS = `
  const [url, token, count] = process.argv.slice(1);
  let whole = 0;
  for (let n = 0; n < Number(count); n += 1) {
    require('node:http').get(url, { agent: false, headers: { authorization: 'Bearer ' + token } }, response => {
      let tail = '';
      let isWhole = false;
      response.on('data', bytes => {
        if (isWhole) return;
        tail = (tail + bytes.subarray(-2).toString('latin1')).slice(-2);
        if (tail !== '\\n\\n' || bytes.length < 100) return;
        isWhole = true;
        whole += 1;
        if (whole === Number(count)) process.stdout.write('whole');
      });
    });
  }`;

let readers: ChildProcess | undefined;
afterAll(() => readers?.kill());

it('shows what a second of a large district costs for many clients', { timeout: 60_000 }, async () => {
  const application = district();
  const token = application.token('viewer');
  const limits = { concurrentPerClient: 1_000, streamsPerPrincipal: 1_000 };
  const probe = await startHttpProbe(application, { limits });
  const begin = performance.now();
  const reader = await EventStreamReader.open(probe.url, { token });
  await reader.event(0);
  const firstStateMs = performance.now() - begin;
  const stateBytes = Buffer.byteLength(reader.raw);
  reader.close();

  readers = spawn(process.execPath, ['-e', READERS, `${probe.url}/api/v1/stream`, token, String(CLIENTS)]);
  const stateCpu = process.cpuUsage();
  await once(readers.stdout!, 'data');
  const { user: stateUser, system: stateSystem } = process.cpuUsage(stateCpu);

  const witness = await EventStreamReader.open(probe.url, { token });
  await witness.event(0);
  const before = witness.raw.length;
  const deltaCpu = process.cpuUsage();
  for (let second = 1; second <= SECONDS; second += 1) {
    application.nowMs += 1_000;
    change(application, second);
    probe.clock.advance(1_000);
    // A heartbeat is shorter.
    const length = witness.raw.length + 1_000;
    await waitFor('the delta', () => witness.raw.length > length && witness.isAtRest, { intervalMs: 1 });
  }
  const { user, system } = process.cpuUsage(deltaCpu);
  const deltaBytes = (witness.raw.length - before) / SECONDS;
  printFigure(
    `event stream, ${STATIONS} stations x ${PROPERTIES.length}: full state ${(stateBytes / 1e6).toFixed(1)} MB, ` +
      `first one after ${firstStateMs.toFixed(0)} ms; to ${CLIENTS} clients at once ` +
      `${((stateUser + stateSystem) / 1000).toFixed(0)} ms CPU; a delta of ${CHANGED_PER_SECOND} stations ` +
      `${(deltaBytes / 1e3).toFixed(0)} kB, ${((user + system) / 1000 / SECONDS).toFixed(1)} ms CPU for all clients`,
  );
  expect(witness.events).toHaveLength(SECONDS + 1);
  expect(witness.events.at(-1)?.data.points).toHaveLength(CHANGED_PER_SECOND);
  witness.close();
  await probe.server.stop();
});

function district(): FakeApplication {
  const application = new FakeApplication();
  const connections = new Map<string, { readonly since: EpochMs }>();
  for (let n = 0; n < STATIONS; n += 1) {
    const station = `LG-${String(n).padStart(5, '0')}`;
    application.things.set(station, {
      kind: 'station',
      id: station as ThingId,
      name: `龙岗水位站 ${n}`,
      nameEn: `Longgang gauge ${n}`,
      basin: 'longgang',
      latitude: 22.7,
      longitude: 114.2,
      datastreams: PROPERTIES.map(property => ({
        property,
        intervalMs: INTERVAL_MS,
        ...(property === 'water_level' ? { datum: '1985国家高程' } : {}),
      })),
    });
    for (const property of PROPERTIES) {
      application.latestValues.push({
        station,
        property,
        observation: observation({ t: application.now(), v: n / 1_000 }),
      });
    }
    connections.set(station, { since: application.startedAt });
  }
  // As the server does it: only what changed comes over from the ingest worker.
  application.changesSince = async mark => ({
    mark,
    latest: application.latestValues,
    tracked: new Map(),
    connections,
  });
  return application;
}

/** Gives some stations a new value. */
function change(application: FakeApplication, second: number): void {
  application.latestValues = Array.from({ length: CHANGED_PER_SECOND }, (_, n) => ({
    station: `LG-${String((second * CHANGED_PER_SECOND + n) % STATIONS).padStart(5, '0')}`,
    property: 'water_level',
    observation: observation({ t: application.now(), v: second }),
  }));
}
