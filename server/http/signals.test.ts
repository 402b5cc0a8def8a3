import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import { FakeSignals } from '../../test/harness/fake-signals.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { signalsResponse } from './signal-schema.ts';

const application = createFakeApplication();
const duty = application.token('duty');
let probe: HttpProbe;

beforeAll(async () => {
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  application.signals = new FakeSignals();
});

const report = (json: object) => probe.ask('/api/v1/signals', { token: duty, method: 'POST', json });

it('lists the signals that stand', async () => {
  application.signals.stand('east', 'red', 1_790_000_000_000);
  const { status, body } = await probe.ask('/api/v1/signals', { token: duty });
  expect(status).toBe(200);
  expect(signalsResponse.parse(body)).toEqual(body);
  expect(body.items).toEqual([{ zone: 'east', severity: 'red', t: 1_790_000_000_000 }]);
});

it('takes a signal, or that it was lifted', async () => {
  const { status, body } = await report({ zone: 'east', severity: 'orange', t: 1_789_999_000_000 });
  expect([status, body]).toEqual([202, { zone: 'east', severity: 'orange', t: 1_789_999_000_000 }]);
  expect((await report({ zone: '*', severity: null })).status).toBe(202);
  expect(application.signals.reported).toMatchObject([
    { zone: 'east', severity: 'orange', t: 1_789_999_000_000 },
    { zone: '*', severity: null },
  ]);
});

it('refuses what is no signal', async () => {
  expect((await report({ zone: 'east', severity: 'purple' })).status).toBe(400);
  expect((await report({ severity: 'red' })).status).toBe(400);
  expect(application.signals.reported).toEqual([]);
});
