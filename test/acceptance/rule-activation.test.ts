import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, expect, it } from 'vitest';

import type { BacktestReport } from '../../server/rules/backtest-report.ts';
import { writePondingSite } from '../harness/ponding-site.ts';
import { ruleSetText } from '../harness/rule-set-text.ts';
import { runWw } from '../harness/run-ww.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();

/** The rule `road` under so many ids. */
function rulesText(version: number, ...ids: readonly string[]): string {
  const [head = '', rule = ''] = ruleSetText({ version }).split('  - ');
  return head + ids.map(id => `  - ${rule.replace('id: road', `id: ${id}`)}`).join('');
}

let settings: Record<string, string>;
const inFolder = (name: string): string => join(temporary.path, name);

beforeEach(() => {
  writePondingSite(inFolder('site'));
  writeFileSync(inFolder('r.yaml'), rulesText(1, 'road'));
  settings = { WW_SITE: inFolder('site'), WW_RULES: inFolder('r.yaml'), WW_RULES_ALARM_BUDGET: '1' };
});

const start = (): Promise<ServerProcess> =>
  startServer({ dataDir: inFolder('data'), site: inFolder('site'), env: settings });
const ww = (...args: readonly string[]) => runWw(args, inFolder('data'), settings);
const warnings = async ({ control }: ServerProcess): Promise<readonly string[]> =>
  (await control.call('status', {})).readiness.warnings.map(({ code }) => code);

/** Water on the road, measured and sent now. */
async function flood({ addresses, control }: ServerProcess): Promise<void> {
  const { host, port } = addresses.http;
  const { token } = await control.call('createToken', { role: 'engineer' });
  const now = Date.now();
  const obs = [0, 0.2].map((v, at) => ({ p: 'ponding_depth', t: now - 60_000 * (1 - at), v }));
  const answer = await fetch(`http://${host}:${port}/api/v1/observations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ station: 'S', sent: now, obs }),
  });
  expect(answer.status).toBe(202);
}

it('tells in a back-test what was told in service, and holds an activation to the alarm budget', async () => {
  const server = await start();
  await flood(server);
  const alarms = await waitFor('the warning', async () => {
    const { items } = (await server.get('/api/v1/alarms')) as { readonly items: readonly object[] };
    return items.length > 0 ? items : undefined;
  });
  expect(alarms).toMatchObject([{ rule: 'road', subject: 'S/ponding_depth', severity: 'orange' }]);

  writeFileSync(inFolder('same.yaml'), rulesText(2, 'road'));
  const same = JSON.parse(
    (await ww('rules', 'backtest', inFolder('same.yaml'), '--json')).out,
  ) as BacktestReport;
  expect(same).toMatchObject({
    isHeard: true,
    inForce: { version: 1, episodes: 1, load: { alarms: 1 } },
    next: { version: 2, episodes: 1, load: { alarms: 1 } },
    same: 1,
  });

  writeFileSync(inFolder('three.yaml'), rulesText(3, 'road', 'street', 'lane'));
  const refused = await ww('rules', 'activate', inFolder('three.yaml'));
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('(alarm_budget_exceeded)')]);
  expect(refused.err).toContain('S/ponding_depth: 3 alarms');
  expect(await ww('rules', 'activate', inFolder('three.yaml'), '--force')).toMatchObject({ code: 0 });
  expect(await server.stop()).toBe(0);
}, 120_000);

it('keeps what was activated over a kill -9 and a worse file, and says where the file differs', async () => {
  let server = await start();
  expect(await warnings(server)).toEqual([]);
  writeFileSync(inFolder('next.yaml'), rulesText(2, 'road', 'street'));
  const activated = await ww('rules', 'activate', inFolder('next.yaml'), '--note', 'why');
  expect(activated).toMatchObject({ code: 0, err: '' });
  await server.kill();
  const inForce = async (): Promise<string> => (await ww('rules', 'list', '--json')).out;

  server = await start();
  expect(JSON.parse(await inForce())).toMatchObject({
    ruleSets: [
      { version: 2, isInForce: true, principal: 'control', note: 'why' },
      { version: 1, isInForce: false, principal: 'system' },
    ],
  });
  await waitFor('the warning', async () => (await warnings(server)).includes('rules_differ'));
  await server.stop();

  writeFileSync(inFolder('r.yaml'), 'version: [\n');
  server = await start();
  await waitFor('the warning', async () => (await warnings(server)).includes('rules_invalid'));
  expect((await ww('rules', 'show')).out).toBe(rulesText(2, 'road', 'street'));
  await server.stop();

  writeFileSync(inFolder('r.yaml'), rulesText(5, 'road'));
  server = await start();
  expect(await warnings(server)).toEqual([]);
  expect(JSON.parse(await inForce())).toMatchObject({ ruleSets: [{ version: 5 }, { version: 2 }, {}] });
  await server.stop();
}, 120_000);
