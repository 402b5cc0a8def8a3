import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HttpLimits } from './limits.ts';
import type { Log } from '../../domain/ports/log.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { createFakeApplication, observation } from '../../test/harness/fake-application.ts';
import type { FakeApplication } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';

let probe: HttpProbe | undefined;
let application: FakeApplication;
const sockets: Socket[] = [];

async function start(limits: Partial<HttpLimits> = {}, log: Log = SILENT_LOG): Promise<HttpProbe> {
  application = createFakeApplication();
  probe = await startHttpProbe(application, { limits, log });
  return probe;
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await probe?.server.stop();
  probe = undefined;
});

/** A raw connection that collects what comes back. */
async function open(): Promise<{ socket: Socket; received: () => string; closed: Promise<void> }> {
  const socket = connect(probe!.port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', chunk => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>(resolve => {
    socket.on('close', () => resolve());
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return { socket, received: () => text, closed };
}

const until = (condition: () => boolean) =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error('not yet');
    },
    { timeout: 10_000, interval: 5 },
  );

describe('the rate limit', () => {
  it('answers 429 with the seconds to wait, by principal, and counts it', async () => {
    const { ask, clock } = await start({ burst: 2, requestsPerSecond: 0.5 });
    const [one, other] = [application.token('viewer'), application.token('duty')];
    expect((await ask('/api/v1/latest', { token: one })).status).toBe(200);
    expect((await ask('/api/v1/latest', { token: one })).status).toBe(200);
    const refused = await ask('/api/v1/latest', { token: one });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(refused.body).toMatchObject({ code: 'rate_limited', type: 'urn:waterwarden:error:rate_limited' });
    expect(application.asked.refusals).toEqual(['token:viewer http_rate_limited']);
    expect((await ask('/api/v1/latest', { token: other })).status).toBe(200);
    clock.advance(2_000);
    expect((await ask('/api/v1/latest', { token: one })).status).toBe(200);
  });

  it('counts guesses of tokens against the address, never against a principal', async () => {
    const { ask } = await start({ burst: 2, requestsPerSecond: 0.001 });
    const token = application.token('viewer');
    const guess = () => ask('/api/v1/latest', { token: 'guess' });
    expect([(await guess()).status, (await guess()).status, (await guess()).status]).toEqual([401, 401, 429]);
    expect((await ask('/api/v1/latest', { token })).status).toBe(200);
  });

  it('does not hold back the liveness probe', async () => {
    const { ask } = await start({ burst: 1, requestsPerSecond: 0.001 });
    expect((await ask('/readyz')).status).toBe(200);
    expect((await ask('/readyz')).status).toBe(429);
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('refuses more unanswered requests of one client than allowed, and forgets those of lost connections', async () => {
    const { ask, port } = await start({ concurrentPerClient: 1 });
    const token = application.token('engineer');
    let waiting = 0;
    application.onSubmit = () => {
      waiting += 1;
      return new Promise(() => undefined);
    };
    const body = JSON.stringify({ station: 'RIVER-1', sent: 1, obs: [{ p: 'ph', t: 1, v: 7 }] });
    const { socket } = await open();
    socket.write(
      `POST /api/v1/observations HTTP/1.1\r\nHost: x:${port}\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => waiting === 1);
    expect((await ask('/api/v1/latest', { token })).status).toBe(429);
    socket.destroy();
    await vi.waitFor(async () => expect((await ask('/api/v1/latest', { token })).status).toBe(200), {
      timeout: 10_000,
    });
    expect((await ask('/metrics')).text).toContain('ww_http_requests_total{route="submit",status="499"} 1\n');
  });

  it('forgets requests that wait behind another one on a lost connection', async () => {
    const { ask, port } = await start({ concurrentPerClient: 4 });
    const token = application.token('engineer');
    let waiting = 0;
    application.onSubmit = () => {
      waiting += 1;
      return new Promise(() => undefined);
    };
    const body = JSON.stringify({ station: 'RIVER-1', sent: 1, obs: [{ p: 'ph', t: 1, v: 7 }] });
    const head =
      `POST /api/v1/observations HTTP/1.1\r\nHost: x:${port}\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const { socket } = await open();
    socket.write((head + body).repeat(4));
    await until(() => waiting === 4);
    expect((await ask('/api/v1/latest', { token })).status).toBe(429);
    socket.destroy();
    await vi.waitFor(async () =>
      expect((await ask('/metrics')).text).toMatch(/^ww_http_requests_in_flight 1$/m),
    );
    const answers = Array.from({ length: 4 }, () => ask('/api/v1/latest', { token }));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});

describe('the size limits', () => {
  it('refuse a body over 64 KiB by its announced length, without reading it', async () => {
    await start();
    const token = application.token('engineer');
    const { socket, received, closed } = await open();
    socket.write(
      `POST /api/v1/observations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100000000\r\n\r\n',
    );
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(received()).toContain('payload_too_large');
    expect(application.asked.refusals).toEqual(['token:engineer http_too_large']);
  });

  it('refuse a body over 64 KiB that comes in chunks', async () => {
    await start();
    const token = application.token('engineer');
    const { socket, received } = await open();
    socket.write(
      `POST /api/v1/observations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `8000\r\n${' '.repeat(0x8000)}\r\n`;
    socket.write(chunk + chunk + chunk);
    await until(() => received().includes('payload_too_large'));
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(application.asked.submissions).toEqual([]);
  });

  it('take a body of exactly 64 KiB', async () => {
    const { ask } = await start();
    const text = '{"station":"RIVER-1","sent":1,"obs":[{"p":"ph","t":1,"v":7}]}'.padEnd(65_536, ' ');
    const post = (body: string) =>
      ask('/api/v1/observations', {
        method: 'POST',
        token: application.token('engineer'),
        text: body,
        headers: { 'content-type': 'application/json' },
      });
    expect((await post(text)).status).toBe(202);
    expect((await post(`${text} `)).status).toBe(413);
  });

  it('answer too long headers with a 431 problem', async () => {
    await start({ headerBytes: 2_048 });
    const { socket, received, closed } = await open();
    socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(4_096)}\r\n\r\n`);
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 431 /);
    expect(received()).toContain('application/problem+json');
    expect(received()).toContain('"code":"headers_too_large"');
    expect(application.asked.refusals).toEqual(['- http_invalid']);
  });

  it('answer bytes that are no HTTP with a 400 problem', async () => {
    await start();
    const { socket, received, closed } = await open();
    socket.write('\u0010\u0020MQTT\r\n\r\n');
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 400 /);
    expect(received()).toContain('"code":"invalid_request"');
    expect(application.asked.refusals).toEqual(['- http_invalid']);
  });
});

describe('the time limits', () => {
  it('close a connection whose headers do not come in time', async () => {
    await start({ headersTimeoutMs: 50, requestTimeoutMs: 100 });
    const { socket, received, closed } = await open();
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(received()).toContain('"code":"request_timeout"');
  });

  it('close a connection whose body does not come in time', async () => {
    const { ask } = await start({ headersTimeoutMs: 50, requestTimeoutMs: 100 });
    const token = application.token('engineer');
    const { socket, received, closed } = await open();
    socket.write(
      `POST /api/v1/observations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(application.asked.submissions).toEqual([]);
    // The broken body must not be counted a second time when the framework gets to know of it.
    await ask('/healthz');
    expect(application.asked.refusals).toEqual(['- http_invalid']);
  });

  it('close a connection that is silent for too long', async () => {
    await start({ socketIdleMs: 50 });
    const { closed, received } = await open();
    await closed;
    expect(received()).toBe('');
  });
});

describe('the connection limits', () => {
  it('close connections of one address over its limit, and count them', async () => {
    await start({ connectionsPerAddress: 2 });
    const first = await open();
    await open();
    const third = await open();
    await third.closed;
    expect(application.asked.refusals).toEqual(['- address_limit']);
    first.socket.destroy();
    await vi.waitFor(
      async () => {
        const { socket, received } = await open();
        socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        await until(() => socket.destroyed || received() !== '');
        expect(received()).toMatch(/^HTTP\/1\.1 200 /);
      },
      { timeout: 10_000 },
    );
  });

  it('close connections over the total, and count them', async () => {
    await start({ connections: 1 });
    await open();
    const second = await open();
    await second.closed;
    await until(() => application.asked.refusals.length > 0);
    expect(application.asked.refusals).toEqual(['- connection_limit']);
  });
});

describe('stopping', () => {
  it('finishes the request in flight, closes idle connections and refuses new ones', async () => {
    const { ask, server, url } = await start();
    const token = application.token('engineer');
    let makeDurable: () => void = () => undefined;
    const taken = new Promise<void>(resolve => {
      application.onSubmit = () =>
        new Promise(durable => {
          makeDurable = durable;
          resolve();
        });
    });
    const idle = await open();
    idle.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => idle.received().includes('"ok"'));
    const inFlight = ask('/api/v1/observations', {
      method: 'POST',
      token,
      json: { station: 'RIVER-1', sent: 1, obs: [{ p: 'ph', t: 1, v: 7 }] },
    });
    await taken;
    let stopped = false;
    const stopping = server.stop().then(() => {
      stopped = true;
    });
    const refused = await ask('/api/v1/latest', { token });
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: 'shutting_down' });
    expect(refused.headers.get('connection')).toBe('close');
    expect(stopped).toBe(false);
    makeDurable();
    const answer = await inFlight;
    expect(answer.status).toBe(202);
    expect(answer.headers.get('connection')).toBe('close');
    await stopping;
    await idle.closed;
    expect(server.address()).toBeUndefined();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    await server.stop();
  });

  it('sends a long answer to its end', async () => {
    const { server } = await start();
    const token = application.token('viewer');
    application.rows = Array.from({ length: 50_000 }, (_, t) => observation({ t: epochMs(t) }));
    const reader = await open();
    reader.socket.write(
      'GET /api/v1/datastreams/RIVER-1/water_level/observations?from=0&to=100000 HTTP/1.1\r\n' +
        `Host: x\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    await until(() => reader.received().length > 1_000);
    reader.socket.pause();
    const stopping = server.stop();
    reader.socket.resume();
    await stopping;
    await reader.closed;
    expect(reader.received()).toContain('"t":49999');
    expect(reader.received().endsWith('0\r\n\r\n')).toBe(true);
  });

  it('cuts what does not finish within the grace time', async () => {
    const warn = vi.fn();
    const { ask, server, clock } = await start({ stopGraceMs: 5_000 }, { ...SILENT_LOG, warn });
    const taken = new Promise<void>(resolve => {
      application.onSubmit = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const cut = ask('/api/v1/observations', {
      method: 'POST',
      token: application.token('engineer'),
      json: { station: 'RIVER-1', sent: 1, obs: [{ p: 'ph', t: 1, v: 7 }] },
    }).catch(() => 'cut');
    await taken;
    const stopping = server.stop();
    clock.advance(5_000);
    await stopping;
    expect(await cut).toBe('cut');
    expect(warn).toHaveBeenCalledOnce();
  });

  it('does nothing before a start', async () => {
    const { server, port } = await start();
    await server.stop();
    await server.start();
    expect(server.address()?.port).not.toBe(0);
    expect(port).toBeGreaterThan(0);
  });

  it('tells why it cannot listen', async () => {
    const first = await start();
    const { createHttpServer } = await import('./http-server.ts');
    const second = createHttpServer({
      application,
      clock: first.clock,
      log: SILENT_LOG,
      host: '127.0.0.1',
      port: first.port,
    });
    await expect(second.start()).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('EADDRINUSE'),
    });
    expect(second.address()).toBeUndefined();
  });
});

describe('failures', () => {
  it('are logged once with their route, and only when they are ours to repair', async () => {
    const error = vi.fn();
    const { ask } = await start({}, { ...SILENT_LOG, error });
    const token = application.token('viewer');
    application.latestValues = undefined as never;
    expect((await ask('/api/v1/latest', { token })).status).toBe(500);
    expect(error).toHaveBeenCalledOnce();
    expect(error.mock.calls[0]).toEqual([
      'An HTTP request failed.',
      expect.objectContaining({ route: 'latest', stack: expect.any(String) }),
    ]);
    await ask('/api/v1/latest?x=1', { token });
    expect(error).toHaveBeenCalledOnce();
  });
});
