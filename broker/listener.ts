import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';

import { AppError, messageOf } from '../domain/errors.ts';
import type { RefusalReason } from '../domain/ports/identity.ts';
import type { Log } from '../domain/ports/log.ts';

/** PEM texts. Clients have to show a certificate of this authority whose common name is their id. */
export interface TlsOptions {
  readonly port: number;
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: Omit<TlsOptions, 'port'>;
  readonly log: Log;
  /** Milliseconds a TLS handshake may take. */
  readonly handshakeTimeoutMs: number;
  /** A socket was opened; false when it is not admitted. */
  readonly onOpened: (socket: Socket) => boolean;
  /** The socket is ready for MQTT. `opened` is the same or the one below it. */
  readonly onReady: (ready: ReadySocket) => void;
  /** The TLS handshake failed; the socket is closed. */
  readonly onRefused: (reason: RefusalReason) => void;
}

export interface ReadySocket {
  readonly stream: Socket;
  readonly opened: Socket;
  /** The common name of the client's certificate; `null` where it has none, `undefined` without TLS. */
  readonly certificateName: string | null | undefined;
}

/** Keeps a route through address translation open and finds dead peers; the keep-alive of MQTT is in charge. */
const TCP_KEEP_ALIVE_MS = 60_000;

/** One listening port, plain or TLS. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const accept = options.tls === undefined ? this.#acceptPlain() : this.#acceptTls(options.tls);
    this.#server = createServer({ noDelay: true }, socket => {
      // A socket without a listener for errors would end the process.
      socket.on('error', () => undefined);
      socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
      if (!options.onOpened(socket)) socket.destroy();
      else accept(socket);
    });
  }

  /** Rejects with `config_invalid` when the port cannot be had. */
  async open(): Promise<void> {
    const { host, port, log } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', error =>
        reject(
          new AppError('config_invalid', `MQTT cannot listen on ${host}:${port}: ${messageOf(error)}`, {
            cause: error,
          }),
        ),
      );
      this.#server.listen({ host, port, backlog: 4_096 }, resolve);
    });
    this.#server.removeAllListeners('error');
    this.#server.on('error', error => log.error('A listening port failed.', { error: messageOf(error) }));
  }

  /** Accepts no more; resolves at once, open sockets stay. */
  close(): void {
    if (this.#server.listening) this.#server.close();
  }

  address(): { host: string; port: number } | undefined {
    const address = this.#server.address() as AddressInfo | null;
    return address === null ? undefined : { host: address.address, port: address.port };
  }

  #acceptPlain(): (socket: Socket) => void {
    return socket => this.#options.onReady({ stream: socket, opened: socket, certificateName: undefined });
  }

  #acceptTls(tls: Omit<TlsOptions, 'port'>): (socket: Socket) => void {
    const opened = new Map<string, Socket>();
    const server = createTlsServer({
      cert: tls.certificate,
      key: tls.key,
      ca: tls.ca,
      minVersion: 'TLSv1.2',
      requestCert: true,
      // Checked below: closed by the library, a client without certificate looks like any other broken one.
      rejectUnauthorized: false,
      handshakeTimeout: this.#options.handshakeTimeoutMs,
    });
    server.on('secureConnection', stream => {
      stream.on('error', () => undefined);
      const socket = opened.get(endpointOf(stream));
      if (socket === undefined) {
        stream.destroy();
      } else if (!stream.authorized) {
        this.#options.onRefused('certificate_required');
        stream.destroy();
      } else {
        this.#options.onReady({ stream, opened: socket, certificateName: commonName(stream) });
      }
    });
    server.on('tlsClientError', (error: Error & { code?: string }) => {
      if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') this.#options.onRefused('connect_timeout');
      else if (error.code !== 'ECONNRESET') this.#options.onRefused('protocol_error');
    });
    return socket => {
      const endpoint = endpointOf(socket);
      opened.set(endpoint, socket);
      socket.once('close', () => {
        if (opened.get(endpoint) === socket) opened.delete(endpoint);
      });
      server.emit('connection', socket);
    };
  }
}

function endpointOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
}

function commonName(socket: TLSSocket): string | null {
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : null;
}
