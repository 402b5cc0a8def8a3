import type { QualityFlag } from '../model/observation.ts';
import { epochMs } from '../time/instant.ts';
import type { DurationMs, EpochMs } from '../time/instant.ts';
import { flatRunStart } from './flat-line.ts';
import { explainReading, judgeAfter, judgeReading, NO_COMPANIONS } from './judge-reading.ts';
import type { Companions, JudgedSeries, Occasion } from './judge-reading.ts';
import { rollUp } from './quality-finding.ts';
import type { PackedFlags, QualityFinding } from './quality-finding.ts';
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

/** What a series shares with others; its network changes it, and the series follows. */
export interface SeriesLinks {
  readonly companions: Companions;
  readonly front: EventFront;
  /** How far beyond the horizon others look in this series, milliseconds. */
  readonly retainMs: number;
}

/** A reading with its roll-up. */
export type JudgedPoint = SeriesPoint & { readonly quality: QualityFlag };

/** Flags of a reading that are new or others than before. */
export interface QualityChange {
  readonly t: EpochMs;
  /** The roll-up before; undefined where none was known. */
  readonly before: QualityFlag | undefined;
  readonly quality: QualityFlag;
  readonly flags: PackedFlags;
}

/** What a batch of readings led to. */
export interface OfferOutcome {
  /** In order of time. */
  readonly changes: readonly QualityChange[];
  /**
   * Stretches before the edge in which flags can be old now. They are for the caller to make from the store:
   * `windowFor`, `qualifySeries`.
   */
  readonly stale: readonly TimeSpan[];
  /** Where values are new or others than before; undefined where the batch held nothing new. */
  readonly touched: TimeSpan | undefined;
}

const NOTHING: readonly never[] = [];

/**
 * So many readings are judged at once for one that came late; where a device sends far more than one a minute, the
 * others are left to be made from the store.
 */
const AT_ONCE = 32;

/**
 * The flags of one datastream while readings arrive late, doubled, reordered and corrected. Whatever the arrival, the
 * flags of all readings within the horizon are those that `qualifySeries` gives for the same accepted readings.
 */
export class QualitySeries {
  readonly #series: JudgedSeries;
  readonly #limits: SeriesLimits;
  readonly #reach: Reach;
  readonly #directMs: number;
  readonly #links: SeriesLinks;
  #newest = epochMs(Number.NEGATIVE_INFINITY);
  /** The edge never moves back, not even where the readings that moved it are no longer linked with this series. */
  #leastEdge: number = Number.NEGATIVE_INFINITY;
  /** Readings up to here were let go, so that their successors cannot be judged anew for the length of the reach. */
  #forgottenTo = Number.NEGATIVE_INFINITY;

  constructor(
    parameters: QualityParameters,
    limits: SeriesLimits,
    links: SeriesLinks = { companions: NO_COMPANIONS, front: createEventFront(), retainMs: 0 },
  ) {
    const window = new SeriesWindow(parameters.grossRange.failSpan);
    this.#series = { window, parameters, companions: links.companions };
    this.#limits = limits;
    this.#reach = reachOf(parameters);
    this.#directMs = reachOf(withoutFlatLine(parameters)).beforeMs;
    this.#links = links;
  }

  /** The readings in memory, for series that compare themselves with this one. */
  get window(): SeriesWindow {
    return this.#series.window;
  }

  /** The newest time that was ever offered. */
  get newest(): EpochMs {
    return this.#newest;
  }

  /** The first time whose flags still follow late readings. */
  get edge(): EpochMs {
    const { window } = this.#series;
    const byHorizon = Math.max(this.#links.front.newest - this.#limits.horizonMs, this.#leastEdge);
    if (this.#forgottenTo === Number.NEGATIVE_INFINITY) return epochMs(byHorizon);
    // With more readings than fit, what comes in order is still judged, by what is left.
    const newest = window.size === 0 ? this.#forgottenTo : window.timeAt(window.size - 1);
    const byMemory = Math.min(this.#forgottenTo + this.#reach.beforeMs + 1, newest);
    return epochMs(Math.max(byHorizon, byMemory));
  }

  /** Readings before this are not kept. */
  get keptFrom(): EpochMs {
    return epochMs(Math.max(this.edge - this.#retainMs, this.#forgottenTo + 1));
  }

  /** Takes accepted readings in any order: new ones, ones known already, and other values for a time. */
  offer(points: readonly SeriesPoint[]): OfferOutcome {
    const { window } = this.#series;
    const edge = this.edge;
    const keep = this.keptFrom;
    const touched: number[] = [];
    const late: number[] = [];
    let newest: EpochMs = this.#newest;
    for (const point of points) {
      const { t } = point;
      if (t > newest) newest = t;
      if (t >= keep && window.take(point) === 'unchanged') continue;
      touched.push(t);
      if (t >= edge) continue;
      late.push(t);
      if (t >= keep) window.setQuality(window.indexOf(t), undefined);
    }
    const stale: TimeSpan[] =
      late.length === 0 || !this.#isWhole ? [] : late.map(t => this.#staleAround(t, edge));
    const taken = late.length === 0 ? touched : touched.filter(t => t >= keep);
    const changes = taken.length === 0 ? NOTHING : this.#judgeAround(taken, edge, stale);
    this.#moveTo(newest);
    this.#forget();
    return { changes, stale, touched: spanOf(touched) };
  }

  /** Takes readings back from the store, each with the roll-up that it has there. */
  restore(readings: readonly JudgedPoint[]): void {
    const { window } = this.#series;
    const keep = this.keptFrom;
    window.reserve(readings.length);
    for (const reading of readings) {
      const { t, quality } = reading;
      if (t < keep) continue;
      window.take(reading);
      window.setQuality(window.indexOf(t), quality);
      this.#moveTo(t);
    }
    this.#keepToSize();
  }

  /** Takes over what another series of the same datastream knows, all but its flags. */
  takeOver(other: QualitySeries): void {
    const { window } = other;
    this.#newest = other.#newest;
    this.#leastEdge = other.#leastEdge;
    this.#forgottenTo = other.#forgottenTo;
    for (let at = 0; at < window.size; at += 1) {
      this.window.take(window.pointAt(at));
      this.window.setQuality(at, window.qualityAt(at));
    }
  }

  /** From here on the edge stays where it is, until the front passes it. */
  holdEdge(): void {
    this.#leastEdge = this.edge;
  }

  /** Says what the store has as the newest reading: it moves the horizon. */
  noteNewest(t: EpochMs): void {
    this.#moveTo(t);
  }

  /**
   * Takes the roll-up of a reading that was judged from the store. Where the tests here have judged it, theirs holds: they
   * know the later readings.
   */
  settle(t: EpochMs, quality: QualityFlag): void {
    const { window } = this.#series;
    const at = window.indexOf(t);
    if (at >= 0 && (t < this.edge || window.flagsAt(at) === undefined)) window.setQuality(at, quality);
  }

  /** Judges a span anew, because readings of a companion changed; returns what changed here. */
  judgeAgain(occasion: 'neighbours' | 'rain', { from, to }: TimeSpan): readonly QualityChange[] {
    const { window } = this.#series;
    const changes: QualityChange[] = [];
    const first = window.firstFrom(Math.max(from, this.edge));
    for (let at = first; at < window.size && window.timeAt(at) <= to; at += 1) {
      this.#judge(at, changes, occasion);
    }
    return changes;
  }

  /** What every test says of the reading at a time; undefined where none is in memory. */
  explain(t: EpochMs): readonly QualityFinding[] | undefined {
    const at = this.#series.window.indexOf(t);
    return at < 0 ? undefined : explainReading(this.#series, at);
  }

  /** False where not even the horizon fits into memory: the flags of such a series stay as they were first told. */
  get #isWhole(): boolean {
    return this.#forgottenTo === Number.NEGATIVE_INFINITY;
  }

  get #retainMs(): number {
    return Math.max(this.#reach.beforeMs, this.#links.retainMs);
  }

  #staleAround(t: number, edge: number): TimeSpan {
    const { beforeMs, afterMs } = this.#reach;
    return { from: epochMs(t - afterMs), to: epochMs(Math.min(t + beforeMs, edge - 1)) };
  }

  #judgeAround(times: number[], edge: EpochMs, stale: TimeSpan[]): readonly QualityChange[] {
    const { window } = this.#series;
    const changes: QualityChange[] = [];
    let done = -1;
    let judged = 0;
    for (const t of times.length > 1 ? times.sort((a, b) => a - b) : times) {
      const at = window.firstFrom(t);
      const before = window.usableBefore(at);
      // The one before waits for its next reading with the spike test; nothing between the two looks ahead.
      if (before > done && this.#reach.afterMs > 0) this.#judgeWaiting(before, t, { edge, changes, stale });
      const after = window.usableAfter(at);
      const next = after < 0 ? window.size : after;
      for (let later = at; later < window.size; later += 1) {
        if (later > next && this.#isUntouched(later, { t, next })) break;
        if (later <= done || window.timeAt(later) < edge) continue;
        if (judged >= AT_ONCE) {
          if (this.#isWhole) stale.push(this.#leaveFrom(later));
          break;
        }
        judged += 1;
        this.#judge(later, changes);
        done = later;
      }
    }
    return changes.length > 1 ? changes.sort((a, b) => a.t - b.t) : changes;
  }

  /** Leaves the flags from the index on to be made from the store: what the tests said is not known any more. */
  #leaveFrom(at: number): TimeSpan {
    const { window } = this.#series;
    for (let later = at; later < window.size; later += 1) {
      window.setQuality(later, window.qualityAt(later));
    }
    return { from: window.timeAt(at), to: window.timeAt(window.size - 1) };
  }

  #judgeWaiting(
    at: number,
    t: number,
    into: { readonly edge: EpochMs; readonly changes: QualityChange[]; readonly stale: TimeSpan[] },
  ): void {
    const time = this.#series.window.timeAt(at);
    if (time >= into.edge) this.#judge(at, into.changes, 'next_reading');
    else if (this.#isWhole && t >= into.edge && time >= t - this.#reach.afterMs)
      into.stale.push({ from: time, to: time });
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

  #judge(at: number, changes: QualityChange[], occasion?: Occasion): void {
    const { window } = this.#series;
    const known = window.flagsAt(at);
    const flags =
      occasion === undefined || known === undefined
        ? judgeReading(this.#series, at)
        : judgeAfter(occasion, this.#series, at, known);
    if (known === flags) return;
    const before = window.qualityAt(at);
    window.setFlags(at, flags);
    changes.push({ t: window.timeAt(at), before, quality: rollUp(flags), flags });
  }

  #moveTo(newest: EpochMs): void {
    const { front } = this.#links;
    if (newest > this.#newest) this.#newest = newest;
    if (newest > front.newest) front.newest = newest;
  }

  #forget(): void {
    const { window } = this.#series;
    const stale = window.firstFrom(this.#links.front.newest - this.#limits.horizonMs - this.#retainMs);
    if (stale > 0) window.forget(stale);
    this.#keepToSize();
  }

  #keepToSize(): void {
    const { window } = this.#series;
    const excess = window.size - this.#limits.maxReadings;
    if (excess <= 0) return;
    this.#forgottenTo = window.timeAt(excess - 1);
    window.forget(excess);
  }
}

function withoutFlatLine(parameters: QualityParameters): QualityParameters {
  const { flatLine: _, ...rest } = parameters;
  return rest;
}

function spanOf(times: readonly number[]): TimeSpan | undefined {
  const [first] = times;
  if (first === undefined) return undefined;
  let from = first;
  let to = first;
  for (const t of times) {
    from = Math.min(from, t);
    to = Math.max(to, t);
  }
  return { from: epochMs(from), to: epochMs(to) };
}
