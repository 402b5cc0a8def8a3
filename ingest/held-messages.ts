import { parseUpTopic } from '../domain/model/topic.ts';
import type { JournalStream, JournalledEntry } from '../domain/ports/journal.ts';
import type { HeldMessage } from '../domain/ports/telemetry-store.ts';
import type { PositionRange } from './clock-decision.ts';

/** The lane a message arrived in: the broker picks it by topic (DESIGN section 4). */
export function laneOf(topic: string): JournalStream {
  return parseUpTopic(topic)?.channel === 'backlog' ? 'backlog' : 'live';
}

/** Messages that wait for a decision about our clock; durable in the store, in memory here for their release. */
export class HeldMessages {
  readonly #byPosition = new Map<number, HeldMessage>();

  get size(): number {
    return this.#byPosition.size;
  }

  add(message: HeldMessage): void {
    this.#byPosition.set(message.position, message);
  }

  /** Those that meet the condition, oldest first. */
  select(isWanted: (message: HeldMessage) => boolean): HeldMessage[] {
    return [...this.#byPosition.values()].filter(isWanted).toSorted((a, b) => a.position - b.position);
  }

  delete(messages: readonly HeldMessage[]): void {
    for (const { position } of messages) this.#byPosition.delete(position);
  }
}

/** From the first to the last position of the messages of a lane; `undefined` where there are none. */
export function rangeOf(messages: readonly HeldMessage[], lane: JournalStream): PositionRange | undefined {
  const positions = messages.filter(({ topic }) => laneOf(topic) === lane).map(({ position }) => position);
  const [first] = positions;
  if (first === undefined) return undefined;
  return {
    from: positions.reduce((lowest, position) => Math.min(lowest, position), first),
    through: positions.reduce((highest, position) => Math.max(highest, position), first),
  };
}

export function heldFrom(entry: JournalledEntry): HeldMessage {
  const { position, received, principal, topic, payload } = entry;
  // A payload is a view of everything that was read with it, which would be kept for as long as the message.
  return { position, received, principal, topic, payload: payload.slice() };
}

/** The journalled entry behind a held message. Its QoS is no longer of interest. */
export function entryFrom(message: HeldMessage): JournalledEntry {
  const { position, received, principal, topic, payload } = message;
  return { position, received, principal, topic, payload, qos: 1 };
}
