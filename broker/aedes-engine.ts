import type { EventEmitter } from 'node:events';

import { Aedes } from 'aedes';
import type { Client, PublishPacket } from 'aedes';

import { messageOf } from '../domain/errors.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Acknowledge } from './ack-line.ts';
import { FanOut } from './fan-out.ts';
import type { RoutedPacket, SessionStore } from './session-store.ts';

/** The questions Aedes asks. One that throws ends its connection and nothing else. */
export interface EngineHooks {
  /** A will that fires comes this way, too; `client` is closed then. */
  publish(client: Client, packet: PublishPacket, acknowledge: Acknowledge): void;
  maySubscribe(client: Client, filter: string): boolean;
  /** Called before each message to a client; false keeps it from going there. */
  mayForward(client: Client, topic: string): boolean;
  /** A message of this client was taken over; it may have to be retained. */
  taken(packet: PublishPacket): void;
  unsubscribed(client: Client, filters: readonly string[]): void;
  /** The CONNACK with return code 0 was written. */
  connected(client: Client): void;
  /** The library or the network gave up on the client. */
  failed(client: Client, error: Error): void;
  /** One of the hooks has thrown. */
  hookFailed(client: Client | null): void;
}

type Done = (error?: Error) => void;
/** Runs a hook; where it throws, that is counted and `otherwise` answers in its place. */
type Safely = <T>(client: Client | null, run: () => T, otherwise?: (error: Error) => T) => T | undefined;

/** Our own sweep closes silent and slow clients by the injected clock; Aedes' timers must never be first. */
const NEVER_MS = 24 * 3_600_000;
/** More levels than any topic has; Aedes closes the connection beyond, where below we answer each filter. */
const MAX_TOPIC_LEVELS = 100;
const MAX_CLIENT_ID = 64;

/**
 * Aedes as the protocol engine: packets, acknowledgements, subscriptions, takeover of QoS 2. What a client publishes
 * goes to the journal and nowhere else, so the library's own way of publishing, three promises and a search by
 * message, is replaced: messages of clients end here, messages of the server go out in the order of the calls.
 */
export class AedesEngine extends Aedes {
  readonly #sessions: SessionStore;
  readonly #fanOut: FanOut;
  readonly #hooks: EngineHooks;
  readonly #safely: Safely;
  #counter = 0;

  constructor(options: { readonly sessions: SessionStore; readonly hooks: EngineHooks; readonly log: Log }) {
    const { sessions, hooks, log } = options;
    const fanOut = new FanOut();
    const safely: Safely = (client, run, otherwise) => {
      try {
        return run();
      } catch (error) {
        log.error('The connection handling failed; the connection is closed.', { error: messageOf(error) });
        hooks.hookFailed(client);
        return otherwise?.(error instanceof Error ? error : new Error(String(error)));
      }
    };
    super({
      persistence: sessions,
      mq: fanOut,
      drainTimeout: NEVER_MS,
      connectTimeout: NEVER_MS,
      heartbeatInterval: NEVER_MS,
      maxTopicLevels: MAX_TOPIC_LEVELS,
      maxClientsIdLength: MAX_CLIENT_ID,
      preConnect: (_client, packet, done) => {
        // The keep-alive was checked; without it Aedes sets no timer of its own.
        packet.keepalive = 0;
        done(null, true);
      },
      // Nobody gets as far as this library who was not identified before.
      authenticate: (_client, _username, _password, done) => done(null, true),
      authorizePublish: (client, packet, done) =>
        safely(
          client,
          () => (client === null ? done(new Error('Not a client.')) : hooks.publish(client, packet, done)),
          error => done(error),
        ),
      authorizeSubscribe: (client, subscription, done) =>
        safely(
          client,
          () => done(null, hooks.maySubscribe(client, subscription.topic) ? subscription : null),
          error => done(error),
        ),
      authorizeForward: (client, packet) =>
        safely(client, () => (hooks.mayForward(client, packet.topic) ? packet : null)),
    });
    this.#sessions = sessions;
    this.#fanOut = fanOut;
    this.#hooks = hooks;
    this.#safely = safely;
    this.on('connackSent', (packet, client) => {
      if (packet.returnCode === 0) safely(client, () => hooks.connected(client));
    });
    this.on('unsubscribe', (filters, client) => safely(client, () => hooks.unsubscribed(client, filters)));
    const onFailed = (client: Client, error: Error): void => {
      safely(client, () => hooks.failed(client, error));
    };
    this.on('clientError', onFailed);
    this.on('connectionError', onFailed);
    // Its types leave this event out; without a listener it would end the process.
    (this as EventEmitter).on('error', error =>
      log.error('The MQTT engine failed.', { error: messageOf(error) }),
    );
  }

  /** Aedes calls this for what a client has published (with the client) and for its own `$SYS` news (without). */
  override publish(packet: PublishPacket, clientOrDone?: Client | Done | null, done?: Done): void {
    if (typeof clientOrDone === 'function') {
      clientOrDone();
      return;
    }
    if (clientOrDone !== undefined && clientOrDone !== null) {
      this.#safely(clientOrDone, () => this.#hooks.taken(packet));
    }
    done?.();
  }

  /** Sends a message of the server, QoS 1: to who is connected at once, to absent sessions through their queue. */
  send(message: { readonly topic: string; readonly payload: Uint8Array; readonly retain: boolean }): void {
    this.#counter += 1;
    const packet: RoutedPacket = {
      cmd: 'publish',
      brokerId: this.id,
      brokerCounter: this.#counter,
      topic: message.topic,
      payload: Buffer.from(message.payload),
      qos: 1,
      retain: message.retain,
      dup: false,
    };
    if (message.retain) this.#sessions.retained.keep(packet);
    this.#sessions.enqueue(packet);
    this.#fanOut.deliver(packet);
  }
}
