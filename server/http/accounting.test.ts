import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { epochMs } from '../../domain/time/instant.ts';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import { NO_MESSAGES, NO_READINGS } from '../../test/harness/sound-backup.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { quarantineRow } from '../../test/harness/quarantine-row.ts';

const application = createFakeApplication();
const token = application.token('engineer');
let probe: HttpProbe;

beforeAll(async () => {
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  application.quarantined = [];
  application.ready = { ready: true, reasons: [], warnings: [] };
});

const get = async (path: string) => (await probe.ask(path, { token })).body;

describe('readiness', () => {
  it('answers 200 with its warnings when ready', async () => {
    application.ready = { ready: true, reasons: [], warnings: [{ code: 'w', message: 'Low disk.' }] };
    const answer = await probe.ask('/readyz');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      ready: true,
      reasons: [],
      warnings: [{ code: 'w', message: 'Low disk.' }],
    });
  });

  it('answers 503 with the reasons when not', async () => {
    const reason = { code: 'journal_full', message: 'The disk is full.', since: epochMs(5) };
    application.ready = { ready: false, reasons: [reason], warnings: [] };
    const answer = await probe.ask('/readyz');
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({ ready: false, reasons: [reason], warnings: [] });
  });

  it('answers 503 when even asking fails', async () => {
    application.ready = new Error('worker gone');
    const answer = await probe.ask('/readyz');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ ready: false, reasons: [{ code: 'worker_failed' }] });
  });

  it('does not touch liveness', async () => {
    application.ready = new Error('worker gone');
    expect((await probe.ask('/healthz')).status).toBe(200);
  });
});

describe('metrics', () => {
  it('join the figures of the application, of the HTTP server and of the process', async () => {
    application.samples = [{ name: 'ww_messages_journalled_total', value: 12 }];
    const answer = await probe.ask('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.text).toContain('\nww_messages_journalled_total 12\n');
    expect(answer.text).toContain('ww_http_requests_in_flight 1\n');
    expect(answer.text).toMatch(/\nprocess_resident_memory_bytes \d+\n/);
    const again = await probe.ask('/metrics');
    expect(again.text).toMatch(/ww_http_requests_total\{route="metrics",status="200"\} \d+\n/);
  });

  it('count what has no route under one name', async () => {
    await probe.ask('/nowhere-1');
    await probe.ask('/nowhere-2');
    expect((await probe.ask('/metrics')).text).toContain(
      'ww_http_requests_total{route="unmatched",status="404"} 2\n',
    );
  });
});

describe('the ledger', () => {
  const ledger = {
    messages: { ...NO_MESSAGES, journalled: 3, decoded: 2, quarantined: 1 },
    readings: { ...NO_READINGS, decoded: 5, stored: 5 },
    refused: [{ principal: '-', reason: 'bad_secret', count: 4 }],
    balanced: true,
  };

  it('is answered in total and of one station', async () => {
    application.ledgers.set('', ledger).set('RIVER-1', { ...ledger, refused: [] });
    expect(await get('/api/v1/ledger')).toEqual(ledger);
    expect(await get('/api/v1/ledger?station=RIVER-1')).toEqual({ ...ledger, refused: [] });
  });

  it('is kept for a station that left the registry, and 404 for one never heard of', async () => {
    application.ledgers.set('RETIRED', ledger);
    expect(await get('/api/v1/ledger?station=RETIRED')).toEqual(ledger);
    expect(await get('/api/v1/ledger?station=TYPO')).toMatchObject({ status: 404 });
  });

  it('can be audited', async () => {
    application.audit = { agrees: false, differences: ['RIVER-1: 5 counted, 4 rows.'] };
    expect(await get('/api/v1/ledger/audit')).toEqual(application.audit);
  });
});

describe('quarantine', () => {
  it('shows text as text and other bytes as base64', async () => {
    application.quarantined = [
      quarantineRow({ position: 1 }),
      quarantineRow({ position: 2, payload: new Uint8Array([0xff, 0xd8, 0xff]) }),
      quarantineRow({ position: 3, payload: new Uint8Array() }),
    ];
    const { items } = await get('/api/v1/quarantine');
    expect(items[0]).toEqual({
      position: 1,
      item: -1,
      reason: 'malformed_json',
      detail: 'Unexpected end.',
      station: 'RIVER-1',
      principal: 'RIVER-1',
      topic: 'ww/v1/RIVER-1/obs',
      received: 7,
      released: false,
      sha256: 'abc',
      payload: '{"seq":',
      payloadEncoding: 'utf8',
      payloadBytes: 7,
      payloadTruncated: false,
    });
    expect(items[1]).toMatchObject({ payload: '/9j/', payloadEncoding: 'base64', payloadBytes: 3 });
    expect(items[2]).toMatchObject({ payload: '', payloadBytes: 0, payloadTruncated: false });
  });

  it('cuts a list at 4 KiB between characters and shows one item whole', async () => {
    const text = `ab${'水'.repeat(3_000)}`;
    application.quarantined = [
      quarantineRow({ position: 9, item: 3, payload: new TextEncoder().encode(text) }),
    ];
    const { items } = await get('/api/v1/quarantine');
    expect(items[0]).toMatchObject({ payloadBytes: 9_002, payloadTruncated: true, payloadEncoding: 'utf8' });
    expect(items[0].payload).toBe(`ab${'水'.repeat(1_364)}`);
    const whole = await get('/api/v1/quarantine/9/3');
    expect(whole).toMatchObject({ payload: text, payloadTruncated: false });
  });

  it('cuts binary payloads too', async () => {
    application.quarantined = [quarantineRow({ payload: new Uint8Array(5_000).fill(0xff) })];
    const { items } = await get('/api/v1/quarantine');
    expect(Buffer.from(items[0].payload, 'base64')).toHaveLength(4_096);
    expect(items[0].payloadTruncated).toBe(true);
  });

  it('is filtered, hides what was released unless asked, and comes in pages', async () => {
    application.quarantined = [
      quarantineRow({ position: 1, item: 0 }),
      quarantineRow({ position: 1, item: 1, released: true }),
      quarantineRow({ position: 2, reason: 'schema' }),
      quarantineRow({ position: 3, station: 'PUMP-1' }),
    ];
    const places = async (query: string) => {
      const { items } = await get(`/api/v1/quarantine?${query}`);
      return items.map((item: { position: number; item: number }) => `${item.position}/${item.item}`);
    };
    expect(await places('')).toEqual(['1/0', '2/-1', '3/-1']);
    expect(await places('released=include')).toEqual(['1/0', '1/1', '2/-1', '3/-1']);
    expect(await places('reason=schema')).toEqual(['2/-1']);
    expect(await places('station=PUMP-1')).toEqual(['3/-1']);
    const first = await get('/api/v1/quarantine?limit=2');
    expect(await places(`limit=2&cursor=${first.next}`)).toEqual(['3/-1']);
  });

  it.each([
    ['reason=nonsense', 'query.reason'],
    ['limit=501', 'query.limit'],
    ['released=maybe', 'query.released'],
    ['station=a/b', 'query.station'],
    ['cursor=x', 'query.cursor'],
  ])('refuses %s', async (query, path) => {
    const body = await get(`/api/v1/quarantine?${query}`);
    expect(body).toMatchObject({ status: 400, problems: [expect.stringContaining(path)] });
  });

  it.each([
    ['/api/v1/quarantine/9/-1', 404],
    ['/api/v1/quarantine/8/0', 404],
    ['/api/v1/quarantine/x/-2', 400],
  ])('answers %s with %i', async (path, status) => {
    application.quarantined = [quarantineRow({ position: 9, item: 0 })];
    expect(await get(path)).toMatchObject({ status });
  });

  it('can be tried again', async () => {
    application.replayed = { tried: 4, released: 3, stillQuarantined: 1 };
    const replay = (json: unknown) => probe.ask('/api/v1/quarantine/replay', { method: 'POST', token, json });
    expect((await replay({ station: 'RIVER-1', reason: 'schema' })).body).toEqual(application.replayed);
    expect(application.asked.replays.at(-1)).toEqual({ station: 'RIVER-1', reason: 'schema' });
    expect((await replay({})).status).toBe(200);
    expect(application.asked.replays.at(-1)).toEqual({});
    expect((await replay({ reason: 'x', all: true })).body.problems).toHaveLength(2);
  });
});
