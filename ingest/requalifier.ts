import type { Observation } from '../domain/model/observation.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { ReadingColumns, SeriesSpan, TelemetryStore } from '../domain/ports/telemetry-store.ts';
import { qualifyInTurn } from '../domain/quality/qualify-series.ts';
import { companionReachMs, windowFor } from '../domain/quality/quality-parameters.ts';
import { SeriesWindow } from '../domain/quality/series-window.ts';
import { DAY_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { KeptStates } from './kept-state.ts';
import type { QualityControl } from './quality-control.ts';
import { Signal } from './signal.ts';
import type { StaleWork } from './stale-book.ts';
import { observationAt } from './stored-reading.ts';

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
const REST_FACTOR = 9;
const LONGEST_REST_MS = 2_000;

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
    const rows = new StoredRows(await store.winners(spansFor(works, control)));
    const requalified: Observation[] = [];
    for (const work of works) {
      for (const judged of this.#judge(work, rows)) {
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
  *#judge({ datastream, span }: StaleWork, rows: StoredRows): Iterable<Observation | undefined> {
    const { control } = this.#options;
    const member = control.member(datastream);
    if (member === undefined) return;
    const { parameters, neighbours = [], rain = [] } = member;
    const companions = {
      neighbours: neighbours.map(id => rows.windowOf(id, control)),
      rain: rain.map(id => rows.windowOf(id, control)),
    };
    const own = rows.of(datastream);
    const stored = new Map(own.map(row => [row.t, row]));
    let count = 0;
    for (const { t, quality } of qualifyInTurn(own, parameters, span, companions)) {
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

/** What the flags of these stretches follow from, one stretch for each datastream that takes part. */
function spansFor(works: readonly StaleWork[], control: QualityControl): readonly SeriesSpan[] {
  const spans = new Map<number, SeriesSpan>();
  const add = (datastream: number, from: number, to: number): void => {
    const known = spans.get(datastream);
    spans.set(datastream, {
      datastream,
      from: epochMs(Math.min(from, known?.from ?? from)),
      to: epochMs(Math.max(to, known?.to ?? to)),
    });
  };
  for (const { datastream, span } of works) {
    const member = control.member(datastream);
    if (member === undefined) continue;
    const { parameters, neighbours = [], rain = [] } = member;
    const own = windowFor(span, parameters);
    add(datastream, own.from, own.to + 1);
    const reachMs = companionReachMs(parameters);
    for (const id of [...neighbours, ...rain]) add(id, span.from - reachMs, span.to + 1);
  }
  return [...spans.values()];
}

/** Readings of the store by datastream. */
class StoredRows {
  readonly #rows = new Map<number, Observation[]>();
  readonly #windows = new Map<number, SeriesWindow>();

  constructor(columns: ReadingColumns) {
    for (let at = 0; at < columns.count; at += 1) {
      const row = observationAt(columns, at);
      const known = this.#rows.get(row.datastream);
      if (known === undefined) this.#rows.set(row.datastream, [row]);
      else known.push(row);
    }
  }

  of(datastream: number): readonly Observation[] {
    return this.#rows.get(datastream) ?? [];
  }

  windowOf(datastream: number, control: QualityControl): SeriesWindow {
    let window = this.#windows.get(datastream);
    if (window === undefined) {
      const failSpan = control.member(datastream)?.parameters.grossRange.failSpan;
      window = SeriesWindow.of(this.of(datastream), failSpan ?? [Number.NEGATIVE_INFINITY, Infinity]);
      this.#windows.set(datastream, window);
    }
    return window;
  }
}
