import type { Duplex } from 'node:stream';

import { messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { STRANGER } from '../domain/ports/identity.ts';
import type {
  CredentialView,
  RefusalCounter,
  RefusalReason,
  RegistryView,
} from '../domain/ports/identity.ts';
import type { Log } from '../domain/ports/log.ts';
import { durationMs } from '../domain/time/instant.ts';
import { Admission } from './admission.ts';
import type { Ticket } from './admission.ts';
import { parseConnect } from './connect-packet.ts';
import type { ConnectPacket } from './connect-packet.ts';
import { Connection } from './connection.ts';
import { readFirstFrame } from './first-frame.ts';
import { CONNACK, identify } from './identity.ts';
import type { ConnackCode } from './identity.ts';
import type { BrokerLimits } from './limits.ts';

export interface ReceptionOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: RegistryView;
  readonly credentials: CredentialView;
  readonly refusals: RefusalCounter;
  readonly limits: BrokerLimits;
  /** Whether a thing may have this will. */
  readonly mayWill: (principal: string, topic: string) => boolean;
  readonly onIdentified: (connection: Connection, connectFrame: Buffer) => void;
}

/** A socket on its way to an identified client. */
interface Visitor {
  readonly ticket: Ticket;
  readonly cancelTimeout: () => void;
}

/**
 * Everything up to the decision who a client is: caps, the first frame, the CONNECT, identity, keep-alive, will. What
 * is refused here has cost a socket and at most 4 KiB, and no library has seen it.
 */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #admission: Admission;
  /** By the socket that was opened, which under TLS is not the stream that is read. */
  readonly #visitors = new Map<Duplex, Visitor>();

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#admission = new Admission(options.limits);
  }

  /** Takes a new socket into the caps and starts its clock. False when there is no room; close it then. */
  open(socket: Duplex, address: string): boolean {
    const evict = (reason: RefusalReason): void => {
      this.#options.refusals.count(STRANGER, reason);
      socket.destroy();
    };
    const ticket = this.#admission.admit(address, () => evict('connection_limit'));
    if (typeof ticket === 'string') {
      this.#options.refusals.count(STRANGER, ticket);
      return false;
    }
    const timeout = durationMs(this.#options.limits.connectTimeoutMs);
    const cancelTimeout = this.#options.clock.after(timeout, () => evict('connect_timeout'));
    this.#visitors.set(socket, { ticket, cancelTimeout });
    socket.once('close', () => {
      this.#visitors.delete(socket);
      cancelTimeout();
      ticket.release();
    });
    return true;
  }

  /** Reads the CONNECT of a socket that was opened and decides on it. */
  receive(stream: Duplex, opened: Duplex, certificateName: string | null | undefined): void {
    readFirstFrame(stream, this.#options.limits.connectFrameBytes, first => {
      try {
        if (first.ok) this.#decide({ stream, opened, certificateName }, first);
        else this.#refuse(stream, opened, { reason: first.reason, principal: STRANGER });
      } catch (error) {
        this.#options.log.error('A connection could not be decided on.', { error: messageOf(error) });
        this.#refuse(stream, opened, { reason: 'hook_failed', principal: STRANGER });
      }
    });
  }

  /** Closes every socket whose client is not identified. */
  closeHalfOpen(): void {
    for (const socket of this.#visitors.keys()) socket.destroy();
  }

  #decide(
    socket: {
      readonly stream: Duplex;
      readonly opened: Duplex;
      readonly certificateName: string | null | undefined;
    },
    first: { readonly frame: Buffer; readonly body: Buffer },
  ): void {
    const { stream, opened, certificateName } = socket;
    const refuse = (reason: RefusalReason, principal: string, code?: ConnackCode): void =>
      this.#refuse(stream, opened, { reason, principal, ...(code === undefined ? {} : { code }) });
    const outcome = parseConnect(first.body);
    if (!outcome.ok) {
      const code = outcome.reason === 'protocol_version' ? CONNACK.unacceptableProtocol : undefined;
      refuse(outcome.reason, STRANGER, code);
      return;
    }
    const { connect } = outcome;
    const identity = identify(connect, certificateName, this.#options);
    if (!identity.ok) {
      refuse(identity.reason, identity.principal, identity.code);
      return;
    }
    const { thing } = identity;
    const problem = this.#problemOf(connect, thing.id);
    if (problem !== undefined) {
      refuse(problem, thing.id, CONNACK.notAuthorised);
      return;
    }
    this.#leave(opened);
    const { clock, refusals } = this.#options;
    this.#options.onIdentified(new Connection({ stream, thing, connect, clock, refusals }), first.frame);
  }

  #problemOf({ keepAliveS, will }: ConnectPacket, principal: string): RefusalReason | undefined {
    if (keepAliveS === 0 || keepAliveS > this.#options.limits.maxKeepAliveS) return 'keepalive_limit';
    return will !== undefined && !this.#options.mayWill(principal, will.topic) ? 'will_forbidden' : undefined;
  }

  /** The socket is no longer half-open. */
  #leave(opened: Duplex): void {
    const visitor = this.#visitors.get(opened);
    this.#visitors.delete(opened);
    visitor?.cancelTimeout();
    visitor?.ticket.identified();
  }

  #refuse(
    stream: Duplex,
    opened: Duplex,
    refusal: { readonly reason: RefusalReason; readonly principal: string; readonly code?: ConnackCode },
  ): void {
    this.#options.refusals.count(refusal.principal, refusal.reason);
    this.#leave(opened);
    if (refusal.code === undefined) {
      stream.destroy();
      return;
    }
    // Closed with bytes unread, the kernel would reset the connection and the client might never see the answer.
    stream.resume();
    stream.end(Buffer.from([0x20, 2, 0, refusal.code]));
    const cancel = this.#options.clock.after(durationMs(this.#options.limits.lingerMs), () =>
      stream.destroy(),
    );
    stream.once('close', cancel);
  }
}
