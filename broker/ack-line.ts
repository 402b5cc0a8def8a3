import type { Clock } from '../domain/ports/clock.ts';
import { durationMs } from '../domain/time/instant.ts';

/** Tells the MQTT library to acknowledge, or with an error not to. */
export type Acknowledge = (error?: Error | null) => void;

/** The place of one message in its connection's line. */
export interface AckPlace {
  readonly acknowledge: Acknowledge;
  /** Not before this moment, monotonic milliseconds. */
  readonly dueMs: number;
  outcome: Error | null | undefined;
  next: AckPlace | undefined;
}

/**
 * The unanswered messages of one connection. Acknowledgements leave in the order in which the messages came
 * [MQTT-4.6.0-2], although snapshots take longer than readings and some are due later than they are durable.
 */
export class AckLine {
  readonly #clock: Clock;
  readonly #onThrow: (error: unknown) => void;
  #first: AckPlace | undefined;
  #last: AckPlace | undefined;
  #cancelTimer: (() => void) | undefined;
  #isHurried = false;
  #onEmpty: (() => void) | undefined;

  /** `onThrow` learns what an acknowledgement has thrown; the line goes on. */
  constructor(clock: Clock, onThrow: (error: unknown) => void) {
    this.#clock = clock;
    this.#onThrow = onThrow;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  join(acknowledge: Acknowledge, dueMs: number): AckPlace {
    const place: AckPlace = { acknowledge, dueMs, outcome: undefined, next: undefined };
    if (this.#last === undefined) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    return place;
  }

  /** The message is durable, or will not be. */
  settle(place: AckPlace, error: Error | null): void {
    place.outcome = error;
    if (place === this.#first) this.#advance();
  }

  /** From now on nothing waits for its time; when the connection ends or the broker stops. */
  hurry(): void {
    this.#isHurried = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#advance();
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    if (this.isEmpty) return;
    await new Promise<void>(resolve => (this.#onEmpty = resolve));
  }

  #advance(): void {
    if (this.#cancelTimer !== undefined) return;
    for (let place = this.#first; place?.outcome !== undefined; place = this.#first) {
      const waitMs = this.#isHurried ? 0 : place.dueMs - this.#clock.monotonicMs();
      if (waitMs > 0) {
        this.#cancelTimer = this.#clock.after(durationMs(Math.ceil(waitMs)), () => {
          this.#cancelTimer = undefined;
          this.#advance();
        });
        return;
      }
      this.#first = place.next;
      if (this.#first === undefined) this.#last = undefined;
      try {
        place.acknowledge(place.outcome);
      } catch (error) {
        this.#onThrow(error);
      }
    }
    if (this.isEmpty) this.#onEmpty?.();
  }
}
