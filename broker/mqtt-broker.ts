import type { Duplex } from 'node:stream';

import type { Client } from 'aedes';

import { AppError, messageOf } from '../domain/errors.ts';
import type { ThingId } from '../domain/model/identifier.ts';
import type { Registry } from '../domain/model/registry.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { STRANGER } from '../domain/ports/identity.ts';
import type { CredentialView, RefusalCounter, RegistryView } from '../domain/ports/identity.ts';
import type { JournalAppender } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import type { SnapshotFiles } from '../domain/ports/snapshot-files.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { AedesEngine } from './aedes-engine.ts';
import { ClientHooks } from './client-hooks.ts';
import { ConnectionBook } from './connection-book.ts';
import { ConnectionSweep } from './connection-sweep.ts';
import type { Connection } from './connection.ts';
import { GuardedReading } from './guarded-reading.ts';
import { IntakeGate } from './intake-gate.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { BrokerLimits } from './limits.ts';
import { Listener } from './listener.ts';
import type { TlsOptions } from './listener.ts';
import { MessageIntake } from './message-intake.ts';
import { Reception } from './reception.ts';
import { SessionStore } from './session-store.ts';
import { maySubscribe } from './topic-policy.ts';

export interface MqttBrokerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: RegistryView;
  readonly credentials: CredentialView;
  readonly refusals: RefusalCounter;
  readonly journal: JournalAppender;
  readonly snapshots: SnapshotFiles;
  readonly host: string;
  /** 0 = a free port. */
  readonly port: number;
  /** A second listener, with client certificates. */
  readonly tls?: TlsOptions;
  readonly limits?: Partial<BrokerLimits>;
}

export interface BrokerStats {
  /** Clients that are connected: identified, with their CONNACK. */
  readonly connections: number;
  /** Clients that ever were. */
  readonly connectionsTotal: number;
  /** Messages of clients that passed the topic policy, by quality of service. */
  readonly publishes: { readonly qos0: number; readonly qos1: number; readonly qos2: number };
  readonly retainStripped: number;
}

/** The MQTT broker: identity, topic policy, bounds, and acknowledgements that mean "in the journal". */
export interface MqttBroker {
  /** Rejects with `config_invalid` when a port cannot be had; nothing is left open then. */
  start(): Promise<void>;
  /** Answers what waits for the journal, then closes every connection. Wills do not fire. Idempotent. */
  stop(): Promise<void>;
  /** Where it listens; `undefined` while it does not. */
  address(): { host: string; port: number } | undefined;
  tlsAddress(): { host: string; port: number } | undefined;
  /** By thing id, live: the truth about who is online. */
  connections(): ReadonlyMap<string, { readonly since: EpochMs }>;
  stats(): BrokerStats;
  /**
   * Sends a message of the server with QoS 1: to subscribers that are connected at once, to absent ones with a session
   * when they return. Resolves when it is on its way; rejects with `shutting_down` while the broker does not run.
   */
  publish(message: {
    readonly topic: string;
    readonly payload: Uint8Array;
    readonly retain: boolean;
  }): Promise<void>;
}

/** Creating opens nothing. */
export function createMqttBroker(options: MqttBrokerOptions): MqttBroker {
  return new Broker(options);
}

class Broker implements MqttBroker {
  readonly #options: MqttBrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #gate: IntakeGate;
  readonly #book: ConnectionBook;
  readonly #intake: MessageIntake;
  readonly #sweep: ConnectionSweep;
  readonly #byClient = new WeakMap<Client, Connection>();
  #sessions: SessionStore | undefined;
  #reception: Reception | undefined;
  #engine: AedesEngine | undefined;
  #listener: Listener | undefined;
  #tlsListener: Listener | undefined;
  /** The registry of which the sessions are. */
  #followed: Registry | undefined;
  #unsubscribes: (() => void)[] = [];
  #stopped: Promise<void> = Promise.resolve();
  #connectionsTotal = 0;

  constructor(options: MqttBrokerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#gate = new IntakeGate(this.#limits.inFlightBytes);
    this.#book = new ConnectionBook(connection => this.#gone(connection));
    this.#intake = new MessageIntake({
      ...options,
      limits: this.#limits,
      gate: this.#gate,
      isIncoming: (principal, messageId) => this.#sessions?.isIncoming(principal, messageId) ?? false,
    });
    this.#sweep = new ConnectionSweep({
      clock: options.clock,
      gate: this.#gate,
      limits: this.#limits,
      connections: () => this.#book.all(),
    });
  }

  async start(): Promise<void> {
    const { registry, credentials, log } = this.#options;
    const sessions = new SessionStore({
      offlineMessages: this.#limits.offlineMessages,
      isGranted: (id, filter) => maySubscribe(registry.current().things.get(id), filter),
      onDropped: id => this.#options.refusals.count(id, 'offline_queue_full'),
    });
    const hooks = new ClientHooks({
      ...this.#options,
      limits: this.#limits,
      intake: this.#intake,
      sessions,
      connectionOf: client => this.#byClient.get(client),
      onConnected: connection => this.#connected(connection),
      isStopping: () => this.#engine === undefined,
    });
    const engine = new AedesEngine({ sessions, log, hooks });
    this.#sessions = sessions;
    this.#engine = engine;
    this.#reception = new Reception({
      ...this.#options,
      limits: this.#limits,
      mayWill: (principal, topic) => this.#intake.decideWill(principal, topic).ok,
      onIdentified: (connection, frame) => void this.#admit(connection, frame),
    });
    try {
      await engine.listen();
      this.#followed = registry.current();
      this.#unsubscribes = [
        registry.onChanged(changed => this.#follow(changed)),
        credentials.onRevoked(id => this.#revoked(id)),
      ];
      this.#sweep.start();
      await this.#open();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return this.#stopped;
    this.#engine = undefined;
    this.#stopped = this.#close(engine);
    return this.#stopped;
  }

  address(): { host: string; port: number } | undefined {
    return this.#listener?.address();
  }

  tlsAddress(): { host: string; port: number } | undefined {
    return this.#tlsListener?.address();
  }

  connections(): ReadonlyMap<string, { readonly since: EpochMs }> {
    return this.#book.online;
  }

  stats(): BrokerStats {
    const { qos0, qos1, qos2, retainStripped } = this.#intake.counts;
    return {
      connections: this.#book.online.size,
      connectionsTotal: this.#connectionsTotal,
      publishes: { qos0, qos1, qos2 },
      retainStripped,
    };
  }

  async publish(message: {
    readonly topic: string;
    readonly payload: Uint8Array;
    readonly retain: boolean;
  }): Promise<void> {
    if (this.#engine === undefined) {
      throw new AppError('shutting_down', 'The MQTT broker is not running.', { retryable: true });
    }
    this.#engine.send(message);
  }

  async #open(): Promise<void> {
    const { host, port, tls, log, refusals } = this.#options;
    const shared = {
      host,
      log,
      handshakeTimeoutMs: this.#limits.connectTimeoutMs,
      onOpened: (socket: Duplex & { readonly remoteAddress?: string | undefined }) =>
        this.#reception?.open(socket, socket.remoteAddress ?? '') ?? false,
      onReady: (ready: {
        readonly stream: Duplex;
        readonly opened: Duplex;
        readonly certificateName: string | null | undefined;
      }) => this.#reception?.receive(ready.stream, ready.opened, ready.certificateName),
      onRefused: (reason: Parameters<RefusalCounter['count']>[1]) => refusals.count(STRANGER, reason),
    };
    this.#listener = new Listener({ ...shared, port });
    await this.#listener.open();
    if (tls === undefined) return;
    const { port: tlsPort, ...certificates } = tls;
    this.#tlsListener = new Listener({ ...shared, port: tlsPort, tls: certificates });
    await this.#tlsListener.open();
  }

  /** From identity to CONNACK: the engine gets the connection when the former one with its id is gone. */
  async #admit(connection: Connection, connectFrame: Buffer): Promise<void> {
    try {
      await this.#book.enter(connection);
      if (connection.stream.destroyed || this.#engine === undefined) {
        connection.end();
        return;
      }
      const { frameBytes, gatewayFrameBytes } = this.#limits;
      connection.reading = new GuardedReading(connection.stream, {
        connectFrame,
        maxFrameBytes: connection.kind === 'gateway' ? gatewayFrameBytes : frameBytes,
        mayRead: () => this.#gate.pass(connection),
        onBytes: () => (connection.lastHeardMs = this.#options.clock.monotonicMs()),
        onViolation: reason => connection.end(reason),
      });
      this.#byClient.set(this.#engine.handle(connection.stream), connection);
      connection.kick();
    } catch (error) {
      this.#options.log.error('A connection could not be taken over.', { error: messageOf(error) });
      connection.end('hook_failed');
    }
  }

  #connected(connection: Connection): void {
    this.#connectionsTotal += 1;
    this.#book.connected(connection, this.#options.clock.now());
    connection.reading?.open();
  }

  #gone(connection: Connection): void {
    this.#gate.leave(connection);
    connection.acks.hurry();
    this.#intake.disconnected(connection.principal);
  }

  #follow(registry: Registry): void {
    this.#book.follow(registry);
    for (const { id } of this.#followed?.things.values() ?? []) {
      if (!registry.things.has(id)) this.#sessions?.forget(id);
    }
    this.#followed = registry;
  }

  #revoked(id: ThingId): void {
    this.#book.get(id)?.end();
    if (this.#options.credentials.credential(id)?.revokedAt !== undefined) this.#sessions?.forget(id);
  }

  async #close(engine: AedesEngine): Promise<void> {
    this.#listener?.close();
    this.#tlsListener?.close();
    this.#sweep.stop();
    for (const unsubscribe of this.#unsubscribes.splice(0)) unsubscribe();
    this.#reception?.closeHalfOpen();
    await Promise.all([...this.#book.all()].map(connection => this.#finish(connection)));
    await new Promise<void>(resolve => engine.close(resolve));
    this.#listener = undefined;
    this.#tlsListener = undefined;
  }

  /** Reads no more, answers what is durable, closes. */
  async #finish(connection: Connection): Promise<void> {
    connection.reading?.stop();
    connection.acks.hurry();
    const { clock } = this.#options;
    await new Promise<void>(resolve => {
      const cancel = clock.after(durationMs(this.#limits.stopMs), resolve);
      void connection.acks.drained().then(() => {
        cancel();
        resolve();
      });
    });
    // The socket has the last acknowledgement one turn after the line.
    await new Promise(resolve => setImmediate(resolve));
    // The client closes when it has read the end; one that does not gets no more time than this.
    const cancel = clock.after(durationMs(this.#limits.lingerMs), () => connection.end());
    connection.stream.end();
    await connection.gone;
    cancel();
  }
}
