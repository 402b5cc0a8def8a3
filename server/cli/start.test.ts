import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../domain/errors.ts';
import type { App, AppOverrides } from '../app.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';

let probe: CliProbe;
let did: string[];
let overrides: AppOverrides | undefined;
let started: Promise<void>;
let exits: number[];

beforeEach(() => {
  probe = createCliProbe();
  did = [];
  exits = [];
  probe.onExit = code => void exits.push(code);
});
afterEach(() => probe.close());

/** Lets `start` run over an app whose stop can be held. */
function useApp(app: Partial<App> = {}): void {
  let tell: () => void = () => undefined;
  started = new Promise(resolve => (tell = resolve));
  probe.parts.createApp = async (_config, given) => {
    overrides = given;
    return {
      start: async () => {
        did.push('start');
        // The command goes on in later turns; by then the caller has its promise.
        tell();
      },
      stop: async () => void did.push('stop'),
      addresses: () => ({
        http: { host: '127.0.0.1', port: 81 },
        mqtt: { host: '::1', port: 82 },
        mqttTls: { host: '127.0.0.1', port: 83 },
      }),
      firstPassword: () => undefined,
      injectFault: () => Promise.resolve(),
      ...app,
    };
  };
}

describe('ww start', () => {
  it('says where things are, runs until it is told to stop, and stops in order', async () => {
    useApp();
    const run = probe.ww('start');
    await started;
    probe.signal('SIGTERM');
    const { code, out, err } = await run;
    expect([code, did]).toEqual([0, ['start', 'stop']]);
    expect(out).toContain('[::1]:82');
    expect(out).toContain('http://127.0.0.1:81  (/readyz, /api/openapi.json)');
    expect(out).toContain('127.0.0.1:83');
    expect(out).toContain(probe.dataDir);
    expect(err).toBe('Stopping after SIGTERM; once more ends it at once.\n');
  });

  it('shows the password of the first user where there is one to show', async () => {
    useApp({ firstPassword: () => 'fresh-password' });
    probe.isTerminal = true;
    const plain = probe.ww('start');
    await started;
    probe.signal('SIGTERM');
    const { out, err } = await plain;
    expect(overrides?.isTerminal).toBe(true);
    expect(out).toContain('First user: admin, password: fresh-password');
    expect(err).not.toContain('fresh-password');
    useApp({ firstPassword: () => 'fresh-password' });
    const json = probe.ww('start', '--json');
    await started;
    probe.signal('SIGTERM');
    expect((await json).json()).toMatchObject({ firstUser: { user: 'admin', password: 'fresh-password' } });
  });

  it('answers one line of JSON when it is up', async () => {
    useApp();
    const run = probe.ww('start', '--json');
    await started;
    probe.signal('SIGINT');
    expect((await run).json()).toMatchObject({
      pid: process.pid,
      mqtt: { host: '::1', port: 82 },
      http: { port: 81 },
      dataDir: probe.dataDir,
    });
  });

  it('ends at once on the second signal', async () => {
    let release: () => void = () => undefined;
    const stopping = new Promise<void>(begun => {
      useApp({
        stop: async () => {
          begun();
          await new Promise<void>(resolve => (release = resolve));
        },
      });
    });
    const run = probe.ww('start');
    await started;
    probe.signal('SIGINT');
    await stopping;
    // A terminal and npm tell the same Ctrl+C twice.
    probe.signal('SIGINT');
    expect(exits).toEqual([]);
    probe.nowMs += 1_001;
    probe.signal('SIGINT');
    expect(exits).toEqual([1]);
    release();
    await run;
  });

  it('stops and fails when a part of the server is gone', async () => {
    useApp();
    const run = probe.ww('start');
    await started;
    overrides?.onFatal?.(new Error('the journal ended'));
    const { code, err } = await run;
    expect([code, did, exits]).toEqual([1, ['start', 'stop'], []]);
    expect(err).toContain('a part of it was gone: the journal ended (worker_failed)');
  });

  it('fails with the reason when it cannot start', async () => {
    useApp({
      start: () => Promise.reject(new AppError('already_running', 'Another server holds it.')),
    });
    const { code, out, err } = await probe.ww('start');
    expect([code, out, err]).toEqual([1, '', 'ww: Another server holds it. (already_running)\n']);
  });

  it('stops as soon as it is up when the signal came before', async () => {
    useApp({
      start: async () => {
        did.push('start');
        probe.signal('SIGTERM');
      },
    });
    expect((await probe.ww('start')).code).toBe(0);
    expect(did).toEqual(['start', 'stop']);
  });

  it('logs in JSON lines on standard error', async () => {
    useApp();
    const run = probe.ww('start');
    await started;
    overrides?.log?.info('Up.', { a: 1 });
    overrides?.log?.debug('Not at this level.');
    probe.signal('SIGTERM');
    expect((await run).err).toContain(
      '{"time":"2026-09-21T14:13:20.000Z","level":"info","message":"Up.","a":1}\n',
    );
    expect((await run).err).not.toContain('Not at this level');
  });
});
