import { afterEach, beforeEach, expect, it } from 'vitest';
import { epochMs } from '../../domain/time/instant.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { observation } from '../../test/harness/fake-application.ts';

const T = epochMs(1_790_000_000_000);
let probe: CliProbe;
beforeEach(async () => {
  probe = createCliProbe();
  const { application } = probe;
  const datastream = application.datastreams.get('RIVER-1/water_level') ?? 0;
  application.rows = [observation({ datastream, t: T, v: 3.4, quality: 3 })];
  application.qualityTests = [
    { test: 'gross_range', flag: 1, t: T, detail: {} },
    { test: 'spike', flag: 3, t: T, detail: { height: 0.4, suspectThreshold: 0.15 } },
    { test: 'flat_line', flag: 2, t: T, detail: { reason: 'nothing_to_compare' } },
  ];
  await probe.startServer();
});
afterEach(() => probe.close());

it('says which test doubts a reading, and by what', async () => {
  const { out, code } = await probe.ww('quality', 'explain', 'RIVER-1/water_level');
  expect(code).toBe(0);
  expect(out.split('\n').map(line => line.trimEnd())).toEqual([
    'RIVER-1/water_level at 2026-09-21 22:13:20 (+08:00): 3.4, suspect, device flag N',
    '',
    'test         flag           by',
    'gross_range  good',
    'spike        suspect        height 0.4, suspectThreshold 0.15',
    'flat_line    not evaluated  reason nothing_to_compare',
    '',
  ]);
});

it('says how a point is written', async () => {
  const { err, code } = await probe.ww('quality', 'explain', 'RIVER-1');
  expect(code).not.toBe(0);
  expect(err).toContain('"RIVER-1" is no point: say station/property.');
});

it('says that there is no such reading', async () => {
  const at = ['--at', '2020-01-01'];
  const { err, code } = await probe.ww('quality', 'explain', 'RIVER-1/water_level', ...at);
  expect(code).not.toBe(0);
  expect(err).toContain('no reading of RIVER-1/water_level');
});
