import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError, isAppError } from '../../domain/errors.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { QuarantineRow } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import type { FakeApplication } from '../../test/harness/fake-application.ts';
import { connectControl } from './control-client.ts';
import { createControlServer } from './control-server.ts';
import type { ControlServer } from './control-server.ts';

const ADDRESSES = { http: { host: '127.0.0.1', port: 8 }, mqtt: { host: '127.0.0.1', port: 9 } };

let root: string;
let dataDir: string;
let application: FakeApplication;
let errors: string[];
const servers: ControlServer[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ww-control-'));
  dataDir = root;
  application = createFakeApplication();
  errors = [];
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  const left = readdirSync(dataDir).filter(name => name.startsWith('.control-') || name === 'control.sock');
  rmSync(root, { recursive: true });
  if (left.length > 0) throw new Error(`The test has left ${left.join()}.`);
});

function createServerHere(options: { stopGraceMs?: number } = {}): ControlServer {
  const log = { ...SILENT_LOG, error: (message: string) => void errors.push(message) };
  const server = createControlServer({
    application,
    addresses: () => ADDRESSES,
    dataDir,
    log,
    version: '1.2.3',
    ...options,
  });
  servers.push(server);
  return server;
}

async function started(options: { stopGraceMs?: number } = {}): Promise<ControlServer> {
  const server = createServerHere(options);
  await server.start();
  return server;
}

const ping = async () => (await (await connectControl(dataDir)).call('ping', {})).version;

const failure = async (work: Promise<unknown>): Promise<AppError> => {
  const error: unknown = await work.then(
    () => new Error('It went well.'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw error;
  return error;
};

describe('the control socket', () => {
  it('belongs to its owner alone, and is gone after the stop', async () => {
    const server = await started();
    expect(statSync(join(dataDir, 'control.sock')).mode & 0o777).toBe(0o600);
    await server.stop();
    await server.stop();
    expect(existsSync(join(dataDir, 'control.sock'))).toBe(false);
    const error = await failure(connectControl(dataDir));
    expect(error.code).toBe('control_unreachable');
    expect(error.message).toBe(`No server runs in the data directory ${dataDir}.`);
  });

  it('refuses to take the place of a server that lives, and leaves that one alone', async () => {
    await started();
    const second = createServerHere();
    expect((await failure(second.start())).code).toBe('already_running');
    await second.stop();
    expect(await ping()).toBe('1.2.3');
  });

  it('takes the place of what a killed server left', async () => {
    const path = join(dataDir, 'control.sock');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(path)).toBe(true);
    expect((await failure(connectControl(dataDir))).code).toBe('control_unreachable');
    await started();
    expect(await ping()).toBe('1.2.3');
  });

  it('takes the place of a plain file', async () => {
    writeFileSync(join(dataDir, 'control.sock'), '');
    await started();
    expect(await ping()).toBe('1.2.3');
  });

  it('works in a folder whose path is longer than a socket address', async () => {
    dataDir = join(root, 'd'.repeat(120), '水'.repeat(40));
    mkdirSync(dataDir, { recursive: true });
    const before = readdirSync(tmpdir()).filter(name => /^ww-.{6}$/.test(name));
    await started();
    expect((await failure(createServerHere().start())).code).toBe('already_running');
    const client = await connectControl(dataDir);
    expect((await client.call('status', {})).version).toBe('1.2.3');
    expect(statSync(join(dataDir, 'control.sock')).mode & 0o777).toBe(0o600);
    expect(readdirSync(tmpdir()).filter(name => /^ww-.{6}$/.test(name))).toEqual(before);
  });

  it('tells a server that hangs from one that is not there', async () => {
    const sockets: { destroy(): void }[] = [];
    const mute = createServer(socket => void sockets.push(socket));
    await new Promise<void>(resolve => mute.listen(join(dataDir, 'control.sock'), resolve));
    const error = await failure(connectControl(dataDir, { answerTimeoutMs: 30 }));
    expect([error.code, error.retryable]).toEqual(['control_unreachable', true]);
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => mute.close(resolve));
  });

  it('lets a request in flight finish before it stops', async () => {
    let finish: () => void = () => undefined;
    const begun = new Promise<void>(resolve => {
      application.replayQuarantine = async () => {
        resolve();
        await new Promise<void>(done => (finish = done));
        return { tried: 1, released: 1, stillQuarantined: 0 };
      };
    });
    const server = await started();
    const answer = (await connectControl(dataDir)).call('quarantineReplay', {});
    await begun;
    const stopped = server.stop();
    finish();
    expect(await answer).toEqual({ tried: 1, released: 1, stillQuarantined: 0 });
    await stopped;
  });

  it('cuts a request that does not finish in time', async () => {
    const begun = new Promise<void>(resolve => {
      application.auditLedger = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const server = await started({ stopGraceMs: 20 });
    const answer = failure((await connectControl(dataDir)).call('ledgerAudit', {}));
    await begun;
    await server.stop();
    expect((await answer).code).toBe('control_unreachable');
  });
});

describe('control methods', () => {
  const connected = async () => {
    await started();
    return await connectControl(dataDir);
  };

  it('tells status with addresses and readiness', async () => {
    const client = await connected();
    expect(await client.call('status', {})).toEqual({
      pid: process.pid,
      version: '1.2.3',
      startedAt: application.startedAt,
      now: application.nowMs,
      things: 3,
      addresses: ADDRESSES,
      readiness: { ready: true, reasons: [], warnings: [] },
      ingest: application.ingest,
    });
  });

  it('tells the ledger, but not zeros for a station nobody knows', async () => {
    const client = await connected();
    expect((await client.call('ledger', {})).balanced).toBe(true);
    expect((await client.call('ledger', { station: 'RIVER-1' })).balanced).toBe(true);
    expect((await failure(client.call('ledger', { station: 'NOBODY' }))).code).toBe('not_found');
    application.audit = { agrees: false, differences: ['RIVER-1: 1 in the ledger, 0 rows'] };
    expect(await client.call('ledgerAudit', {})).toEqual(application.audit);
  });

  it('lists, shows and replays quarantine', async () => {
    const item = (position: number, payload: string): QuarantineRow => ({
      position,
      item: -1,
      reason: 'schema',
      detail: 'v: is no number',
      station: 'RIVER-1',
      principal: 'RIVER-1',
      topic: 'ww/v1/RIVER-1/obs',
      received: epochMs(1_790_000_000_000),
      payload: Buffer.from(payload),
      sha256: '',
      released: false,
    });
    application.quarantined = [item(1, '{'), item(2, 'x'.repeat(5_000)), item(3, '')];
    const client = await connected();
    const list = await client.call('quarantineList', { station: 'RIVER-1', reason: 'schema', limit: 2 });
    expect(list.hasMore).toBe(true);
    expect(list.items.map(({ position, payloadTruncated }) => [position, payloadTruncated])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(application.asked.quarantine[0]).toEqual({
      station: 'RIVER-1',
      reason: 'schema',
      includeReleased: false,
      limit: 3,
    });
    expect((await client.call('quarantineShow', { position: 2, item: -1 })).payload).toHaveLength(5_000);
    expect((await failure(client.call('quarantineShow', { position: 2, item: 0 }))).code).toBe('not_found');
    expect(await client.call('quarantineReplay', { reason: 'schema' })).toEqual(application.replayed);
    expect(application.asked.replays).toEqual([{ reason: 'schema' }]);
  });

  it('administers as the principal "control"', async () => {
    const client = await connected();
    expect(await client.call('enrol', { id: 'PUMP-1' })).toEqual({ id: 'PUMP-1', secret: 'enrol-secret' });
    expect(await client.call('rotate', { id: 'PUMP-1' })).toEqual({ id: 'PUMP-1', secret: 'rotate-secret' });
    expect(await client.call('revoke', { id: 'PUMP-1' })).toEqual({ id: 'PUMP-1' });
    expect(await client.call('createToken', { role: 'viewer', scope: ['a'] })).toEqual({
      token: 'fresh-viewer',
      id: 'token-1',
    });
    const things: ThingSpec[] = [
      {
        kind: 'station',
        id: 'NEW-1' as ThingId,
        name: 'n',
        datastreams: [{ property: 'rainfall', intervalMs: 900_000 }],
      },
      { kind: 'gateway', id: 'NEW-2' as ThingId, name: 'g', stations: [] },
    ];
    expect(await client.call('register', { things })).toEqual({
      secrets: { 'NEW-1': 'secret-of-NEW-1', 'NEW-2': 'secret-of-NEW-2' },
    });
    const done = application.asked.administration;
    expect(done.map(({ action, detail }) => [action, detail])).toEqual([
      ['enrol', 'PUMP-1'],
      ['rotate', 'PUMP-1'],
      ['revoke', 'PUMP-1'],
      ['createToken', { role: 'viewer', scope: ['a'] }],
      ['register', things],
    ]);
    expect(new Set(done.map(({ principal }) => principal.id))).toEqual(new Set(['control']));
  });

  it('lends stations, renews the loan and takes them back', async () => {
    const client = await connected();
    const { loan, ...rest } = await client.call('simulatedLend', { ids: ['RIVER-1', 'ENROLLED-1'] });
    expect(rest).toEqual({
      leaseMs: 30_000,
      secrets: { 'RIVER-1': 'loan-of-RIVER-1' },
      refused: { 'ENROLLED-1': 'enrolled' },
    });
    expect(await client.call('simulatedRenew', { loan })).toEqual({ stations: 1 });
    expect(await client.call('simulatedReturn', { loan })).toEqual({ returned: 1 });
    expect((await failure(client.call('simulatedRenew', { loan }))).code).toBe('not_found');
    expect((await failure(client.call('simulatedReturn', { loan: 'x' }))).code).toBe('invalid_request');
    expect((await failure(client.call('simulatedLend', { ids: [] }))).code).toBe('invalid_request');
    const principals = application.asked.administration.map(({ principal }) => principal.id);
    expect(principals).toEqual(['control', 'control']);
  });

  it('looks up what is registered', async () => {
    const client = await connected();
    const replayed: ThingSpec = {
      kind: 'station',
      id: 'OLD-1' as ThingId,
      name: 'n',
      simulated: true,
      datastreams: [],
    };
    application.things.set('OLD-1', replayed);
    expect(await client.call('lookup', { ids: ['RIVER-1', 'OLD-1', 'GATE-1', 'NOBODY'] })).toEqual({
      things: [
        { id: 'RIVER-1', kind: 'station', simulated: false },
        { id: 'OLD-1', kind: 'station', simulated: true },
        { id: 'GATE-1', kind: 'gateway', simulated: false },
      ],
    });
  });

  it('registers a fleet in one request', async () => {
    const client = await connected();
    const things = Array.from({ length: 20_000 }, (_, index): ThingSpec => {
      const datastreams = ['water_level', 'rainfall'].map(property => ({
        property,
        datum: 'gauge zero',
        intervalMs: 900_000,
      }));
      return { kind: 'station', id: `load-${index}` as ThingId, name: `Station ${index}`, datastreams };
    });
    const { secrets } = await client.call('register', { things });
    expect(Object.keys(secrets)).toHaveLength(20_000);
  });

  it('brings errors across with code, message and problems, and hides nothing but the unexpected', async () => {
    const client = await connected();
    const unknown = await failure(client.call('enrol', { id: 'NOBODY' }));
    expect([unknown.code, unknown.message]).toEqual(['not_found', 'No thing "NOBODY" is registered.']);
    application.auditLedger = async () => {
      throw new AppError('store_unavailable', 'Busy.', { retryable: true, problems: ['a', 'b'] });
    };
    const busy = await failure(client.call('ledgerAudit', {}));
    expect([busy.code, busy.retryable, busy.problems]).toEqual(['store_unavailable', true, ['a', 'b']]);
    application.ready = new Error('secret detail');
    const broken = await failure(client.call('status', {}));
    expect([broken.code, broken.message]).toEqual([
      'internal_error',
      'Something unexpected happened; it was logged.',
    ]);
    expect(errors).toEqual(['A control request failed.']);
  });

  it('refuses parameters that do not fit, all problems at once', async () => {
    const client = await connected();
    const error = await failure(
      client.call('quarantineList', { station: 'a b', reason: 'bad' as never, limit: 0 }),
    );
    expect(error.code).toBe('invalid_request');
    expect(error.problems.map(problem => problem.split(' ')[0])).toEqual(['station', 'reason', 'limit']);
    expect((await failure(client.call('stop' as never, {} as never))).code).toBe('unsupported');
    const level = { property: 'water_level', intervalMs: 1_000 };
    const station = { kind: 'station', id: 'x', name: 'x', datastreams: [level] } as never;
    const refused = await failure(client.call('register', { things: [station] }));
    expect(refused.problems[0]).toMatch(/^things\[0\]\.datastreams\[0\]\.datum is missing/);
    expect(application.asked.administration).toEqual([]);
  });

  it('survives bytes that are no request', async () => {
    const client = await connected();
    const status = await new Promise(resolve => {
      const sent = request(
        { socketPath: join(dataDir, 'control.sock'), path: '/status', method: 'POST' },
        response => {
          response.resume();
          response.on('end', () => resolve(response.statusCode));
        },
      );
      sent.end('{"a":');
    });
    expect(status).toBe(200);
    expect(isAppError(await failure(client.call('enrol', 'x' as never)))).toBe(true);
    expect((await client.call('ping', {})).version).toBe('1.2.3');
  });
});
