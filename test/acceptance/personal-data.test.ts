import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { ROUTES } from '../../server/http/routes.ts';
import { EventStreamReader } from '../harness/event-stream-reader.ts';
import { runWw } from '../harness/run-ww.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';

const temporary = temporaryFolder();
forbidLeftServers();

const PHONE = '+8675599887766';
/** However it may be written. */
const DIGITS = '5599887766';

const SITE = `organisations: [{ id: o, name: 局, role: operator }]
persons: [{ id: p, name: 王, organisation: o, phone: '${PHONE}' }]
streets: [{ id: s, name: 街 }]
communities: [{ id: c, name: 社区, street: s }]
basins: [{ id: b, name: 流域 }]
assets:
  - { id: a, name: 闸, type: sluice_gate, basin: b, community: c, operator: o, regulator: o, responsible: [p],
      latitude: 22.7, longitude: 114.2 }
stations: [{ id: S-1, name: 站, asset: a, datastreams: [{ property: ph, intervalMs: 60000 }] }]
`;

const VALUES: Readonly<Record<string, string>> = { '{id}': 'S-1', '{station}': 'S-1', '{datastream}': 'ph' };

/** What every route that only reads answers to an administrator, by path. */
async function answersOf(server: ServerProcess): Promise<ReadonlyMap<string, string>> {
  const { host, port } = server.addresses.http;
  const { token } = await server.control.call('createToken', { role: 'admin' });
  const answers = new Map<string, string>();
  for (const { method, path } of Object.values(ROUTES)) {
    if (method !== 'GET') continue;
    const url = `http://${host}:${port}${path.replaceAll(/\{\w+\}/g, key => VALUES[key] ?? '0')}`;
    if (path.endsWith('/stream')) {
      const reader = await EventStreamReader.open(`http://${host}:${port}`, { token });
      answers.set(path, JSON.stringify((await reader.event(0)).data));
      reader.close();
    } else {
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      answers.set(path, await response.text());
    }
  }
  return answers;
}

it('keeps telephone numbers out of every answer, log, export and manifest', { timeout: 60_000 }, async () => {
  const [dataDir, site] = [temporary.path, join(temporary.path, 'site')];
  makeSite(site, SITE);
  let server = await startServer({ dataDir: join(dataDir, 'data'), site, env: { WW_LOG_LEVEL: 'debug' } });
  expect(JSON.stringify(await server.control.call('siteParts', {}))).toContain(DIGITS);
  const answers = await answersOf(server);
  expect(answers.get('/api/v1/district')).toContain('王');
  expect([...answers].filter(([, text]) => text.includes(DIGITS))).toEqual([]);

  const [backup, out] = [join(dataDir, 'backup'), join(dataDir, 'export')];
  await server.control.call('backup', { target: backup });
  expect(readFileSync(join(backup, 'backup.json'), 'utf8')).not.toContain(DIGITS);
  const range = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-02-01T00:00:00Z', '--format', 'csv'];
  const exported = await runWw(['export', out, ...range], join(dataDir, 'data'));
  expect(exported).toMatchObject({ code: 0 });
  for (const file of ['stations.geojson', 'dictionary.json', 'observations.csv']) {
    expect(readFileSync(join(out, file), 'utf8')).not.toContain(DIGITS);
  }
  expect(await server.stop()).toBe(0);
  expect(server.output()).not.toContain(DIGITS);

  // A cell too far to the left: the number now stands where an organisation should, and problems quote names.
  makeSite(site, SITE.replace(`organisation: o, phone: '${PHONE}'`, `organisation: '${PHONE}'`));
  server = await startServer({ dataDir: join(dataDir, 'data'), site });
  expect(await server.stop()).toBe(0);
  expect(server.output()).toContain('cannot be used');
  expect(server.output()).not.toContain(DIGITS);
});

function makeSite(folder: string, parts: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'site.yaml'), 'name: 区\n');
  writeFileSync(join(folder, 'parts.yaml'), parts);
}
