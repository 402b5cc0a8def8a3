import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, expect, it } from 'vitest';

import { writePondingSite } from '../harness/ponding-site.ts';
import { runWw } from '../harness/run-ww.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();

/** Nothing below orange but while an official signal of orange or more stands. */
const RULES = `version: 1
validFrom: 2020-01-01T00:00:00Z
rules:
  - id: road
    kind: threshold_ladder
    name: 道路积水
    nameEn: Water on a road
    source: proposal
    subjects: { property: ponding_depth }
    params: { deadband: 0.01, steps: [{ severity: orange, threshold: [orange] }] }
    modes:
      - { signal: orange, params: { steps: [{ severity: blue, threshold: [blue] }, { severity: orange, threshold: [orange] }] } }
`;

let settings: Record<string, string>;
const inFolder = (name: string): string => join(temporary.path, name);

beforeEach(() => {
  writePondingSite(inFolder('site'));
  writeFileSync(inFolder('r.yaml'), RULES);
  settings = { WW_SITE: inFolder('site'), WW_RULES: inFolder('r.yaml') };
});

const start = (): Promise<ServerProcess> =>
  startServer({ dataDir: inFolder('data'), site: inFolder('site'), env: settings });
const ww = (...args: readonly string[]) => runWw(args, inFolder('data'), settings);

/** Some water on the road, measured and sent now. */
async function puddle({ addresses, control }: ServerProcess): Promise<void> {
  const { host, port } = addresses.http;
  const { token } = await control.call('createToken', { role: 'engineer' });
  const now = Date.now();
  const answer = await fetch(`http://${host}:${port}/api/v1/observations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ station: 'S', sent: now, obs: [{ p: 'ponding_depth', t: now, v: 0.05 }] }),
  });
  expect(answer.status).toBe(202);
}

interface Point {
  readonly rules: readonly { readonly state: string }[];
}

it('warns earlier from the moment in which an official signal is reported, also after a kill -9', async () => {
  let server = await start();
  const stateOf = async (): Promise<string | undefined> => {
    const { rules } = (await server.get('/api/v1/datastreams/S/ponding_depth/why')) as Point;
    return rules[0]?.state;
  };
  const reaches = (state: string) =>
    waitFor(`the state ${state}`, stateOf, { until: seen => seen === state, intervalMs: 50 });
  const standing = (severity: string) =>
    waitFor(`the signal ${severity}`, async () => (await ww('signal', 'list')).out, {
      until: out => new RegExp(`^\\* +${severity} `, 'm').test(out),
    });
  await puddle(server);
  await reaches('noWarning');

  // What was answered is durable, whether a rule has heard of it or not.
  expect(await ww('signal', 'report', '--severity', 'red')).toMatchObject({ code: 0 });
  await server.kill();
  server = await start();
  await standing('red');
  await puddle(server);
  await reaches('warning');
  await server.kill();

  server = await start();
  await standing('red');
  await puddle(server);
  await reaches('warning');
  expect((await server.get('/api/v1/alarms')) as object).toMatchObject({
    items: [{ rule: 'road', severity: 'blue' }],
  });

  expect(await ww('signal', 'lift')).toMatchObject({ code: 0 });
  await puddle(server);
  await reaches('noWarning');
  expect(await server.stop()).toBe(0);
});
