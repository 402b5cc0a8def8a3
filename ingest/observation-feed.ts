import { messageOf } from '../domain/errors.ts';
import type { SideMessage } from '../codecs/json-v1/side-message.ts';
import type { Observation } from '../domain/model/observation.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { JournalledEntry } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import { LatestTable } from './latest-table.ts';
import type { ObservationListener, SideMessageListener } from './message-intake.ts';
import { PublishLatency } from './publish-latency.ts';

/** Lines in the log for one listener; a listener that always throws would fill the disk. */
const REPORTED_FAILURES = 10;

/**
 * Passes accepted readings on as they are decoded: to the last-value table and to listeners. A listener that throws
 * is logged and concerns nobody else: the reading is stored and counted all the same.
 */
export class ObservationFeed {
  readonly latest = new LatestTable();
  readonly latency = new PublishLatency();
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onSideMessage: SideMessageListener | undefined;
  readonly #onWatchDecisions: ((decisions: readonly WatchDecision[]) => void) | undefined;
  readonly #listeners = new Set<ObservationListener>();
  #accepted = 0;
  #failures = 0;

  constructor(options: {
    clock: Clock;
    log: Log;
    onSideMessage: SideMessageListener | undefined;
    onWatchDecisions: ((decisions: readonly WatchDecision[]) => void) | undefined;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onSideMessage = options.onSideMessage;
    this.#onWatchDecisions = options.onWatchDecisions;
  }

  /** Readings accepted since the start of the process. */
  get accepted(): number {
    return this.#accepted;
  }

  /** The result unsubscribes. */
  subscribe(listener: ObservationListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(observation: Observation, live: boolean): void {
    this.#accepted += 1;
    this.latest.offer(observation);
    if (live) this.latency.record(this.#clock.now() - observation.received);
    this.#tell(observation, live);
  }

  /**
   * Passes on an observation of before that has another flag now: to the last-value table, and to listeners once more.
   * It is not live: nothing was measured.
   */
  publishRequalified(observation: Observation): void {
    this.latest.requalify(observation);
    this.#tell(observation, false);
  }

  publishSideMessage(station: string, message: SideMessage, entry: JournalledEntry): void {
    try {
      this.#onSideMessage?.(station, message, entry);
    } catch (error) {
      this.#failed(error);
    }
  }

  publishWatchDecisions(decisions: readonly WatchDecision[]): void {
    try {
      this.#onWatchDecisions?.(decisions);
    } catch (error) {
      this.#failed(error);
    }
  }

  #tell(observation: Observation, live: boolean): void {
    for (const listener of this.#listeners) {
      try {
        listener(observation, live);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    if (this.#failures > REPORTED_FAILURES) return;
    this.#log.error('A listener failed on a reading or message; it is stored all the same.', {
      error: messageOf(error),
      failures: this.#failures,
    });
  }
}
