import { filterMatches, topicGroup } from './topic-index.ts';

interface Retained {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** The last retained message of each topic, in memory. */
export class RetainedMessages<T extends Retained> {
  readonly #groups = new Map<string, Map<string, T>>();

  /** An empty payload removes what is there [MQTT-3.3.1-10]. */
  keep(packet: T): void {
    if (packet.payload.byteLength === 0) {
      this.forget(packet.topic);
      return;
    }
    const key = topicGroup(packet.topic);
    const topics = this.#groups.get(key);
    if (topics === undefined) this.#groups.set(key, new Map([[packet.topic, packet]]));
    else topics.set(packet.topic, packet);
  }

  forget(topic: string): void {
    const key = topicGroup(topic);
    const topics = this.#groups.get(key);
    topics?.delete(topic);
    if (topics?.size === 0) this.#groups.delete(key);
  }

  /** Each message once, although several filters match. */
  matching(filters: readonly string[]): readonly T[] {
    const found = new Set<T>();
    for (const filter of filters) {
      for (const [topic, packet] of this.#groups.get(topicGroup(filter)) ?? []) {
        if (filterMatches(filter, topic)) found.add(packet);
      }
    }
    return [...found];
  }
}
