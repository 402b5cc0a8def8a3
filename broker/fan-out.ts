import type { RoutedPacket } from './session-store.ts';
import { TopicIndex } from './topic-index.ts';

/** Writes a packet to one client; `done` has no error. */
type Deliver = (packet: RoutedPacket, done: () => void) => void;

/**
 * Hands messages of the server to the clients that are connected. It takes the place of Aedes' own emitter, which
 * lets one client that does not read hold up all others: here nobody waits, and who reads too slowly is closed.
 * The names are those that Aedes calls.
 */
export class FanOut {
  readonly #index = new TopicIndex<Deliver>();

  on(filter: string, deliver: Deliver, done?: () => void): void {
    this.#index.add(filter, deliver);
    done?.();
  }

  removeListener(filter: string, deliver: Deliver, done?: () => void): void {
    this.#index.remove(filter, deliver);
    done?.();
  }

  deliver(packet: RoutedPacket): void {
    for (const deliver of this.#index.match(packet.topic)) deliver(packet, () => undefined);
  }

  close(done: () => void): void {
    done();
  }
}
