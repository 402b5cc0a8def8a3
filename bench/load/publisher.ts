import { ChildModule } from '../child-program.ts';

/** Where to publish, and as whom; whoever has several stations is a gateway. */
export interface PublisherTarget {
  readonly port: number;
  readonly connections: readonly {
    readonly id: string;
    readonly secret: string;
    readonly stations: readonly string[];
  }[];
}

/** One run: so many messages at QoS 1, in turn over the connections. */
export interface PublishOrder {
  readonly messages: number;
  readonly ratePerS: number | 'max';
  /** Readings in a message, 1 to 6, all of one instant. */
  readonly readings: number;
  /** At full speed: messages without an answer, over all connections. */
  readonly inFlight: number;
}

export interface PublishResult {
  readonly messages: number;
  /** Mean size of a payload. */
  readonly payloadBytes: number;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type PublisherRequest = PublisherTarget | PublishOrder;

/**
 * A load generator in a process of its own: bare sockets, so that the system under test gets the processor. The same
 * program speaks to the server and to the reference broker.
 */
export class Publisher {
  readonly #child = new ChildModule('load/publisher-child.js');

  /** Resolves when all are connected. */
  async connect(target: PublisherTarget): Promise<void> {
    await this.#child.ask(target);
  }

  /** Resolves when every message is acknowledged. */
  publish(order: PublishOrder): Promise<PublishResult> {
    return this.#child.ask<PublishResult>(order);
  }

  stop(): Promise<void> {
    return this.#child.stop('SIGKILL');
  }
}
