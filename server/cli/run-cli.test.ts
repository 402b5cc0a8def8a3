import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../domain/errors.ts';
import type { Ledger } from '../../domain/model/ledger.ts';
import type { QuarantineRow } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { NO_READINGS } from '../../test/harness/sound-backup.ts';
import { COMMANDS } from './command-list.ts';

let probe: CliProbe;
beforeEach(() => {
  probe = createCliProbe();
});
afterEach(() => probe.close());

const LEDGER: Ledger = {
  messages: { journalled: 12_345, decoded: 12_340, quarantined: 5, inFlight: 0 },
  readings: { ...NO_READINGS, decoded: 20_000, stored: 19_990, duplicate: 10 },
  refused: [{ principal: '-', reason: 'bad_secret', count: 3 }],
  balanced: true,
};

describe('ww', () => {
  it('shows its commands, and how each is typed', async () => {
    const help = await probe.ww('help');
    expect(help.code).toBe(0);
    for (const { name, summary } of COMMANDS) {
      expect(help.out).toContain(name);
      expect(help.out).toContain(summary);
      const own = await probe.ww(...name.split(' '), '--help');
      expect([own.code, own.out.split('\n')[0]?.startsWith(`ww ${name}`)]).toEqual([0, true]);
    }
    expect((await probe.ww('help', 'station')).out).toMatch(/^ {2}station enrol <id>/);
    expect((await probe.ww('help', 'statoin')).code).toBe(2);
  });

  it('tells its version', async () => {
    expect((await probe.ww('version')).out).toMatch(/^waterwarden \d/);
    expect((await probe.ww('--version', '--json')).json()).toEqual({ version: expect.any(String) });
  });

  it('exits with 2 when it was typed wrongly, and says how it is typed', async () => {
    const { code, out, err } = await probe.ww('station', 'enrol');
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe('ww: <id> is missing.\nUsage: ww station enrol <id> [--json]\n');
    const json = await probe.ww('ledger', '--json', '--bad');
    expect([json.code, JSON.parse(json.err)]).toEqual([
      2,
      {
        error: {
          code: 'usage',
          message: 'There is no option --bad.',
          problems: ['There is no option --bad.'],
        },
      },
    ]);
  });

  it('exits with 1 when the configuration is refused, with every problem', async () => {
    probe.env['WW_HTTP_PORT'] = 'x';
    probe.env['WW_MQTT_PORTT'] = '1';
    const { code, err } = await probe.ww('ledger');
    expect(code).toBe(1);
    expect(err).toBe(
      'ww: The configuration was refused. (config_invalid)\n' +
        '  - WW_MQTT_PORTT is not known. Did you mean "WW_MQTT_PORT"?\n' +
        '  - WW_HTTP_PORT (http.port) expected a whole number from 0 to 65535, got "x"\n',
    );
    const json = await probe.ww('ledger', '--json');
    expect(JSON.parse(json.err)).toMatchObject({
      error: { code: 'config_invalid', problems: { length: 2 } },
    });
  });

  it('shows the stack of what nobody expected', async () => {
    probe.parts.ledgerOffline = () => Promise.reject(new TypeError('Oops.'));
    const { code, err } = await probe.ww('ledger');
    expect(code).toBe(1);
    expect(err).toMatch(/ww: Oops\. \(internal_error\)\n {4}at /);
  });
});

describe('ww station and ww token', () => {
  it('asks the running server', async () => {
    await probe.startServer();
    const enrolled = await probe.ww('station', 'enrol', 'PUMP-1', '--json');
    expect([enrolled.code, enrolled.json()]).toEqual([0, { id: 'PUMP-1', secret: 'enrol-secret' }]);
    expect((await probe.ww('station', 'rotate', 'PUMP-1')).out).toBe(
      'Secret of PUMP-1: rotate-secret\nIt is not shown again.\n',
    );
    expect((await probe.ww('station', 'revoke', 'PUMP-1')).out).toBe('PUMP-1 is revoked.\n');
    const token = await probe.ww('token', 'create', '--role', 'integrator', '--scope', 'A, B', '--json');
    expect(token.json()).toEqual({ token: 'fresh-integrator' });
    expect(probe.application.asked.administration.at(-1)?.detail).toEqual({
      role: 'integrator',
      scope: ['A', 'B'],
    });
    expect(enrolled.err + token.err).toBe('');
  });

  it('tells the error of the server', async () => {
    await probe.startServer();
    const { code, out, err } = await probe.ww('station', 'enrol', 'NOBODY');
    expect([code, out, err]).toEqual([1, '', 'ww: No thing "NOBODY" is registered. (not_found)\n']);
  });

  it('works on the files where no server runs, and says so', async () => {
    probe.parts.administerOffline = async (config, work) => {
      expect(config.dataDir).toBe(probe.dataDir);
      return await work(probe.application);
    };
    const enrolled = await probe.ww('station', 'enrol', 'PUMP-1', '--json');
    expect(enrolled.json()).toEqual({ id: 'PUMP-1', secret: 'enrol-secret' });
    expect(enrolled.err).toBe(`No server runs; working on the files in ${probe.dataDir}.\n`);
    expect((await probe.ww('station', 'rotate', 'PUMP-1')).code).toBe(0);
    expect((await probe.ww('station', 'revoke', 'PUMP-1')).code).toBe(0);
    expect((await probe.ww('token', 'create', '--role', 'admin', '--json')).json()).toEqual({
      token: 'fresh-admin',
    });
    expect(probe.application.asked.administration.map(({ principal }) => principal.id)).toEqual(
      Array.from({ length: 4 }, () => 'control'),
    );
  });

  it('does not touch files that a server holds', async () => {
    probe.parts.administerOffline = () =>
      Promise.reject(new AppError('already_running', 'Another server holds the data directory.'));
    const { code, err } = await probe.ww('station', 'enrol', 'PUMP-1');
    expect(code).toBe(1);
    expect(err).toContain('(already_running)');
  });
});

describe('ww ledger', () => {
  it('shows two sums and what was refused', async () => {
    probe.application.ledgers.set('', LEDGER);
    await probe.startServer();
    const { code, out } = await probe.ww('ledger');
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 5)).toEqual([
      'Messages',
      '  journalled           12,345',
      '  = decoded            12,340',
      '  + quarantined whole       5',
      '  + in flight               0',
    ]);
    expect(out).toContain('- (strangers)  bad_secret      3\n');
    expect(out).toContain('It balances.');
    expect((await probe.ww('ledger', '--json')).json()).toEqual(LEDGER);
    expect((await probe.ww('ledger', '--station', 'NOBODY')).code).toBe(1);
  });

  it('exits with 1 when it does not balance, and when the audit finds a difference', async () => {
    probe.application.ledgers.set('RIVER-1', { ...LEDGER, balanced: false });
    await probe.startServer();
    const ledger = await probe.ww('ledger', '--station', 'RIVER-1');
    expect([ledger.code, ledger.out.includes('does NOT balance')]).toEqual([1, true]);
    expect(await probe.ww('ledger', '--audit')).toMatchObject({ code: 0 });
    probe.application.audit = { agrees: false, differences: ['RIVER-1: 2 in the ledger, 1 rows'] };
    const audit = await probe.ww('ledger', '--audit');
    expect([audit.code, audit.out.includes('  - RIVER-1: 2 in the ledger, 1 rows')]).toEqual([1, true]);
  });

  it('reads the files where no server runs; the audit needs one', async () => {
    const asked: unknown[] = [];
    probe.parts.ledgerOffline = async (_config, station) => {
      asked.push(station);
      return LEDGER;
    };
    expect((await probe.ww('ledger', '--json')).json()).toEqual(LEDGER);
    expect((await probe.ww('ledger', '--station', 'RIVER-1')).code).toBe(0);
    expect(asked).toEqual([undefined, 'RIVER-1']);
    const audit = await probe.ww('ledger', '--audit');
    expect([audit.code, audit.err.includes('No server runs in the data directory')]).toEqual([1, true]);
  });
});

describe('ww quarantine', () => {
  const row = (position: number, more: Partial<QuarantineRow> = {}): QuarantineRow => ({
    position,
    item: -1,
    reason: 'schema',
    detail: 'v is no number\u001b[2J',
    station: 'RIVER-1',
    principal: 'RIVER-1',
    topic: 'ww/v1/RIVER-1/obs',
    received: epochMs(Date.UTC(2026, 8, 20, 19, 12, 5)),
    payload: Buffer.from('{"v":\n"x"}'),
    sha256: 'ab',
    released: false,
    ...more,
  });

  it('lists, shows and replays', async () => {
    probe.application.quarantined = [row(7), row(8, { item: 3, released: true }), row(9)];
    probe.application.replayed = { tried: 2, released: 1, stillQuarantined: 1 };
    await probe.startServer();
    const list = await probe.ww('quarantine', 'list', '--released', '--limit', '2');
    expect(list.out.split('\n')).toEqual([
      'item  time (+08:00)        station  reason             detail',
      String.raw`7     2026-09-21 03:12:05  RIVER-1  schema             v is no number\u001b[2J`,
      String.raw`8/3   2026-09-21 03:12:05  RIVER-1  schema (released)  v is no number\u001b[2J`,
      '',
      'There are more; narrow it down with --station or --reason, or raise --limit.',
      '',
    ]);
    const show = await probe.ww('quarantine', 'show', '8/3');
    expect(show.out).toContain(String.raw`payload   {"v":\u000a"x"}`);
    expect((await probe.ww('quarantine', 'show', '8/3', '--json')).json()).toMatchObject({
      position: 8,
      item: 3,
      payload: '{"v":\n"x"}',
    });
    expect((await probe.ww('quarantine', 'show', '8')).code).toBe(1);
    const replay = await probe.ww('quarantine', 'replay', '--reason', 'schema', '--json');
    expect(replay.json()).toEqual(probe.application.replayed);
    expect(probe.application.asked.replays).toEqual([{ reason: 'schema' }]);
    probe.application.quarantined = [];
    expect((await probe.ww('quarantine', 'list')).out).toBe('Nothing lies in quarantine.\n');
  });

  it('needs a running server', async () => {
    for (const words of [['list'], ['show', '7'], ['replay']]) {
      const { code, err } = await probe.ww('quarantine', ...words);
      expect([code, err]).toEqual([1, expect.stringContaining('(control_unreachable)')]);
    }
  });
});

describe('ww rebuild', () => {
  it('tells what it made, and that the former store was kept', async () => {
    probe.parts.rebuildOffline = async (_config, onProgress) => {
      onProgress(10_000);
      return { messages: 12_345, ledger: LEDGER, formerStore: 'old.duckdb' };
    };
    const { code, out, err } = await probe.ww('rebuild');
    expect([code, err]).toEqual([0, '10,000 messages read\n']);
    expect(out).toContain(`The former one is kept as old.duckdb in ${probe.dataDir}.`);
    expect((await probe.ww('rebuild', '--json')).json()).toEqual({
      messages: 12_345,
      ledger: LEDGER,
      formerStore: 'old.duckdb',
    });
  });

  it('refuses while a server runs', async () => {
    await probe.startServer();
    const { code, err } = await probe.ww('rebuild');
    expect([code, err]).toEqual([1, expect.stringContaining('(already_running)')]);
  });
});
