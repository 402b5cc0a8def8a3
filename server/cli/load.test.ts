import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { loadThings } from '../../sensors-sim/load/load-registry.ts';
import type { LoadAccount } from '../../sensors-sim/load/load-account.ts';
import type { LoadSurroundings } from '../../sensors-sim/load/run-load.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';

const COUNT = { messages: 0, readings: 0 };
const ACCOUNT: LoadAccount = {
  stations: 3,
  connects: 3,
  losses: 0,
  cuts: 0,
  refusals: {},
  published: COUNT,
  acknowledged: { messages: 1_200, readings: 2_400 },
  unacknowledged: COUNT,
  unconfirmedQos0: COUNT,
  repeated: 0,
  acknowledgedByKind: { fresh: 1_200, backlog: 0, duplicate: 0, correction: 0, malformed: 0 },
  overtaken: 0,
  quarantine: { messages: {}, readings: {} },
  notTaken: 0,
  statusAcknowledged: 0,
  latency: { p50Ms: 1.2, p99Ms: 9.8, maxMs: 20 },
  elapsedMs: 10_000,
};

let probe: CliProbe;
let ran: { readonly plan: GivenLoadPlan; readonly surroundings: LoadSurroundings }[];
let account: LoadAccount;

beforeEach(() => {
  probe = createCliProbe();
  ran = [];
  account = ACCOUNT;
  probe.parts.loadStations = async plan => loadThings(completeLoadPlan(plan));
  probe.parts.runLoad = async (plan, surroundings) => {
    ran.push({ plan, surroundings });
    return account;
  };
});
afterEach(() => probe.close());

describe('ww load', () => {
  it('registers the stations of the plan and plays them', async () => {
    await probe.startServer();
    const { code, out } = await probe.ww('load', '--stations', '3', '--rate', '0.5', '--seconds', '7');
    expect(code).toBe(0);
    expect(out).toContain('2,400 readings in 1,200 messages');
    expect(out).toContain('p99 9.8 ms');
    expect(ran[0]?.plan).toEqual({ stations: 3, ratePerStation: 0.5, durationMs: 7_000 });
    expect([...(ran[0]?.surroundings.secrets.keys() ?? [])]).toEqual([
      'load-00001',
      'load-00002',
      'load-00003',
    ]);
  });

  it('takes a plan from a file, which options override', async () => {
    await probe.startServer();
    const plan = join(probe.dataDir, 'plan.json');
    writeFileSync(plan, JSON.stringify({ stations: 2, duplicateShare: 0.5, seed: 9 }));
    const { code } = await probe.ww('load', '--plan', plan, '--seed', '10', '--rate', 'max');
    expect(code).toBe(0);
    expect(ran[0]?.plan).toEqual({ stations: 2, duplicateShare: 0.5, seed: 10, ratePerStation: 'max' });
  });

  it.each([
    ['no JSON', 'stations: 2'],
    ['a list', '[]'],
  ])('refuses a plan file that is %s', async (_name, text) => {
    await probe.startServer();
    const plan = join(probe.dataDir, 'plan.json');
    writeFileSync(plan, text);
    const { code, err } = await probe.ww('load', '--plan', plan);
    expect(code).toBe(1);
    expect(err).toContain('cannot be read');
    expect(ran).toEqual([]);
  });

  it('refuses a plan that makes no sense, before anything is registered', async () => {
    await probe.startServer();
    const plan = join(probe.dataDir, 'plan.json');
    writeFileSync(plan, JSON.stringify({ duplicateShare: 2 }));
    const { code, err } = await probe.ww('load', '--plan', plan);
    expect(code).toBe(1);
    expect(err).toContain('duplicateShare');
    expect(probe.application.asked.administration).toEqual([]);
  });

  it('fails where something was not acknowledged', async () => {
    account = { ...ACCOUNT, unacknowledged: { messages: 4, readings: 4 } };
    await probe.startServer();
    const { code, out } = await probe.ww('load', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ unacknowledged: { messages: 4 } });
  });
});
