import type { Observation } from '../domain/model/observation.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { TelemetryStore } from '../domain/ports/telemetry-store.ts';
import { DAY_MS, durationMs } from '../domain/time/instant.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { KeptStates } from './kept-state.ts';
import type { QualityControl } from './quality-control.ts';
import { Signal } from './signal.ts';
import type { Stretch } from './stale-book.ts';
import { StoredSeries } from './stored-series.ts';

export interface RequalifierOptions {
  readonly store: TelemetryStore;
  readonly control: QualityControl;
  /** Resolves once the store has been offered all that was closed so far, and there is room for more. */
  readonly offered: () => Promise<void>;
  readonly write: (builder: BatchBuilder, states: KeptStates) => Promise<void>;
  readonly onRequalified: (observation: Observation) => void;
  /** Lets other work of the thread run, where it is time for that. */
  readonly giveWay: () => Promise<void>;
}

/** Datastreams, and time of each, that one pass reads from the store. */
const DATASTREAMS = 64;
const LONGEST_MS = 2 * DAY_MS;
/** Readings judged before others may have the thread. */
const AT_A_TIME = 128;
/** After a pass it rests for so many times the time that took: readings that arrive go before those long past. */
const REST_FACTOR = 2;
const LONGEST_REST_MS = 500;

/**
 * Makes flags beyond the horizon anew, from what the store has: in passes, each over several datastreams, as long as
 * stretches are stale. A pass writes flags and what is still stale in one batch, so a crash repeats it.
 */
export class Requalifier {
  readonly #options: RequalifierOptions;
  readonly #signal = new Signal();
  #stopping = false;
  #endRest: (() => void) | undefined;

  constructor(options: RequalifierOptions) {
    this.#options = options;
    options.control.onStale(() => this.#signal.raise());
  }

  /** Works until `stop`. */
  async run(clock: Clock): Promise<void> {
    const { control } = this.#options;
    while (!this.#stopping) {
      if (!control.stale.hasOpen) {
        await this.#signal.wait();
        continue;
      }
      const startMs = clock.monotonicMs();
      await this.pass();
      const restMs = Math.min(REST_FACTOR * (clock.monotonicMs() - startMs), LONGEST_REST_MS);
      if (restMs > 0) await this.#rest(clock, restMs);
    }
  }

  /** Works until nothing is stale. */
  async finish(): Promise<void> {
    while (this.#options.control.stale.hasOpen) await this.pass();
  }

  /** Ends after the pass in hand. */
  stop(): void {
    this.#stopping = true;
    this.#signal.raise();
    this.#endRest?.();
  }

  /** Judges one stretch of each of the datastreams that wait longest. */
  async pass(): Promise<void> {
    const { store, control, offered, write, giveWay, onRequalified } = this.#options;
    const works = control.stale.take(DATASTREAMS, LONGEST_MS);
    await offered();
    const series = await StoredSeries.read(works, { store, control });
    const requalified: Observation[] = [];
    for (const work of works) {
      for (const judged of this.#judge(work, series)) {
        if (judged !== undefined) requalified.push(judged);
        await giveWay();
      }
    }
    // All in one turn. What is kept of the book must never be ahead of the flags; and whoever hears of a flag keeps what
    // follows from it before the flag is durable, and reads the store only after it was handed over.
    const builder = new BatchBuilder();
    for (const observation of requalified) {
      const { datastream, t, quality } = observation;
      const now = control.qualityAt(datastream, t) ?? quality;
      builder.requalify({ datastream, t, quality: now });
      onRequalified({ ...observation, quality: now });
    }
    for (const { datastream } of works) control.stale.done(datastream);
    const states = works.flatMap(({ datastream }) => control.stale.stateOf(datastream));
    // A failure ends ingest; what was not durable is kept as stale.
    void write(builder, states).catch(() => undefined);
  }

  /** Now and then, and for each reading whose flag is another one than the store has, that one. */
  *#judge(work: Stretch, series: StoredSeries): Iterable<Observation | undefined> {
    const { control } = this.#options;
    const { datastream } = work;
    const stored = new Map(series.of(datastream).map(row => [row.t, row]));
    let count = 0;
    for (const { t, quality } of series.judge(work)) {
      count += 1;
      const row = stored.get(t);
      const holds = control.settle(datastream, t, quality);
      if (row !== undefined && holds !== row.quality) yield { ...row, quality: holds };
      else if (count % AT_A_TIME === 0) yield undefined;
    }
    yield undefined;
  }

  async #rest(clock: Clock, restMs: number): Promise<void> {
    if (this.#stopping) return;
    await new Promise<void>(resolve => {
      const cancel = clock.after(durationMs(restMs), resolve);
      this.#endRest = () => {
        cancel();
        resolve();
      };
    });
    this.#endRest = undefined;
  }
}
