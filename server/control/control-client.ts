import { request } from 'node:http';
import { connect } from 'node:net';
import { AppError, messageOf } from '../../domain/errors.ts';
import type { ControlMethod, ControlMethods } from './control-methods.ts';
import { controlAnswerSchema, errorFromWire } from './control-wire.ts';
import { CONTROL_SOCKET, withSocketPath } from './socket-path.ts';

/** Administration of a running server. */
export interface ControlClient {
  /**
   * Rejects with the AppError of the server, or with `control_unreachable` where it ended before it answered: then
   * nobody knows whether it was done.
   */
  call<Method extends ControlMethod>(
    method: Method,
    params: ControlMethods[Method]['params'],
  ): Promise<ControlMethods[Method]['result']>;
}

/**
 * Finds the server that holds the data directory. Rejects with `control_unreachable` where none listens; retryable
 * where one does and has not answered in time.
 *
 * @param options.answerTimeoutMs how long it may take to say that it is there; default 5 s
 */
export async function connectControl(
  dataDir: string,
  options: { readonly answerTimeoutMs?: number } = {},
): Promise<ControlClient> {
  await callMethod(dataDir, { method: 'ping', params: {}, timeoutMs: options.answerTimeoutMs ?? 5_000 });
  return {
    call: async (method, params) => (await callMethod(dataDir, { method, params })) as never,
  };
}

/** True when somebody accepts connections on the control socket; false where there is none, or only its remains. */
export function isSocketAlive(dataDir: string): Promise<boolean> {
  return withSocketPath(
    dataDir,
    CONTROL_SOCKET,
    path =>
      new Promise(resolve => {
        const socket = connect(path);
        socket.once('connect', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', (error: NodeJS.ErrnoException) => {
          // Whatever else is wrong (no permission, a full queue of connections), somebody may be there.
          resolve(error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED' && error.code !== 'ENOTSOCK');
        });
      }),
  );
}

interface CallOptions {
  readonly method: ControlMethod;
  readonly params: unknown;
  readonly timeoutMs?: number;
}

async function callMethod(dataDir: string, options: CallOptions): Promise<unknown> {
  const text = await withSocketPath(dataDir, CONTROL_SOCKET, path => post(path, options, dataDir));
  const answer = controlAnswerSchema.safeParse(parseJson(text));
  if (!answer.success) {
    throw new AppError('control_unreachable', `What answers in ${dataDir} is no server of this version.`);
  }
  if ('error' in answer.data) throw errorFromWire(answer.data.error);
  return answer.data.result;
}

function post(path: string, { method, params, timeoutMs }: CallOptions, dataDir: string): Promise<string> {
  const body = JSON.stringify(params);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: path,
        path: `/${method}`,
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      response => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(text));
        response.on('error', error => reject(unreachable(error, dataDir)));
      },
    );
    if (timeoutMs !== undefined) {
      const timer = setTimeout(() => {
        reject(
          new AppError('control_unreachable', `A server holds ${dataDir}, but it does not answer.`, {
            retryable: true,
          }),
        );
        sent.destroy();
      }, timeoutMs);
      sent.once('close', () => clearTimeout(timer));
    }
    sent.on('error', error => reject(unreachable(error, dataDir)));
    sent.end(body);
  });
}

function unreachable(error: NodeJS.ErrnoException, dataDir: string): AppError {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') {
    return new AppError('control_unreachable', `No server runs in the data directory ${dataDir}.`, {
      cause: error,
    });
  }
  return new AppError(
    'control_unreachable',
    `The server in ${dataDir} cannot be asked: ${messageOf(error)}`,
    {
      cause: error,
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
