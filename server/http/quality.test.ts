import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { epochMs } from '../../domain/time/instant.ts';
import { createFakeApplication, observation } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { qualityResponse } from './quality-schema.ts';

const application = createFakeApplication();
const viewer = application.token('viewer');
const other = application.token('integrator', ['RAIN-1']);
let probe: HttpProbe;

beforeAll(async () => {
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());

const T = epochMs(1_790_000_000_000);
const FINDINGS = [
  { test: 'device_flag', flag: 1, t: T, detail: {} },
  { test: 'spike', flag: 3, t: T, detail: { height: 0.4, suspectThreshold: 0.15 } },
  { test: 'flat_line', flag: 2, t: T, detail: { reason: 'nothing_to_compare' } },
] as const;

beforeEach(() => {
  const id = application.datastreams.get('RIVER-1/water_level') ?? 0;
  application.rows = [0, 60_000].map(after =>
    observation({ datastream: id, t: epochMs(T + after), v: 3, quality: 3 }),
  );
  application.qualityTests = FINDINGS;
});

const path = (query = '', datastream = 'water_level') =>
  `/api/v1/datastreams/RIVER-1/${datastream}/quality${query}`;
const ask = (of: string, token = viewer) => probe.ask(of, { token });

it('names every test of the last reading before an instant, what it measured and the worst flag', async () => {
  const { status, body } = await ask(path(`?at=${T + 59_999}`));
  expect(status).toBe(200);
  expect(qualityResponse.parse(body)).toEqual(body);
  expect(body).toMatchObject({ subject: 'RIVER-1/water_level', t: T, v: 3, flag: 3, deviceFlag: 'N' });
  expect(body.tests).toEqual(FINDINGS.map(({ test, flag, detail }) => ({ test, flag, detail })));
});

it('is of the newest reading where no instant is named', async () => {
  expect((await ask(path())).body).toMatchObject({ t: T + 60_000 });
});

it('finds the last of very many', async () => {
  const datastream = application.datastreams.get('RIVER-1/water_level') ?? 0;
  application.rows = Array.from({ length: 25_000 }, (_, at) =>
    observation({ datastream, t: epochMs(T + at) }),
  );
  expect((await ask(path(`?at=${T + 24_999}`))).body).toMatchObject({ t: T + 24_999 });
});

it('has nothing to say before the first reading, of a day without one, and of a stranger', async () => {
  expect((await ask(path(`?at=${T - 1}`))).status).toBe(404);
  expect((await ask(path(`?at=${T + 90_000_000}`))).status).toBe(404);
  expect((await ask(path('', 'ph'))).status).toBe(404);
});

it('is for those who may see the station', async () => {
  expect((await ask(path(), other)).status).toBe(403);
});
