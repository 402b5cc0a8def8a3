import type { Duplex } from 'node:stream';

import type { Registry, ThingSpec } from '../domain/model/registry.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { RefusalCounter, RefusalReason } from '../domain/ports/identity.ts';
import type { JournalStream } from '../domain/ports/journal.ts';
import { AckLine } from './ack-line.ts';
import type { ConnectPacket } from './connect-packet.ts';
import type { GuardedReading } from './guarded-reading.ts';
import type { Reader } from './intake-gate.ts';
import type { PublishDecision } from './topic-policy.ts';

/** One identified client, from its CONNECT to the end of its socket. */
export class Connection implements Reader {
  readonly stream: Duplex;
  readonly principal: string;
  readonly kind: ThingSpec['kind'];
  readonly connect: ConnectPacket;
  readonly acks: AckLine;
  /** Resolves when the socket is closed and everything that follows from it was done, its will included. */
  readonly gone: Promise<void>;
  /** Resolves when the connections with the same id before this one are gone. */
  predecessorsGone: Promise<unknown> = Promise.resolve();
  reading: GuardedReading | undefined;
  /** The channel of the last message decides in which line this client waits. */
  lane: JournalStream = 'live';
  /** Monotonic milliseconds of the last byte that came. */
  lastHeardMs: number;
  /** Monotonic milliseconds since when it has not read what was sent to it. */
  unreadSinceMs: number | undefined;
  /** The last decision on a topic: a station publishes to the same topic again and again. */
  decided:
    { readonly topic: string; readonly registry: Registry; readonly decision: PublishDecision } | undefined;
  /** The filters it holds. */
  readonly filters = new Set<string>();
  /** Runs once when we close it, before the socket has closed. */
  onEnd: (() => void) | undefined;
  readonly #refusals: RefusalCounter;
  #isEnded = false;

  constructor(options: {
    readonly stream: Duplex;
    readonly thing: ThingSpec;
    readonly connect: ConnectPacket;
    readonly clock: Clock;
    readonly refusals: RefusalCounter;
  }) {
    this.stream = options.stream;
    this.principal = options.thing.id;
    this.kind = options.thing.kind;
    this.connect = options.connect;
    this.acks = new AckLine(options.clock, () => this.end('hook_failed'));
    this.lastHeardMs = options.clock.monotonicMs();
    this.#refusals = options.refusals;
    // Aedes reacts to the close of the socket at the same time; one turn later it is done.
    this.gone = new Promise(resolve => {
      this.stream.once('close', () => setImmediate(resolve));
    });
  }

  /** We have closed it. What goes wrong after that has no meaning. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  count(reason: RefusalReason): void {
    this.#refusals.count(this.principal, reason);
  }

  /** Closes the socket at once; with a reason this is a refusal and counted, once. */
  end(reason?: RefusalReason): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (reason !== undefined) this.count(reason);
    this.onEnd?.();
    this.stream.destroy();
  }

  kick(): void {
    this.reading?.kick();
  }
}
