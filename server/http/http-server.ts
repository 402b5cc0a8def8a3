import type { OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import fastify from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, isAppError, messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { STRANGER } from '../../domain/ports/identity.ts';
import type { Log } from '../../domain/ports/log.ts';
import { durationMs } from '../../domain/time/instant.ts';
import type { Application } from '../application.ts';
import { EventStream } from '../stream/event-stream.ts';
import { EVENT_STREAM_CONTENT_TYPE } from '../stream/server-sent-event.ts';
import { authorise, enforceRate, identify } from './admission.ts';
import type { Caller } from './admission.ts';
import { renderList } from './answer.ts';
import type { Answer, StreamAnswer } from './answer.ts';
import { arrivalOf } from './arrival.ts';
import type { Arrival } from './arrival.ts';
import type { Call, Handler } from './call.ts';
import { ConnectionGuard, answerClientError } from './connection-guard.ts';
import { readConsoleFiles, serveConsole } from './console-files.ts';
import type { ConsoleFile } from './console-files.ts';
import { HANDLERS } from './handlers.ts';
import { DEFAULT_HTTP_LIMITS } from './limits.ts';
import type { HttpLimits } from './limits.ts';
import { PipelinedResponses } from './pipelined-responses.ts';
import { PROBLEM_CONTENT_TYPE, refusalOf, toProblem } from './problem.ts';
import { RateLimiter } from './rate-limiter.ts';
import { RefusedRequest } from './refused-request.ts';
import { RequestCounters } from './request-counters.ts';
import { ROUTE_IDS, routeSpec } from './routes.ts';
import type { RouteId } from './routes.ts';
import { validateRequest } from './validate-request.ts';

export interface HttpServerOptions {
  readonly application: Application;
  readonly clock: Clock;
  readonly log: Log;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly limits?: Partial<HttpLimits>;
  /** Addresses of proxies whose word on the client's address and TLS counts; default none. */
  readonly trustedProxies?: readonly string[];
  /** The version of the server, for OpenAPI. */
  readonly version?: string;
  /** Folder of the built page, served at `/`; without it only the API is served. */
  readonly consoleFolder?: string;
}

export interface HttpServer {
  /** @throws AppError `config_invalid` when the address cannot be listened on */
  start(): Promise<void>;
  /**
   * Takes no new request, lets those in flight finish, at most for the grace time, and closes every connection.
   * Idempotent.
   */
  stop(): Promise<void>;
  /** Where it listens; `undefined` before `start` and after `stop`. */
  address(): { readonly host: string; readonly port: number } | undefined;
}

/** What the server remembers of a request from its arrival to its answer. */
interface Passage {
  readonly arrivedMs: number;
  readonly caller: Caller;
  readonly arrival: Arrival;
  /** True once a token of the bucket was taken. */
  admitted: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly routeId?: RouteId;
    /** A file of the page: no part of the API. */
    readonly isConsole?: true;
  }
}

/** The HTTP API. Creating it opens nothing. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  return new FastifyHttpServer(options);
}

class FastifyHttpServer implements HttpServer {
  readonly #application: Application;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: HttpServerOptions;
  readonly #limits: HttpLimits;
  readonly #limiter: RateLimiter;
  readonly #trustedProxies: ReadonlySet<string>;
  readonly #counters = new RequestCounters();
  readonly #streams: EventStream;
  readonly #responses = new PipelinedResponses();
  readonly #passages = new WeakMap<FastifyRequest, Passage>();
  /** Connections whose error was answered and counted already. */
  readonly #brokenOff = new WeakSet<Socket>();
  #app: FastifyInstance | undefined;
  #guard: ConnectionGuard | undefined;
  #stopping = false;
  #stopped: Promise<void> = Promise.resolve();
  #onQuiet: () => void = () => undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#application = options.application;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#limits = { ...DEFAULT_HTTP_LIMITS, ...options.limits };
    this.#limiter = new RateLimiter({ clock: options.clock, ...this.#limits });
    this.#trustedProxies = new Set(options.trustedProxies);
    this.#streams = new EventStream({ ...options, limits: this.#limits });
  }

  async start(): Promise<void> {
    this.#stopping = false;
    const app = this.#createApp(await this.#readConsole());
    this.#app = app;
    this.#guard = new ConnectionGuard(app.server, { ...this.#limits, countRefusal: this.#countRefusal });
    try {
      await app.listen({ host: this.#options.host, port: this.#options.port });
    } catch (error) {
      await this.stop();
      throw new AppError(
        'config_invalid',
        `HTTP cannot listen on ${this.#options.host}:${this.#options.port}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  stop(): Promise<void> {
    const app = this.#app;
    if (app !== undefined) {
      this.#app = undefined;
      this.#stopped = this.#close(app);
    }
    return this.#stopped;
  }

  async #close(app: FastifyInstance): Promise<void> {
    this.#stopping = true;
    const cancel = this.#clock.after(durationMs(this.#limits.stopGraceMs), () => {
      this.#log.warn('HTTP requests were cut, since they did not finish in time.', {
        requests: this.#counters.inFlight,
      });
      app.server.closeAllConnections();
    });
    this.#streams.stop();
    // Closing the server ends connections whose answer is written but not yet sent, so that comes last.
    await this.#quiet();
    await app.close();
    cancel();
  }

  /** Resolves when no request is in flight. */
  #quiet(): Promise<void> {
    if (this.#counters.inFlight === 0) return Promise.resolve();
    return new Promise(resolve => {
      this.#onQuiet = resolve;
    });
  }

  address(): { readonly host: string; readonly port: number } | undefined {
    const address = this.#app?.server.address();
    return typeof address === 'object' && address !== null
      ? { host: address.address, port: address.port }
      : undefined;
  }

  readonly #countRefusal: Application['countRefusal'] = (principal, reason) =>
    this.#application.countRefusal(principal, reason);

  async #readConsole(): Promise<readonly ConsoleFile[]> {
    const { consoleFolder } = this.#options;
    if (consoleFolder === undefined) return [];
    const files = await readConsoleFiles(consoleFolder);
    if (files.length === 0)
      this.#log.warn('The page was not built; only the API is served.', { consoleFolder });
    return files;
  }

  #createApp(page: readonly ConsoleFile[]): FastifyInstance {
    const app = fastify({
      bodyLimit: this.#limits.bodyBytes,
      connectionTimeout: this.#limits.socketIdleMs,
      requestTimeout: this.#limits.requestTimeoutMs,
      keepAliveTimeout: this.#limits.keepAliveMs,
      forceCloseConnections: 'idle',
      // Our own hook answers while stopping, as a problem.
      return503OnClosing: false,
      exposeHeadRoutes: false,
      logger: false,
      http: {
        maxHeaderSize: this.#limits.headerBytes,
        headersTimeout: this.#limits.headersTimeoutMs,
        connectionsCheckingInterval: Math.min(5_000, this.#limits.headersTimeoutMs),
      },
      clientErrorHandler: (error, socket) => {
        // The end of a broken request is a second error of the same one.
        if (this.#brokenOff.has(socket)) return;
        this.#brokenOff.add(socket);
        answerClientError(error, socket, this.#countRefusal);
      },
      frameworkErrors: (error, request, reply) => this.#answerBadUrl(error, request, reply),
    });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      async (_request: FastifyRequest, body: Buffer) => parseJson(body),
    );
    app.addHook('onRequest', async (request, reply) => this.#admit(request, reply));
    app.addHook('onSend', async (_request, reply) => this.#addHeaders(reply));
    app.setErrorHandler((error, request, reply) => this.#answerError(error, request, reply));
    // The admission hook refuses what has no route; the handler is only there for the framework.
    app.setNotFoundHandler(() => {
      throw new AppError('not_found', 'There is nothing at this path.');
    });
    for (const id of ROUTE_IDS) this.#addRoute(app, id);
    serveConsole(app, page);
    return app;
  }

  #addRoute<Id extends RouteId>(app: FastifyInstance, id: Id): void {
    const spec = routeSpec(id);
    const handler: Handler<Id> = HANDLERS[id];
    app.route({
      method: spec.method === 'GET' ? ['GET', 'HEAD'] : [spec.method],
      url: spec.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      config: { routeId: id },
      handler: async (request, reply) => {
        const passage = this.#passages.get(request);
        const call = {
          application: this.#application,
          server: {
            version: this.#options.version ?? '0.0.0',
            samples: () => [...this.#counters.samples(this.#guard?.open ?? 0), ...this.#streams.samples()],
            streams: this.#streams,
          },
          principal: passage?.caller.principal,
          sender: passage?.arrival,
          ...validateRequest(spec, request),
        };
        // The schemas and the access of the route make these types true; the compiler cannot follow the table.
        const answer = await handler(call as unknown as Call<Id>);
        return this.#send(reply, answer, spec.status);
      },
    });
  }

  #admit(request: FastifyRequest, reply: FastifyReply): void {
    const arrival = arrivalOf(request, this.#trustedProxies);
    const caller = identify(this.#application, arrival);
    const passage: Passage = { arrivedMs: this.#clock.monotonicMs(), caller, arrival, admitted: false };
    this.#passages.set(request, passage);
    // What is refused because of the stop must not delay it.
    if (!this.#stopping) this.#counters.inFlight += 1;
    const counted = !this.#stopping;
    this.#responses.add(reply.raw);
    // Not the framework's own hook for the end of a response: that one waits for the handler, also when the client
    // is long gone.
    reply.raw.once('close', () => {
      if (counted) this.#counters.inFlight -= 1;
      this.#finish(passage, reply);
    });
    // A body that nobody will read must not keep the connection busy.
    if (Number(request.headers['content-length'] ?? 0) > this.#limits.bodyBytes)
      reply.header('connection', 'close');
    if (this.#stopping) {
      throw new RefusedRequest('shutting_down', 'The server is stopping.', { 'retry-after': '5' });
    }
    if (arrival.route === undefined || routeSpec(arrival.route).rateLimited !== false) {
      enforceRate(this.#limiter, caller);
      passage.admitted = true;
    }
    if (request.routeOptions.config.isConsole !== true) authorise(arrival, caller);
  }

  #send(reply: FastifyReply, answer: Answer, status: number): FastifyReply {
    reply.status((answer.kind === 'json' ? answer.status : undefined) ?? status);
    if (answer.kind === 'stream') return this.#openStream(reply, answer);
    if (answer.kind === 'empty') return reply.headers(answer.headers).send();
    if (answer.kind === 'text') return reply.type(answer.contentType).send(answer.text);
    reply.type('application/json; charset=utf-8');
    if (answer.kind === 'json') return reply.headers(answer.headers ?? {}).send(JSON.stringify(answer.body));
    const list = renderList(answer);
    if (typeof list === 'string') return reply.send(list);
    // A HEAD needs the headers of a list, not the work of writing it.
    return reply.request.method === 'HEAD' ? reply.send() : reply.send(Readable.from(list));
  }

  #openStream(reply: FastifyReply, answer: StreamAnswer): FastifyReply {
    answer.requireRoom();
    this.#addHeaders(reply);
    // Proxies of the nginx family would hold events back to fill their buffers.
    reply.header('x-accel-buffering', 'no').type(EVENT_STREAM_CONTENT_TYPE);
    if (reply.request.method === 'HEAD') return reply.send();
    reply.hijack();
    reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
    answer.open(reply.raw, () => this.#isStillAllowed(reply.request));
    return reply;
  }

  /** Whether the sender of a request would still be let in, as the same principal with the same rights. */
  #isStillAllowed(request: FastifyRequest): boolean {
    const passage = this.#passages.get(request);
    if (passage === undefined) return false;
    const caller = identify(this.#application, passage.arrival);
    return isDeepStrictEqual(caller.principal, passage.caller.principal);
  }

  #answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { status, body, headers } = toProblem(error);
    const passage = this.#passages.get(request);
    if (!this.#brokenOff.has(request.socket)) this.#count(error, status, passage);
    if (status >= 500 && !(isAppError(error) && error.retryable)) {
      this.#log.error('An HTTP request failed.', {
        route: passage?.arrival.route,
        error: messageOf(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
    }
    return reply
      .status(status)
      .headers({ ...headers, ...(error instanceof RefusedRequest ? error.headers : {}) })
      .type(PROBLEM_CONTENT_TYPE)
      .send(JSON.stringify(body));
  }

  #count(error: unknown, status: number, passage: Passage | undefined): void {
    const own = error instanceof RefusedRequest ? error.refusal : undefined;
    if (own !== undefined) return this.#countRefusal(own.principal, own.reason);
    const countedAs = passage?.caller.countedAs ?? STRANGER;
    const reason = refusalOf(status);
    if (reason !== undefined) this.#countRefusal(countedAs, reason);
    // Readings that were offered and not taken are a refusal before the journal, as on MQTT.
    else if (passage?.arrival.route === 'submit') this.#countRefusal(countedAs, 'journal_unavailable');
  }

  /** No hook runs for a path that cannot be decoded. */
  #answerBadUrl(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    this.#addHeaders(reply);

    void this.#answerError(
      new AppError('invalid_request', 'The request is invalid.', {
        problems: ['path: cannot be decoded, or a part of it is too long'],
        cause: error,
      }),
      request,
      reply,
    );
  }

  #addHeaders(reply: FastifyReply): void {
    for (const [name, value] of Object.entries(ANSWER_HEADERS)) {
      if (!reply.hasHeader(name)) reply.header(name, value);
    }
    if (this.#stopping) reply.header('connection', 'close');
  }

  #finish(passage: Passage, reply: FastifyReply): void {
    if (passage.admitted) this.#limiter.release(passage.caller.client);
    this.#counters.answered(
      passage.arrival.route ?? (reply.request.routeOptions.config.isConsole ? 'console' : 'unmatched'),
      reply.raw.headersSent ? reply.raw.statusCode : UNANSWERED,
      this.#clock.monotonicMs() - passage.arrivedMs,
    );
    if (this.#stopping && this.#counters.inFlight === 0) this.#onQuiet();
  }
}

/** Headers of every answer; a file of the page brings its own policy and its own rule for caches. */
const ANSWER_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** The status under which a request is counted whose client left before the answer (after nginx). */
const UNANSWERED = 499;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws AppError `invalid_request` when the bytes are not JSON in UTF-8 */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(strictUtf8.decode(body));
  } catch {
    throw new AppError('invalid_request', 'The request is invalid.', {
      problems: ['body: not JSON in UTF-8'],
    });
  }
}
