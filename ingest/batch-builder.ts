import type { Observation } from '../domain/model/observation.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import type {
  HeldMessage,
  LedgerDelta,
  QuarantineItem,
  StoreBatch,
  StoredDatastream,
} from '../domain/ports/telemetry-store.ts';
import type { StaleSpan } from '../domain/quality/quality-network.ts';
import { ReadingBuffer } from './reading-buffer.ts';
import type { FlagOf } from './reading-buffer.ts';
import { requalifiedColumns } from './requalified-columns.ts';
import type { RequalifiedReading } from './requalified-columns.ts';

type Counted = Exclude<keyof LedgerDelta, 'station'>;
type MutableDelta = { station: string } & Record<Counted, number>;

/** What a batch has beside what was gathered for it. */
export interface BatchRest {
  readonly cursors: Partial<Cursors>;
  readonly newDatastreams: readonly StoredDatastream[];
  readonly stationStates?: StoreBatch['stationStates'];
}

/**
 * Gathers everything one unit of consumption does to the store, so that rows, ledger, quarantine and cursor become
 * durable together or not at all.
 */
export class BatchBuilder {
  readonly #readings = new ReadingBuffer();
  readonly #ledger = new Map<string, MutableDelta>();
  readonly #requalified = new Map<string, RequalifiedReading>();
  #stale: StaleSpan[] = [];
  #quarantined: QuarantineItem[] = [];
  #released: { position: number; item: number }[] = [];
  readonly #held = new Map<number, HeldMessage>();
  #unheld: number[] = [];

  get readingCount(): number {
    return this.#readings.count;
  }

  addReading(reading: Observation): void {
    this.#readings.add(reading);
  }

  /** Another flag of a reading that was taken before, in this batch or another. */
  requalify({ datastream, t, quality }: RequalifiedReading): void {
    this.#requalified.set(`${datastream}@${t}`, { datastream, t, quality });
  }

  /** Flags that a reading of this batch has made old: they are to be made from the store once it has the batch. */
  addStale(spans: readonly StaleSpan[]): void {
    this.#stale.push(...spans);
  }

  takeStale(): readonly StaleSpan[] {
    const taken = this.#stale;
    if (taken.length > 0) this.#stale = [];
    return taken;
  }

  count(station: string, what: Counted, by = 1): void {
    let delta = this.#ledger.get(station);
    if (delta === undefined) {
      delta = {
        station,
        messagesDecoded: 0,
        messagesQuarantined: 0,
        readingsDecoded: 0,
        readingsQuarantined: 0,
        readingsRejected: 0,
      };
      this.#ledger.set(station, delta);
    }
    delta[what] += by;
  }

  quarantine(item: QuarantineItem): void {
    this.#quarantined.push(item);
  }

  release(position: number, item: number): void {
    this.#released.push({ position, item });
  }

  hold(message: HeldMessage): void {
    this.#held.set(message.position, message);
  }

  /** Lets a held message go; one that was held in this very batch is not held at all. */
  unhold(position: number): void {
    if (!this.#held.delete(position)) this.#unheld.push(position);
  }

  /** True when the batch would change nothing but cursors. */
  get isEmpty(): boolean {
    return (
      this.#readings.count === 0 &&
      this.#requalified.size === 0 &&
      this.#ledger.size === 0 &&
      this.#quarantined.length === 0 &&
      this.#released.length === 0 &&
      this.#held.size === 0 &&
      this.#unheld.length === 0
    );
  }

  /**
   * Closes the batch; the builder starts anew. Flags are those of now, where `flagOf` knows them: another batch that is
   * closed before this one may hold what changed them.
   */
  take(rest: BatchRest, flagOf?: FlagOf): StoreBatch {
    if (flagOf !== undefined) this.#readings.requalify(flagOf);
    const requalified = Array.from(this.#requalified.values(), row => ({
      ...row,
      quality: flagOf?.(row.datastream, row.t) ?? row.quality,
    }));
    const batch: StoreBatch = {
      readings: this.#readings.take(),
      ...(requalified.length === 0 ? {} : { requalified: requalifiedColumns(requalified) }),
      newDatastreams: rest.newDatastreams,
      ledger: [...this.#ledger.values()],
      quarantined: this.#quarantined,
      released: this.#released,
      held: [...this.#held.values()],
      unheld: this.#unheld,
      cursors: rest.cursors,
      ...(rest.stationStates === undefined ? {} : { stationStates: rest.stationStates }),
    };
    this.#requalified.clear();
    this.#ledger.clear();
    this.#quarantined = [];
    this.#released = [];
    this.#held.clear();
    this.#unheld = [];
    return batch;
  }
}
