import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { ERROR_CODES } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { STRANGER } from '../../domain/ports/identity.ts';
import type { RefusalReason } from '../../domain/ports/identity.ts';
import { clientAddress } from './client-address.ts';
import { PROBLEM_CONTENT_TYPE, problemAnswer, refusalOf } from './problem.ts';

type CountRefusal = (principal: string, reason: RefusalReason) => void;

/** Caps open connections, in total and per address. What is over a cap is closed at once and counted. */
export class ConnectionGuard {
  readonly #perAddress = new Map<string, number>();
  #open = 0;

  constructor(
    server: Server,
    options: {
      readonly connections: number;
      readonly connectionsPerAddress: number;
      readonly countRefusal: CountRefusal;
    },
  ) {
    server.maxConnections = options.connections;
    server.on('drop', () => options.countRefusal(STRANGER, 'connection_limit'));
    server.on('connection', socket => this.#admit(socket, options));
  }

  get open(): number {
    return this.#open;
  }

  #admit(
    socket: Socket,
    options: { readonly connectionsPerAddress: number; readonly countRefusal: CountRefusal },
  ): void {
    const address = clientAddress(socket.remoteAddress);
    const already = this.#perAddress.get(address) ?? 0;
    if (already >= options.connectionsPerAddress) {
      options.countRefusal(STRANGER, 'address_limit');
      socket.destroy();
      return;
    }
    this.#perAddress.set(address, already + 1);
    this.#open += 1;
    socket.once('close', () => {
      this.#open -= 1;
      const rest = (this.#perAddress.get(address) ?? 1) - 1;
      if (rest > 0) this.#perAddress.set(address, rest);
      else this.#perAddress.delete(address);
    });
  }
}

/**
 * Answers bytes that are no HTTP request: too long headers, a request that did not arrive in time, nonsense. There is
 * no request object at this point, so the answer is written by hand.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  countRefusal: CountRefusal,
): void {
  // A connection that was reset is nobody's refusal, and there is nobody to answer.
  if (error.code === 'ECONNRESET' || socket.destroyed) {
    socket.destroy();
    return;
  }
  const code = codeOf(error.code);
  const { status, body } = problemAnswer({ code, detail: ERROR_CODES[code] });
  const reason = refusalOf(status);
  if (reason !== undefined) countRefusal(STRANGER, reason);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${body.title}\r\nContent-Type: ${PROBLEM_CONTENT_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nX-Content-Type-Options: nosniff\r\n` +
      `Connection: close\r\n\r\n${text}`,
  );
}

function codeOf(nodeCode: string | undefined): ErrorCode {
  if (nodeCode === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  return nodeCode === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'invalid_request';
}
