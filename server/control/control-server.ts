import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { AppError, isAppError, messageOf } from '../../domain/errors.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Application } from '../application.ts';
import { schemaProblems } from '../schema-problems.ts';
import { isSocketAlive } from './control-client.ts';
import { CONTROL_HANDLERS } from './control-handlers.ts';
import type { ControlContext } from './control-handlers.ts';
import { CONTROL_PARAMS, isControlMethod } from './control-methods.ts';
import type { ControlAddresses, ControlMethod } from './control-methods.ts';
import { CONTROL_BODY_BYTES_MAX, wireError } from './control-wire.ts';
import type { ControlAnswer } from './control-wire.ts';
import { CONTROL_SOCKET, withSocketPath } from './socket-path.ts';

export interface ControlServerOptions {
  readonly application: Application;
  readonly addresses: () => ControlAddresses;
  /** The socket is `control.sock` in it. */
  readonly dataDir: string;
  readonly log: Log;
  readonly version: string;
  /** How long `stop` waits for requests in flight before it cuts them, milliseconds; default 10 s. */
  readonly stopGraceMs?: number;
}

/** Administration of the running server for whoever may open its socket: the account it runs under. */
export interface ControlServer {
  /** Replaces what a dead server left. Rejects with `already_running` where one answers. */
  start(): Promise<void>;
  /** Lets requests in flight finish, then removes the socket. Idempotent, also after a failed start. */
  stop(): Promise<void>;
}

/** Creating it opens nothing. */
export function createControlServer(options: ControlServerOptions): ControlServer {
  return new SocketControlServer(options);
}

class SocketControlServer implements ControlServer {
  readonly #options: ControlServerOptions;
  #server: Server | undefined;
  #stopped: Promise<void> = Promise.resolve();

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { dataDir } = this.#options;
    if (await isSocketAlive(dataDir)) {
      throw new AppError('already_running', `Another server answers in the data directory ${dataDir}.`);
    }
    const server = createServer((request, response) => {
      // Never rejects: every failure becomes an answer or a cut connection.
      void this.#serve(request, response);
    });
    await this.#listen(server);
    this.#server = server;
  }

  stop(): Promise<void> {
    const server = this.#server;
    if (server !== undefined) {
      this.#server = undefined;
      this.#stopped = this.#close(server);
    }
    return this.#stopped;
  }

  /**
   * The socket is made in a private folder and gets its mode there before anybody can reach it; the rename puts it in
   * place in one step, also over the socket of a dead server.
   */
  async #listen(server: Server): Promise<void> {
    const { dataDir } = this.#options;
    const cradle = mkdtempSync(join(dataDir, '.control-'));
    try {
      const made = join(cradle, CONTROL_SOCKET);
      await withSocketPath(dataDir, join(basename(cradle), CONTROL_SOCKET), path => listening(server, path));
      chmodSync(made, 0o600);
      renameSync(made, join(dataDir, CONTROL_SOCKET));
    } catch (error) {
      server.close();
      throw error;
    } finally {
      rmSync(cradle, { recursive: true, force: true });
    }
  }

  async #close(server: Server): Promise<void> {
    // First the name, so that a server that starts now does not lose its own.
    rmSync(join(this.#options.dataDir, CONTROL_SOCKET), { force: true });
    const cut = setTimeout(() => server.closeAllConnections(), this.#options.stopGraceMs ?? 10_000);
    cut.unref();
    await new Promise<void>(resolve => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
    clearTimeout(cut);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: ControlAnswer;
    const method = request.url?.slice(1) ?? '';
    try {
      answer = { result: (await this.#answer(method, await readBody(request))) ?? null };
    } catch (error) {
      if (!isAppError(error)) {
        this.#options.log.error('A control request failed.', {
          method,
          error: messageOf(error),
          cause: error,
        });
      }
      answer = wireError(error);
    }
    // One request a connection, so that a stop waits for work only.
    response.setHeader('connection', 'close');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  }

  async #answer(method: string, body: string): Promise<unknown> {
    if (!isControlMethod(method)) {
      throw new AppError('unsupported', `This version has no control method "${method}".`);
    }
    const { application, addresses, version } = this.#options;
    return await run({ application, addresses, version }, method, parseParams(method, body));
  }
}

/** The schema of a method and its handler belong together; the compiler cannot see it through the union. */
function run(context: ControlContext, method: ControlMethod, params: unknown): Promise<unknown> {
  return CONTROL_HANDLERS[method](context, params as never);
}

/** @throws AppError `invalid_request` with every problem */
function parseParams(method: ControlMethod, body: string): unknown {
  let raw: unknown;
  try {
    raw = JSON.parse(body);
  } catch {
    throw new AppError('invalid_request', 'The control request is not JSON.');
  }
  const result = CONTROL_PARAMS[method].safeParse(raw);
  if (result.success) return result.data;
  throw new AppError('invalid_request', `The control request "${method}" is invalid.`, {
    problems: schemaProblems(result.error, CONTROL_PARAMS[method]).map(
      ({ path, message }) => `${path} ${message}`,
    ),
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > CONTROL_BODY_BYTES_MAX) {
      throw new AppError('payload_too_large', 'The control request is too large.');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
