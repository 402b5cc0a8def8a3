import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';

let probe: CliProbe;
beforeEach(() => {
  probe = createCliProbe();
});
afterEach(() => probe.close());

describe('ww export', () => {
  it('asks the server for a range in the time of the district, and says what was written', async () => {
    await probe.startServer();
    const words =
      'export july --from 2026-07-01 --to 2026-07-02T12:00Z --station RIVER-1,PUMP-1 --format parquet';
    const { code, out } = await probe.ww(...words.split(' '));
    const target = join(probe.dataDir, 'july');
    expect([code, out]).toEqual([
      0,
      `Exported to ${target}\nrows      12,345\nstations  2\nsize      678,901 bytes\ntime      1.2 s\n`,
    ]);
    expect(probe.application.asked.administration).toMatchObject([
      {
        principal: { id: 'control' },
        action: 'export',
        detail: {
          target,
          format: 'parquet',
          from: Date.parse('2026-06-30T16:00:00Z'),
          to: Date.parse('2026-07-02T12:00:00Z'),
          stations: ['RIVER-1', 'PUMP-1'],
        },
      },
    ]);
  });

  it('takes everything, as CSV, where nothing is said', async () => {
    await probe.startServer();
    expect((await probe.ww('export', '/exports/all', '--json')).json()).toMatchObject({ rows: 12_345 });
    const [asked] = probe.application.asked.administration;
    expect(asked?.detail).toMatchObject({ target: '/exports/all', format: 'csv', from: 0 });
    expect(asked?.detail).not.toHaveProperty('stations');
  });

  it('refuses times that are none', async () => {
    await probe.startServer();
    expect((await probe.ww('export', 'july', '--from', 'yesterday')).code).toBe(2);
    const { code, err } = await probe.ww('export', 'july', '--to', '2026-13-40');
    expect([code, err]).toEqual([1, expect.stringContaining('"2026-13-40" is no time. (invalid_request)')]);
  });

  it('needs a running server', async () => {
    const { code, err } = await probe.ww('export', 'july');
    expect([code, err]).toEqual([1, expect.stringContaining('(control_unreachable)')]);
  });
});
