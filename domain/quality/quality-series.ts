import { epochMs } from '../time/instant.ts';
import type { DurationMs, EpochMs } from '../time/instant.ts';
import { flatRunStart } from './flat-line.ts';
import { explainReading, judgeAfter, judgeReading, NO_COMPANIONS } from './judge-reading.ts';
import type { Companions, JudgedSeries, Occasion } from './judge-reading.ts';
import { describeReading } from './qualify-series.ts';
import type { ReadingQuality } from './qualify-series.ts';
import type { QualityFinding } from './quality-finding.ts';
import { reachOf } from './quality-parameters.ts';
import type { QualityParameters, Reach, TimeSpan } from './quality-parameters.ts';
import { SeriesWindow } from './series-window.ts';
import type { SeriesPoint } from './series-window.ts';

export interface SeriesLimits {
  /** Readings older than the newest by more than this keep the flags they have. */
  readonly horizonMs: DurationMs;
  /** The most readings in memory, whatever a device sends; older ones go first, and the horizon moves with them. */
  readonly maxReadings: number;
}

/** The newest time of series that are compared with each other: they keep the same stretch of time in memory. */
export interface EventFront {
  newest: EpochMs;
}

export function createEventFront(): EventFront {
  return { newest: epochMs(Number.NEGATIVE_INFINITY) };
}

/** What a batch of readings led to. */
export interface OfferOutcome {
  /** Readings whose flags are new or others than before, in order of time. */
  readonly changes: readonly ReadingQuality[];
  /**
   * Readings beyond the horizon, but for those known already. Their flags, and those of the readings around them that are beyond it too, are for
   * the caller to make from the store: `affectedBy`, `windowFor`, `qualifySeries`.
   */
  readonly beyond: readonly SeriesPoint[];
  /** Where values are new or others than before; undefined where the batch held nothing new. */
  readonly touched: TimeSpan | undefined;
}

/** Rests of a series alone: no neighbours, no rain gauges, its own newest reading. */
const ALONE = { companions: NO_COMPANIONS };

/**
 * The flags of one datastream while readings arrive late, doubled, reordered and corrected. Whatever the arrival, the
 * flags of all readings within the horizon are those that `qualifySeries` gives for the same accepted readings.
 */
export class QualitySeries {
  readonly #series: JudgedSeries;
  readonly #limits: SeriesLimits;
  readonly #reach: Reach;
  readonly #retainMs: number;
  readonly #directMs: number;
  readonly #front: EventFront;
  /** Readings up to here were let go, so that their successors cannot be judged anew for the length of the reach. */
  #forgottenTo = Number.NEGATIVE_INFINITY;

  /** @param links `retainMs`: how far beyond the horizon others look in this series, milliseconds */
  constructor(
    parameters: QualityParameters,
    limits: SeriesLimits,
    links: {
      readonly companions: Companions;
      readonly front?: EventFront;
      readonly retainMs?: number;
    } = ALONE,
  ) {
    const window = new SeriesWindow(parameters.grossRange.failSpan);
    this.#series = { window, parameters, companions: links.companions };
    this.#limits = limits;
    this.#reach = reachOf(parameters);
    this.#retainMs = Math.max(this.#reach.beforeMs, links.retainMs ?? 0);
    this.#directMs = reachOf(withoutFlatLine(parameters)).beforeMs;
    this.#front = links.front ?? createEventFront();
  }

  /** The readings in memory, for series that compare themselves with this one. */
  get window(): SeriesWindow {
    return this.#series.window;
  }

  /** The first time whose flags still follow late readings. */
  get edge(): EpochMs {
    const { window } = this.#series;
    const byHorizon = this.#front.newest - this.#limits.horizonMs;
    if (this.#forgottenTo === Number.NEGATIVE_INFINITY) return epochMs(byHorizon);
    // With more readings than fit, what comes in order is still judged, by what is left.
    const newest = window.size === 0 ? this.#forgottenTo : window.timeAt(window.size - 1);
    const byMemory = Math.min(this.#forgottenTo + this.#reach.beforeMs, newest) + 1;
    return epochMs(Math.max(byHorizon, byMemory));
  }

  /** Takes accepted readings in any order: new ones, ones known already, and other values for a time. */
  offer(points: readonly SeriesPoint[]): OfferOutcome {
    const { window } = this.#series;
    const edge = this.edge;
    const keep = Math.max(edge - this.#retainMs, this.#forgottenTo + 1);
    const beyond: SeriesPoint[] = [];
    const touched: number[] = [];
    let newest: EpochMs = this.#front.newest;
    for (const point of points) {
      const { t } = point;
      const isNews = t < keep || window.take(point) === 'changed';
      if (isNews && t < edge) beyond.push(point);
      if (isNews && t >= keep) touched.push(t);
      if (t > newest) newest = t;
    }
    const changes = touched.length === 0 ? [] : this.#judgeAround(touched, edge);
    this.#front.newest = newest;
    this.#forget();
    return { changes, beyond, touched: spanOf(touched) };
  }

  /** Judges a span anew, because readings of a companion changed; returns what changed here. */
  judgeAgain(occasion: 'neighbours' | 'rain', { from, to }: TimeSpan): readonly ReadingQuality[] {
    const { window } = this.#series;
    const changes: ReadingQuality[] = [];
    const first = window.firstFrom(Math.max(from, this.edge));
    for (let at = first; at < window.size && window.timeAt(at) <= to; at += 1) {
      this.#judge(at, changes, occasion);
    }
    return changes;
  }

  /** What every test says of the reading at a time; undefined where none is in memory. */
  explain(t: EpochMs): readonly QualityFinding[] | undefined {
    const { window } = this.#series;
    const at = window.firstFrom(t);
    return at < window.size && window.timeAt(at) === t ? explainReading(this.#series, at) : undefined;
  }

  #judgeAround(times: number[], edge: EpochMs): readonly ReadingQuality[] {
    const { window } = this.#series;
    const changes: ReadingQuality[] = [];
    let done = -1;
    for (const t of times.sort((a, b) => a - b)) {
      const at = window.firstFrom(t);
      const before = window.usableBefore(at);
      // The one before waits for its next reading with the spike test; nothing between the two looks ahead.
      if (before > done && this.#reach.afterMs > 0 && window.timeAt(before) >= edge) {
        this.#judge(before, changes, 'next_reading');
      }
      const after = window.usableAfter(at);
      const next = after < 0 ? window.size : after;
      for (let later = at; later < window.size; later += 1) {
        if (later > next && this.#isUntouched(later, { t, next })) break;
        if (later <= done || window.timeAt(later) < edge) continue;
        this.#judge(later, changes);
        done = later;
      }
    }
    return changes.length > 1 ? changes.sort((a, b) => a.t - b.t) : changes;
  }

  /** True when no test of the reading, nor of any later one, looks as far back as `t`. */
  #isUntouched(later: number, changed: { readonly t: number; readonly next: number }): boolean {
    const { window, parameters } = this.#series;
    const time = window.timeAt(later);
    if (time <= changed.t + this.#directMs) return false;
    const { flatLine, maxGapMs } = parameters;
    if (flatLine === undefined || time > changed.t + this.#reach.beforeMs) return true;
    // Runs begin in order: one that begins behind the next reading broke there whatever stands at `t`.
    return window.isUsable(later) && flatRunStart(window, later, flatLine, maxGapMs) > changed.next;
  }

  #judge(at: number, changes: ReadingQuality[], occasion?: Occasion): void {
    const { window } = this.#series;
    const before = window.flagsAt(at);
    const flags =
      occasion === undefined || before === undefined
        ? judgeReading(this.#series, at)
        : judgeAfter(occasion, this.#series, at, before);
    if (before === flags) return;
    window.setFlags(at, flags);
    changes.push(describeReading(this.#series, at, flags));
  }

  #forget(): void {
    const { window } = this.#series;
    const stale = window.firstFrom(this.#front.newest - this.#limits.horizonMs - this.#retainMs);
    if (stale > 0) window.forget(stale);
    const excess = window.size - this.#limits.maxReadings;
    if (excess > 0) {
      this.#forgottenTo = window.timeAt(excess - 1);
      window.forget(excess);
    }
  }
}

function withoutFlatLine(parameters: QualityParameters): QualityParameters {
  const { flatLine: _, ...rest } = parameters;
  return rest;
}

function spanOf(times: readonly number[]): TimeSpan | undefined {
  const [first] = times;
  const last = times.at(-1);
  return first === undefined || last === undefined ? undefined : { from: epochMs(first), to: epochMs(last) };
}
