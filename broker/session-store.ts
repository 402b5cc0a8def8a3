import { Readable } from 'node:stream';

import type { AedesPublishPacket, Client, Subscription } from 'aedes';

import type { ThingId } from '../domain/model/identifier.ts';
import { upTopic } from '../domain/model/topic.ts';
import { RetainedMessages } from './retained-messages.ts';
import { TopicIndex } from './topic-index.ts';

/** A message as Aedes hands it out. `brokerCounter` grows with each message of the server. */
export type RoutedPacket = AedesPublishPacket & { readonly payload: Buffer };

export interface SessionStoreOptions {
  /** Messages kept for one client. */
  readonly offlineMessages: number;
  /** Whether a client may hold this subscription. */
  readonly isGranted: (id: string, filter: string) => boolean;
  /** A message left a full queue unsent. */
  readonly onDropped: (id: string) => void;
}

/** A message that waits for a client's PUBACK, connected or not. */
interface Queued {
  readonly packet: RoutedPacket;
  messageId: number | undefined;
}

/** What outlives the connection of a client that asked for it with `clean` = false. */
interface Session {
  readonly id: string;
  readonly subscriptions: Map<string, Subscription>;
  queue: Queued[];
}

interface PacketId {
  readonly messageId?: number;
}

/** Aedes takes as many QoS 2 messages at once; more ids than that are those of messages that were never completed. */
const MAX_INCOMING = 1_000;

/**
 * Sessions and retained messages, in memory, as Aedes wants its persistence. Unlike Aedes' own it is bounded: only
 * registered things have sessions, queues drop their oldest message, and what is stored was granted. Wills are not
 * kept: there is one broker, and they die with it.
 */
export class SessionStore {
  readonly retained = new RetainedMessages<RoutedPacket>();
  readonly #options: SessionStoreOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #byFilter = new TopicIndex<Session>();
  /** Ids of QoS 2 messages that are durable and wait for their PUBREL, by client. */
  readonly #incoming = new Map<string, Set<number>>();

  constructor(options: SessionStoreOptions) {
    this.#options = options;
  }

  async setup(): Promise<void> {
    // Everything is ready at once. Aedes insists on an async function.
  }

  /** Forgets all about a thing that is gone. */
  forget(id: ThingId): void {
    this.#dropSession(id);
    this.#incoming.delete(id);
    this.retained.forget(upTopic(id, 'status'));
  }

  /** True when this QoS 2 message was made durable before and its exchange is not complete. */
  isIncoming(id: string, messageId: number): boolean {
    return this.#incoming.get(id)?.has(messageId) ?? false;
  }

  /** Queues a message for every session that subscribed to its topic with QoS 1 or 2. */
  enqueue(packet: RoutedPacket): void {
    for (const session of this.#byFilter.match(packet.topic)) {
      session.queue.push({ packet, messageId: undefined });
      if (session.queue.length <= this.#options.offlineMessages) continue;
      session.queue.shift();
      this.#options.onDropped(session.id);
    }
  }

  /** Aedes passes all filters of a SUBSCRIBE although some of them were refused. */
  async addSubscriptions(client: Client, subscriptions: readonly Subscription[]): Promise<void> {
    const granted = subscriptions.filter(({ topic }) => this.#options.isGranted(client.id, topic));
    if (granted.length === 0) return;
    let session = this.#sessions.get(client.id);
    if (session === undefined) {
      session = { id: client.id, subscriptions: new Map(), queue: [] };
      this.#sessions.set(client.id, session);
    }
    for (const { topic, qos } of granted) {
      session.subscriptions.set(topic, { topic, qos });
      if (qos > 0) this.#byFilter.add(topic, session);
      else this.#byFilter.remove(topic, session);
    }
  }

  async removeSubscriptions(client: Client, filters: readonly string[]): Promise<void> {
    const session = this.#sessions.get(client.id);
    if (session === undefined) return;
    for (const filter of filters) {
      session.subscriptions.delete(filter);
      this.#byFilter.remove(filter, session);
    }
    if (session.subscriptions.size === 0) this.#sessions.delete(client.id);
  }

  async subscriptionsByClient(client: Pick<Client, 'id'>): Promise<Subscription[]> {
    return [...(this.#sessions.get(client.id)?.subscriptions.values() ?? [])].map(each => ({ ...each }));
  }

  async cleanSubscriptions(client: Client): Promise<void> {
    this.#dropSession(client.id);
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.retained.matching(filters));
  }

  outgoingStream(client: Client): Readable {
    const queue = this.#sessions.get(client.id)?.queue ?? [];
    return Readable.from(queue.map(({ packet, messageId }) => ({ ...packet, messageId })));
  }

  /** Notes the packet id under which a queued message goes out; it may have left a full queue meanwhile. */
  async outgoingUpdate(client: Client, sent: PacketId & { readonly brokerCounter?: number }): Promise<void> {
    // A client that answers PUBREC: nothing of ours goes out with QoS 2.
    if (sent.brokerCounter === undefined) throw new Error('Nothing was sent under this packet id.');
    const queue = this.#sessions.get(client.id)?.queue ?? [];
    const queued = queue.find(({ packet }) => packet.brokerCounter === sent.brokerCounter);
    if (queued !== undefined) queued.messageId = sent.messageId;
  }

  /** The client has acknowledged. Without a packet id nothing was sent, so nothing is cleared. */
  async outgoingClearMessageId(client: Client, acknowledged: PacketId): Promise<RoutedPacket | undefined> {
    const session = this.#sessions.get(client.id);
    const { messageId } = acknowledged;
    if (session === undefined || messageId === undefined) return undefined;
    const index = session.queue.findIndex(queued => queued.messageId === messageId);
    return index === -1 ? undefined : session.queue.splice(index, 1)[0]?.packet;
  }

  async incomingStorePacket(client: Client, { messageId }: PacketId): Promise<void> {
    // The session of a clean client ended with its connection: an id kept now would swallow a message of its next.
    if (messageId === undefined || (client.clean && client.closed)) return;
    let ids = this.#incoming.get(client.id);
    if (ids === undefined) this.#incoming.set(client.id, (ids = new Set()));
    ids.add(messageId);
    for (const oldest of ids) {
      if (ids.size <= MAX_INCOMING) break;
      ids.delete(oldest);
    }
  }

  async incomingGetPacket(client: Client, packet: PacketId): Promise<PacketId> {
    if (packet.messageId !== undefined && this.isIncoming(client.id, packet.messageId)) return packet;
    throw UNKNOWN_PACKET;
  }

  async incomingDelPacket(client: Client, { messageId }: PacketId): Promise<void> {
    const ids = this.#incoming.get(client.id);
    if (ids === undefined || messageId === undefined) return;
    ids.delete(messageId);
    if (ids.size === 0) this.#incoming.delete(client.id);
  }

  async cleanIncoming(client: Client): Promise<void> {
    this.#incoming.delete(client.id);
  }

  async putWill(): Promise<void> {
    // Aedes keeps the will in the client, too.
  }

  async delWill(): Promise<void> {
    // None is kept.
  }

  streamWill(): Readable {
    return Readable.from([]);
  }

  #dropSession(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    for (const filter of session.subscriptions.keys()) this.#byFilter.remove(filter, session);
    this.#sessions.delete(id);
  }
}

/** One for all: it is thrown for every QoS 2 message, and its stack says nothing. */
const UNKNOWN_PACKET = new Error('No such packet.');
