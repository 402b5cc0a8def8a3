import { epochMs } from '../../domain/time/instant.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { Log } from '../../domain/ports/log.ts';
import { createHttpServer } from '../../server/http/http-server.ts';
import type { HttpServer } from '../../server/http/http-server.ts';
import type { HttpLimits } from '../../server/http/limits.ts';
import type { FakeApplication } from './fake-application.ts';

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  ms = 0;
  readonly timers = new Set<{ readonly at: number; readonly run: () => void }>();

  now() {
    return epochMs(this.ms);
  }
  monotonicMs() {
    return this.ms;
  }
  after(span: number, run: () => void) {
    const timer = { at: this.ms + span, run };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }
  advance(ms: number) {
    this.ms += ms;
    for (const timer of this.timers) {
      if (timer.at > this.ms) continue;
      this.timers.delete(timer);
      timer.run();
    }
  }
}

export interface HttpProbe {
  readonly server: HttpServer;
  readonly clock: ManualClock;
  readonly port: number;
  readonly url: string;
  /** A request with an optional token; the body is parsed where it is JSON. */
  readonly ask: (path: string, request?: ProbeRequest) => Promise<ProbeAnswer>;
}

export interface ProbeRequest {
  readonly method?: string;
  readonly token?: string;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Record<string, string>;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // eslint-disable-next-line typescript/no-explicit-any -- tests look into bodies of any shape.
  readonly body: any;
}

/** Starts an HTTP server on a free port over a fake application. */
export async function startHttpProbe(
  application: FakeApplication,
  options: {
    readonly limits?: Partial<HttpLimits>;
    readonly log?: Log;
    readonly trustedProxies?: readonly string[];
    readonly consoleFolder?: string;
  } = {},
): Promise<HttpProbe> {
  const clock = new ManualClock();
  const server = createHttpServer({
    application,
    clock,
    log: options.log ?? SILENT_LOG,
    host: '127.0.0.1',
    port: 0,
    limits: { requestsPerSecond: 1e6, burst: 1e6, ...options.limits },
    trustedProxies: options.trustedProxies ?? [],
    ...(options.consoleFolder === undefined ? {} : { consoleFolder: options.consoleFolder }),
  });
  await server.start();
  const port = server.address()!.port;
  const url = `http://127.0.0.1:${port}`;
  return { server, clock, port, url, ask: (path, request = {}) => ask(url + path, request) };
}

async function ask(url: string, request: ProbeRequest): Promise<ProbeAnswer> {
  const body = request.json === undefined ? request.text : JSON.stringify(request.json);
  const response = await fetch(url, {
    method: request.method ?? 'GET',
    headers: {
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  // A stream of events has no end: its answer is its head.
  const isStream = (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
  if (isStream) await response.body?.cancel();
  const text = isStream ? '' : await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json') && text !== '';
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}
