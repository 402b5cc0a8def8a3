import type { Client, PublishPacket } from 'aedes';

import { STRANGER } from '../domain/ports/identity.ts';
import type { CredentialView, RefusalCounter, RegistryView } from '../domain/ports/identity.ts';
import type { Acknowledge } from './ack-line.ts';
import type { EngineHooks } from './aedes-engine.ts';
import type { Connection } from './connection.ts';
import type { BrokerLimits } from './limits.ts';
import type { MessageIntake } from './message-intake.ts';
import type { SessionStore } from './session-store.ts';
import { mayReceive, maySubscribe } from './topic-policy.ts';

export interface ClientHooksOptions {
  readonly registry: RegistryView;
  readonly credentials: CredentialView;
  readonly refusals: RefusalCounter;
  readonly limits: BrokerLimits;
  readonly intake: MessageIntake;
  readonly sessions: SessionStore;
  readonly connectionOf: (client: Client) => Connection | undefined;
  readonly onConnected: (connection: Connection) => void;
  readonly isStopping: () => boolean;
}

const NOT_TAKEN = new Error('The message was not taken.');

/** Our answers to the questions of the MQTT engine, for identified clients. */
export class ClientHooks implements EngineHooks {
  readonly #options: ClientHooksOptions;

  constructor(options: ClientHooksOptions) {
    this.#options = options;
  }

  publish(client: Client, packet: PublishPacket, acknowledge: Acknowledge): void {
    const connection = this.#options.connectionOf(client);
    if (connection === undefined) acknowledge(NOT_TAKEN);
    else if (client.closed) this.#will(connection, packet, acknowledge);
    else this.#options.intake.publish(connection, packet, acknowledge);
  }

  maySubscribe(client: Client, filter: string): boolean {
    const connection = this.#options.connectionOf(client);
    if (connection === undefined) return false;
    const { filters, principal } = connection;
    const hasRoom = filters.has(filter) || filters.size < this.#options.limits.subscriptionsPerClient;
    if (hasRoom && maySubscribe(this.#options.registry.current().things.get(principal), filter)) {
      filters.add(filter);
      return true;
    }
    connection.count('subscription_forbidden');
    return false;
  }

  mayForward(client: Client, topic: string): boolean {
    const connection = this.#options.connectionOf(client);
    if (connection === undefined) return false;
    // What waits for a client in memory is bounded; a session keeps what does not go out.
    if (connection.stream.writableLength > this.#options.limits.writeBufferBytes)
      connection.end('slow_client');
    return mayReceive(this.#options.registry.current().things.get(connection.principal), topic);
  }

  taken(packet: PublishPacket): void {
    const payload = packet.payload as Buffer;
    // The intake has left the retain flag on `status` alone.
    if (!packet.retain || payload.byteLength > this.#options.limits.retainedStatusBytes) return;
    const { topic, qos } = packet;
    this.#options.sessions.retained.keep({
      cmd: 'publish',
      brokerId: '',
      brokerCounter: 0,
      topic,
      qos,
      retain: true,
      dup: false,
      // A copy, since a view would keep the whole chunk of the socket in memory.
      payload: Buffer.from(payload),
    });
  }

  unsubscribed(client: Client, filters: readonly string[]): void {
    const connection = this.#options.connectionOf(client);
    for (const filter of filters) connection?.filters.delete(filter);
  }

  connected(client: Client): void {
    const connection = this.#options.connectionOf(client);
    if (connection !== undefined && !connection.isEnded) this.#options.onConnected(connection);
  }

  /** Only what the client did wrong is counted here, not that its network failed or that we closed it. */
  failed(client: Client, error: Error): void {
    const isNetwork = 'code' in error;
    this.#options.connectionOf(client)?.end(isNetwork || client.closed ? undefined : 'protocol_error');
  }

  hookFailed(client: Client | null): void {
    const connection = client === null ? undefined : this.#options.connectionOf(client);
    if (connection === undefined) this.#options.refusals.count(STRANGER, 'hook_failed');
    else connection.end('hook_failed');
  }

  #will(connection: Connection, will: PublishPacket, done: Acknowledge): void {
    if (this.#options.isStopping()) {
      // Our own end is not the device's.
      done(NOT_TAKEN);
    } else if (this.#options.credentials.credential(connection.principal)?.revokedAt !== undefined) {
      connection.count('will_forbidden');
      done(NOT_TAKEN);
    } else {
      this.#options.intake.will(connection, will, done);
    }
  }
}
