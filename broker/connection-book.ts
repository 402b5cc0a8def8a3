import type { Registry } from '../domain/model/registry.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Connection } from './connection.ts';

/**
 * Who is connected. There is one connection with each id, the newest [MQTT-3.1.4-2]; it goes on only when those
 * before it are gone, so that their last wills come before its first message.
 */
export class ConnectionBook {
  readonly #holders = new Map<string, Connection>();
  readonly #online = new Map<string, { readonly since: EpochMs }>();
  readonly #onGone: (connection: Connection) => void;

  /** `onGone` runs when the socket of a connection has closed, whatever the cause. */
  constructor(onGone: (connection: Connection) => void) {
    this.#onGone = onGone;
  }

  get online(): ReadonlyMap<string, { readonly since: EpochMs }> {
    return this.#online;
  }

  all(): Iterable<Connection> {
    return this.#holders.values();
  }

  get(id: string): Connection | undefined {
    return this.#holders.get(id);
  }

  /** Enters an identified connection and closes the one it replaces. Resolves when that one is gone. */
  async enter(connection: Connection): Promise<void> {
    const { principal } = connection;
    const former = this.#holders.get(principal);
    this.#holders.set(principal, connection);
    connection.onEnd = () => this.#offline(connection);
    connection.stream.once('close', () => this.#leave(connection));
    if (former === undefined) return;
    former.end();
    this.#online.delete(principal);
    connection.predecessorsGone = Promise.all([former.gone, former.predecessorsGone]);
    await connection.predecessorsGone;
  }

  /** The client has its CONNACK. */
  connected(connection: Connection, since: EpochMs): void {
    if (this.#isHolder(connection)) this.#online.set(connection.principal, { since });
  }

  /** Closes the connections of things that are gone, or of another kind than they were. */
  follow(registry: Registry): void {
    for (const connection of this.#holders.values()) {
      if (registry.things.get(connection.principal)?.kind !== connection.kind) connection.end();
    }
  }

  #isHolder(connection: Connection): boolean {
    return this.#holders.get(connection.principal) === connection;
  }

  #offline(connection: Connection): void {
    if (this.#isHolder(connection)) this.#online.delete(connection.principal);
  }

  #leave(connection: Connection): void {
    this.#offline(connection);
    if (this.#isHolder(connection)) this.#holders.delete(connection.principal);
    this.#onGone(connection);
  }
}
