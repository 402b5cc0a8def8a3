import type { JournalledEntry } from '../domain/ports/journal.ts';
import type { HeldMessage } from '../domain/ports/telemetry-store.ts';

/** Messages that wait for a decision about our clock; durable in the store, in memory here for their release. */
export class HeldMessages {
  readonly #byPosition = new Map<number, HeldMessage>();

  get size(): number {
    return this.#byPosition.size;
  }

  add(message: HeldMessage): void {
    this.#byPosition.set(message.position, message);
  }

  /** Takes out those up to a position, oldest first. */
  takeThrough(position: number): HeldMessage[] {
    const taken = [...this.#byPosition.values()]
      .filter(message => message.position <= position)
      .toSorted((a, b) => a.position - b.position);
    for (const message of taken) this.#byPosition.delete(message.position);
    return taken;
  }

  highestPosition(): number {
    let highest = 0;
    for (const position of this.#byPosition.keys()) highest = Math.max(highest, position);
    return highest;
  }

  all(): Iterable<HeldMessage> {
    return this.#byPosition.values();
  }
}

export function heldFrom(entry: JournalledEntry): HeldMessage {
  const { position, received, principal, topic, payload } = entry;
  return { position, received, principal, topic, payload };
}

/** The journalled entry behind a held message. Its QoS is no longer of interest. */
export function entryFrom(message: HeldMessage): JournalledEntry {
  const { position, received, principal, topic, payload } = message;
  return { position, received, principal, topic, payload, qos: 1 };
}
