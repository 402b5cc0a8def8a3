import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../domain/errors.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { createFakeApplication, observation } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';

const application = createFakeApplication();
const viewer = application.token('viewer');
const engineer = application.token('engineer');
let probe: HttpProbe;

beforeAll(async () => {
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  application.rows = [];
  application.buckets = [];
  application.onSubmit = () => Promise.resolve();
  application.asked.refusals.length = 0;
  application.asked.submissions.length = 0;
  application.asked.aggregates.length = 0;
});

const LEVEL = '/api/v1/datastreams/RIVER-1/water_level/observations';
const read = (query: string, path = LEVEL) => probe.ask(`${path}?${query}`, { token: viewer });

describe('raw observations', () => {
  it('are rows with time, value, quality flag and device flag', async () => {
    application.rows = [
      observation({ t: epochMs(10), v: 3.25, quality: 3, deviceFlag: 1 }),
      observation({ t: epochMs(20), v: null, quality: 9, deviceFlag: 3 }),
    ];
    expect((await read('from=0&to=100')).body).toEqual({
      items: [
        { t: 10, v: 3.25, flag: 3, deviceFlag: 'T' },
        { t: 20, v: null, flag: 9, deviceFlag: 'B' },
      ],
      next: null,
    });
  });

  it('come in pages that join without gap or overlap', async () => {
    application.rows = [10, 20, 30, 40, 50].map(t => observation({ t: epochMs(t) }));
    const seen: number[] = [];
    let cursor = '';
    for (let page = 0; page < 10; page += 1) {
      const { body } = await read(`from=10&to=50&limit=2${cursor}`);
      seen.push(...body.items.map((row: { t: number }) => row.t));
      if (body.next === null) break;
      cursor = `&cursor=${body.next}`;
    }
    expect(seen).toEqual([10, 20, 30, 40]);
  });

  it('has no next when the page is exactly full', async () => {
    application.rows = [10, 20].map(t => observation({ t: epochMs(t) }));
    expect((await read('from=0&to=100&limit=2')).body).toMatchObject({ next: null });
  });

  it('gives 50,000 rows before next', async () => {
    application.rows = Array.from({ length: 60_000 }, (_, index) =>
      observation({ t: epochMs(index), v: index / 8 }),
    );
    const { status, headers, body } = await read('from=0&to=100000');
    expect(status).toBe(200);
    expect(headers.get('transfer-encoding')).toBe('chunked');
    expect(body.items).toHaveLength(50_000);
    expect(body.items[49_999]).toEqual({ t: 49_999, v: 49_999 / 8, flag: 1, deviceFlag: 'N' });
    const rest = await read(`from=0&to=100000&cursor=${body.next}`);
    expect(rest.body.items).toHaveLength(10_000);
    expect(rest.body.items[0].t).toBe(50_000);
    expect(rest.body.next).toBeNull();
  });

  it('is empty for a registered datastream that never sent anything', async () => {
    const rainfall = '/api/v1/datastreams/RIVER-1/rainfall/observations';
    expect((await read('from=0&to=1', rainfall)).body).toEqual({ items: [], next: null });
  });

  it.each(['RIVER-1/ph', 'RIVER-1/not_a_property', 'NOBODY/ph', 'RIVER-1/water_level.2'])(
    'is 404 for %s',
    async name => {
      const answer = await read('from=0&to=1', `/api/v1/datastreams/${name}/observations`);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ code: 'not_found' });
    },
  );

  it('finds an instance', async () => {
    expect((await read('from=0&to=1', '/api/v1/datastreams/PUMP-1/pump_running.2/observations')).status).toBe(
      200,
    );
  });

  it.each([
    ['', ['query.from: Invalid', 'query.to: Invalid']],
    ['from=0', ['query.to: Invalid']],
    ['from=5&to=5', ['query.from: must be before `to`']],
    [
      'from=6&to=5&limit=0&x=1',
      ['query.limit: Too small', 'query: Unrecognized key: "x"', 'query.from: must'],
    ],
    ['from=1e3&to=5000', ['query.from: Invalid']],
    ['from=&to=5', ['query.from: Invalid']],
    ['from=-1&to=5', ['query.from: Too small']],
    ['from=1.5&to=5', ['query.from: Invalid']],
    ['from=1&from=2&to=5', ['query.from: Invalid']],
    ['from=0&to=99999999999999999', ['query.to: Invalid']],
    ['from=0&to=1&limit=50001', ['query.limit: Too big']],
    ['from=0&to=1&interval=7m', ['query.interval: Invalid']],
    ['from=0&to=1&agg=mean', ['query.agg: needs `interval`']],
    ['from=0&to=1&interval=1h&agg=mean,median', ['query.agg: expected a comma list']],
    ['from=0&to=1&interval=1h&agg=mean,mean', ['query.agg: a name stands']],
    ['from=0&to=1&cursor=abc', ['query.cursor: not a cursor']],
    ['from=0&to=1&cursor=', ['query.cursor: Too small']],
  ])('refuses the query "%s" and says everything that is wrong', async (query, beginnings) => {
    const answer = await read(query);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      type: 'urn:waterwarden:error:invalid_request',
      title: 'Bad Request',
      status: 400,
      code: 'invalid_request',
    });
    expect(answer.body.problems).toHaveLength(beginnings.length);
    for (const [index, beginning] of beginnings.entries()) {
      expect(answer.body.problems[index]).toContain(beginning);
    }
    expect(application.asked.refusals).toEqual(['token:viewer http_invalid']);
  });

  it('refuses a cursor of another range', async () => {
    application.rows = [10, 20, 30].map(t => observation({ t: epochMs(t) }));
    const { body } = await read('from=0&to=100&limit=1');
    expect((await read(`from=0&to=15&cursor=${body.next}`)).body.problems).toEqual([
      'query.cursor: belongs to another range',
    ]);
  });
});

describe('aggregated observations', () => {
  it('are flat rows of the aggregates asked for, null where there is none', async () => {
    application.buckets = [
      { datastream: 1, t: epochMs(0), values: { min: 1, max: 2 } },
      { datastream: 1, t: epochMs(3_600_000), values: { max: 5 } },
    ];
    const answer = await read('from=0&to=7200000&interval=1h&agg=max,min');
    expect(answer.body.items).toEqual([
      { t: 0, max: 2, min: 1 },
      { t: 3_600_000, max: 5, min: null },
    ]);
    expect(application.asked.aggregates[0]).toMatchObject({ bucket: '1h', aggregates: ['max', 'min'] });
  });

  it.each([
    ['3600000', '1h'],
    ['86400000', '1d'],
    ['hd', 'hd'],
  ])('take the width %s for the bucket %s', async (interval, bucket) => {
    await read(`from=0&to=7200000&interval=${interval}&agg=max`);
    expect(application.asked.aggregates[0]).toMatchObject({ bucket });
  });

  it.each([
    ['RIVER-1/water_level', ['count', 'min', 'max', 'mean', 'last']],
    ['RIVER-1/rainfall', ['count', 'sum']],
    ['RIVER-1/rainfall_counter', ['count', 'difference']],
  ])('of %s default to what has a meaning for it', async (name, aggregates) => {
    application.datastreams.set('RIVER-1/rainfall', 3).set('RIVER-1/rainfall_counter', 4);
    await read('from=0&to=1&interval=hd', `/api/v1/datastreams/${name}/observations`);
    expect(application.asked.aggregates[0]).toMatchObject({ bucket: 'hd', aggregates });
    application.datastreams.delete('RIVER-1/rainfall');
    application.datastreams.delete('RIVER-1/rainfall_counter');
  });

  it('come in pages too', async () => {
    application.buckets = [0, 1, 2].map(hour => ({
      datastream: 1,
      t: epochMs(hour * 3_600_000),
      values: { count: hour },
    }));
    const first = await read('from=0&to=10800000&interval=1h&agg=count&limit=2');
    const second = await read(`from=0&to=10800000&interval=1h&agg=count&limit=2&cursor=${first.body.next}`);
    expect([...first.body.items, ...second.body.items].map(row => row.count)).toEqual([0, 1, 2]);
    expect(second.body.next).toBeNull();
  });
});

const READINGS = { station: 'RIVER-1', sent: 20, obs: [{ p: 'water_level', t: 10, v: 3.217, f: 'N' }] };
const submit = (json: unknown) =>
  probe.ask('/api/v1/observations', { method: 'POST', token: engineer, json });

describe('submitted observations', () => {
  it('go to the journal as the payload of an obs message', async () => {
    const answer = await submit({ ...READINGS, seq: 7 });
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ station: 'RIVER-1', readings: 1 });
    const [{ principal, submission } = {} as never] = application.asked.submissions;
    expect(principal).toBe('token:engineer');
    expect(submission.station).toBe('RIVER-1');
    expect(JSON.parse(new TextDecoder().decode(submission.payload))).toEqual({
      seq: 7,
      sent: 20,
      obs: READINGS.obs,
    });
  });

  it('are answered only when they are durable', async () => {
    let makeDurable: () => void = () => undefined;
    const taken = new Promise<void>(resolve => {
      application.onSubmit = () =>
        new Promise(durable => {
          makeDurable = durable;
          resolve();
        });
    });
    let answered = false;
    const answer = submit(READINGS).then(result => {
      answered = true;
      return result;
    });
    await taken;
    // Another whole request passes meanwhile: an early answer would have had every chance to arrive.
    await probe.ask('/healthz');
    expect(answered).toBe(false);
    makeDurable();
    expect((await answer).status).toBe(202);
  });

  it('answer 503 with Retry-After when the journal refuses, without telling its message', async () => {
    application.onSubmit = () =>
      Promise.reject(new AppError('journal_full', 'No space in /var/lib/secret.', { retryable: true }));
    const answer = await submit(READINGS);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.body).toMatchObject({ code: 'journal_full', status: 503 });
    expect(answer.text).not.toContain('secret');
    expect(application.asked.refusals).toEqual(['token:engineer journal_unavailable']);
  });

  it('answer 500 without a stack trace when something unexpected is thrown', async () => {
    application.onSubmit = () => Promise.reject(new TypeError('boom at /home/x'));
    const answer = await submit(READINGS);
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ code: 'internal_error', problems: [] });
    expect(answer.text).not.toContain('boom');
  });

  it('are refused for a thing that is no station', async () => {
    expect((await submit({ ...READINGS, station: 'NOBODY' })).status).toBe(404);
    expect((await submit({ ...READINGS, station: 'GATE-1' })).status).toBe(404);
    expect(application.asked.submissions).toEqual([]);
  });

  const reading = READINGS.obs[0]!;
  it.each<[string, unknown, RegExp[]]>([
    ['no object', [1], [/^body: /]],
    ['without everything', {}, [/^body\.station/, /^body\.sent/, /^body\.obs/]],
    ['with a malformed station', { ...READINGS, station: 'a/b' }, [/^body\.station/]],
    ['with a further key', { ...READINGS, colour: 1 }, [/^body: .*"colour"/]],
    ['with a negative seq', { ...READINGS, seq: -1 }, [/^body\.seq/]],
    ['with a fractional seq', { ...READINGS, seq: 1.5 }, [/^body\.seq/]],
    ['with sent as text', { ...READINGS, sent: '1' }, [/^body\.sent/]],
    ['with no reading', { ...READINGS, obs: [] }, [/^body\.obs/]],
    ['with 501 readings', { ...READINGS, obs: Array.from({ length: 501 }, () => reading) }, [/^body\.obs/]],
    [
      'with every field of a reading wrong',
      { ...READINGS, obs: [reading, { p: '', t: 1.5, v: 'x', f: 'Q', z: 1 }] },
      [/obs\[1\]\.p/, /obs\[1\]\.t/, /obs\[1\]\.v/, /obs\[1\]\.f/, /obs\[1\]: .*"z"/],
    ],
    ['without a value', { ...READINGS, obs: [{ p: 'ph', t: 1 }] }, [/obs\[0\]\.v/]],
  ])('are refused %s', async (_case, json, problems) => {
    const answer = await submit(json);
    expect(answer.status).toBe(400);
    expect(answer.body.problems).toEqual(problems.map(pattern => expect.stringMatching(pattern)));
    expect(application.asked.submissions).toEqual([]);
  });

  it.each([
    ['bytes that are no JSON', '{"station":'],
    ['an empty body', ''],
    ['a number beyond the range', '{"station":"RIVER-1","sent":1,"obs":[{"p":"ph","t":1,"v":1e999}]}'],
    ['a __proto__ key', '{"station":"RIVER-1","sent":1,"obs":[{"p":"ph","t":1,"v":1}],"__proto__":{}}'],
  ])('are refused with %s', async (_case, text) => {
    const answer = await probe.ask('/api/v1/observations', {
      method: 'POST',
      token: engineer,
      text,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.problems.length).toBeGreaterThan(0);
  });

  it('are refused in another media type', async () => {
    const answer = await probe.ask('/api/v1/observations', {
      method: 'POST',
      token: engineer,
      text: JSON.stringify(READINGS),
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer.status).toBe(415);
    expect(answer.body).toMatchObject({ code: 'unsupported_media_type' });
  });

  it('name at most fifty problems', async () => {
    const obs = Array.from({ length: 500 }, () => ({}));
    const { body } = await submit({ ...READINGS, obs });
    expect(body.problems).toHaveLength(51);
    expect(body.problems[50]).toBe('and 1450 more');
  });

  it('are refused when they would grow over the payload limit in the journal', async () => {
    const obs = Array.from({ length: 500 }, (_, t) => ({ p: `x${'y'.repeat(95)}`, t, v: 1e20 }));
    const text = JSON.stringify({ ...READINGS, obs }).replaceAll('100000000000000000000', '1e20');
    expect(text.length).toBeLessThan(65_536);
    const answer = await probe.ask('/api/v1/observations', {
      method: 'POST',
      token: engineer,
      text,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(413);
    expect(application.asked.refusals).toEqual(['token:engineer http_too_large']);
  });
});
