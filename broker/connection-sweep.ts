import type { Clock } from '../domain/ports/clock.ts';
import { SECOND_MS } from '../domain/time/instant.ts';
import type { Connection } from './connection.ts';
import type { IntakeGate } from './intake-gate.ts';
import type { BrokerLimits } from './limits.ts';

/** [MQTT-3.1.2-24] */
const KEEP_ALIVE_FACTOR_MS = 1_500;

export interface ConnectionSweepOptions {
  readonly clock: Clock;
  readonly gate: IntakeGate;
  readonly limits: Pick<BrokerLimits, 'slowClientMs' | 'writeBufferBytes'>;
  readonly connections: () => Iterable<Connection>;
}

/**
 * Looks at every connection once a second and closes the silent and the slow: one timer for all, instead of two for
 * each of ten thousand.
 */
export class ConnectionSweep {
  readonly #options: ConnectionSweepOptions;
  #cancel: (() => void) | undefined;

  constructor(options: ConnectionSweepOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.after(SECOND_MS, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const connection of this.#options.connections()) {
      if (this.#isSlow(connection, nowMs)) connection.end('slow_client');
      else if (this.#isSilent(connection, nowMs)) connection.end('keepalive_timeout');
    }
  }

  #isSlow(connection: Connection, nowMs: number): boolean {
    const { stream } = connection;
    if (!stream.writableNeedDrain) {
      connection.unreadSinceMs = undefined;
      return false;
    }
    connection.unreadSinceMs ??= nowMs;
    const { slowClientMs, writeBufferBytes } = this.#options.limits;
    return nowMs - connection.unreadSinceMs >= slowClientMs || stream.writableLength > writeBufferBytes;
  }

  /** While we owe the client answers we do not read from it: then the silence is ours. */
  #isSilent(connection: Connection, nowMs: number): boolean {
    const { acks, connect, stream } = connection;
    if (!acks.isEmpty || stream.writableNeedDrain || this.#options.gate.isWaiting(connection)) {
      connection.lastHeardMs = nowMs;
    }
    return nowMs - connection.lastHeardMs >= connect.keepAliveS * KEEP_ALIVE_FACTOR_MS;
  }
}
