import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../domain/errors.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { SqliteEpisodes } from '../../storage/sqlite/episodes.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { changeOf, episodeBatch } from '../../test/harness/episode-batch.ts';
import { NO_MESSAGES, NO_READINGS } from '../../test/harness/sound-backup.ts';

let probe: CliProbe;
beforeEach(() => {
  probe = createCliProbe();
});
afterEach(() => probe.close());

const BROKEN = {
  messages: { ...NO_MESSAGES, journalled: 1 },
  readings: NO_READINGS,
  refused: [],
  balanced: false,
};

interface Report {
  readonly healthy: boolean;
  readonly findings: readonly { check: string; level: string; message: string; remedy?: string }[];
}

async function examine(): Promise<
  Report & { readonly code: number; readonly levels: Record<string, string> }
> {
  const answer = await probe.ww('doctor', '--json');
  const report = answer.json() as Report;
  const levels = Object.fromEntries(report.findings.map(({ check, level }) => [check, level]));
  return { ...report, code: answer.code, levels };
}

describe('ww doctor', () => {
  it('finds all well with a running server', async () => {
    await probe.startServer();
    const { code, healthy, findings } = await examine();
    expect([code, healthy]).toEqual([0, true]);
    expect(
      findings.filter(({ check }) => check !== 'disk space').map(({ check, level }) => [check, level]),
    ).toEqual([
      ['configuration', 'ok'],
      ['site', 'ok'],
      ['rule set', 'ok'],
      ['data folder', 'ok'],
      ['server', 'ok'],
      ['readiness', 'ok'],
      ['ledger', 'ok'],
    ]);
    const { out } = await probe.ww('doctor');
    expect(out).toMatch(/^OK {2}configuration {2}is valid\n/);
    expect(out).toContain('MQTT 127.0.0.1:9, HTTP 127.0.0.1:8, 3 things');
  });

  it('warns that no server runs, and looks whether its ports are free', async () => {
    const other = createServer();
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    probe.env['WW_HTTP_PORT'] = String(port);
    const { code, findings, levels } = await examine();
    await new Promise(resolve => other.close(resolve));
    expect(code).toBe(1);
    expect(levels).toMatchObject({
      server: 'warn',
      'port of MQTT': 'ok',
      'port of HTTP': 'fail',
      ledger: 'ok',
    });
    expect(findings.find(({ check }) => check === 'port of HTTP')?.remedy).toContain('WW_HTTP_PORT');
    const { code: free } = await examine();
    expect(free).toBe(0);
  });

  it('tells why the server is not ready, and that the ledger does not balance', async () => {
    probe.application.ready = {
      ready: false,
      reasons: [{ code: 'journal_full', message: 'The disk is full.', since: epochMs(1) }],
      warnings: [{ code: 'disk_low', message: 'Little space.' }],
    };
    probe.application.ledgers.set('', BROKEN);
    await probe.startServer();
    const { code, findings } = await examine();
    expect(code).toBe(1);
    expect(
      findings.filter(({ check }) => check === 'readiness').map(({ level, message }) => [level, message]),
    ).toEqual([
      ['fail', 'journal_full: The disk is full.'],
      ['warn', 'disk_low: Little space.'],
    ]);
    expect(findings.at(-1)).toMatchObject({ check: 'ledger', level: 'fail' });
    expect((await probe.ww('doctor')).out).toContain('\nledger: See where with: ww ledger');
  });

  it('reads the ledger from the files once there are some', async () => {
    writeFileSync(join(probe.dataDir, 'operations.db'), '');
    probe.parts.ledgerOffline = async () => BROKEN;
    expect((await examine()).levels).toMatchObject({ ledger: 'fail' });
    probe.parts.ledgerOffline = () => Promise.reject(new AppError('store_corrupt', 'Torn.'));
    const { findings } = await examine();
    expect(findings.at(-1)).toMatchObject({ level: 'fail', message: 'cannot be read: Torn.' });
  });

  it('reads the episodes once there are some', async () => {
    const path = join(probe.dataDir, 'episodes.db');
    const episodes = new SqliteEpisodes(path);
    const changes = [changeOf('raised', 'a', { begin: 1 }), changeOf('raised', 'b', { begin: 2, end: 3 })];
    await episodes.append(episodeBatch(1, { changes }));
    const finding = async () => (await examine()).findings.find(({ check }) => check === 'episodes');
    const sound = { check: 'episodes', level: 'ok', message: '2 are kept, 1 of them open' };
    expect(await finding()).toEqual(sound);
    episodes.close();
    expect(await finding()).toEqual(sound);
    writeFileSync(path, 'no database'.repeat(500));
    expect(await finding()).toMatchObject({ level: 'fail', remedy: expect.stringContaining('backup') });
  });

  it('tells each problem of the rule set', async () => {
    writeFileSync(join(probe.dataDir, 'r.yaml'), 'version: 0\n');
    probe.env['WW_RULES'] = 'r.yaml';
    const { code, findings } = await examine();
    const found = findings.filter(({ check }) => check === 'rule set');
    expect([code, found.length]).toEqual([1, 3]);
    expect(found[0]).toMatchObject({ level: 'fail', remedy: expect.stringContaining('WW_RULES') });
  });

  it('tells each problem of the quality parameters', async () => {
    writeFileSync(join(probe.dataDir, 'q.yaml'), 'version: 0\nentries: []\n');
    probe.env['WW_QUALITY'] = 'q.yaml';
    const refused = await examine();
    const found = refused.findings.filter(({ check }) => check === 'quality parameters');
    expect([refused.code, found.length]).toEqual([1, 1]);
    expect(found[0]).toMatchObject({ level: 'fail', remedy: expect.stringContaining('WW_QUALITY') });
    writeFileSync(join(probe.dataDir, 'q.yaml'), 'version: 4\nentries: []\n');
    const { findings } = await examine();
    expect(findings.find(({ check }) => check === 'quality parameters')).toMatchObject({ level: 'ok' });
  });

  it('tells each problem of configuration and site', async () => {
    probe.env['WW_SITE'] = 'nowhere';
    const site = await examine();
    expect(site.findings.filter(({ check }) => check === 'site')).toHaveLength(1);
    probe.env['WW_HTTP_PORT'] = 'x';
    const { code, findings } = await examine();
    expect([code, findings.length]).toEqual([1, 1]);
    expect(findings[0]).toMatchObject({ check: 'configuration', level: 'fail' });
  });

  it('wants the TLS files', async () => {
    writeFileSync(join(probe.dataDir, 'c.pem'), '');
    Object.assign(probe.env, {
      WW_MQTT_TLS_PORT: '0',
      WW_MQTT_TLS_CERT: 'c.pem',
      WW_MQTT_TLS_KEY: 'k.pem',
      WW_MQTT_TLS_CA: 'c.pem',
    });
    const { findings } = await examine();
    expect(findings.filter(({ check }) => check === 'TLS').map(({ message }) => message)).toEqual([
      `${join(probe.dataDir, 'k.pem')} cannot be read`,
    ]);
  });

  it('accepts a data folder that is not there yet, and refuses a file in its place', async () => {
    const env = { ...probe.env };
    probe.env['WW_DATA_DIR'] = join(probe.dataDir, 'a', 'b');
    expect((await examine()).levels).toMatchObject({ 'data folder': 'ok' });
    const file = join(probe.dataDir, 'file');
    writeFileSync(file, '');
    chmodSync(file, 0o755);
    probe.env['WW_DATA_DIR'] = file;
    expect((await examine()).levels).toMatchObject({ 'data folder': 'fail' });
    Object.assign(probe.env, env);
  });
});
