import { afterEach, beforeEach, expect, it } from 'vitest';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';

let probe: CliProbe;
beforeEach(async () => {
  probe = createCliProbe();
  await probe.startServer();
});
afterEach(() => probe.close());

const signal = async (...args: readonly string[]) => (await probe.ww('signal', ...args)).out;

it('reports a signal of a basin, lifts that of the district, and lists what stands', async () => {
  const at = ['--at', '2026-09-21T22:13:20'];
  expect(await signal('report', '--severity', 'orange', '--zone', 'east', ...at)).toBe(
    'orange for east since 2026-09-21 22:13:20 (+08:00).\n',
  );
  expect(await signal('lift', ...at)).toBe(
    'No signal for the whole district since 2026-09-21 22:13:20 (+08:00).\n',
  );
  expect(probe.application.signals.reported).toMatchObject([
    { zone: 'east', severity: 'orange', t: 1_790_000_000_000 },
    { zone: '*', severity: null },
  ]);
  expect(await signal('list')).toBe('No signal stands.\n');
  probe.application.signals.stand('east', 'red', 1_790_000_000_000);
  expect((await signal('list')).split('\n')[1]).toBe('east  red     2026-09-21 22:13:20');
});

it('takes no other colour', async () => {
  const { code } = await probe.ww('signal', 'report', '--severity', 'purple');
  expect(code).not.toBe(0);
  expect(probe.application.signals.reported).toEqual([]);
});
