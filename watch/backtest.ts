import type { BasisVersions, Episode } from '../domain/model/episode.ts';
import type { OwnOutage, RainstormSignal } from '../domain/model/watch-decision.ts';
import { DAY_MS, FUTURE_TOLERANCE_MS, epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { evaluateSeries } from '../rules/evaluate-series.ts';
import type { RuleBinding } from '../rules/fold-context.ts';
import type { Reading, Sample } from '../rules/sample.ts';
import type { RuleSet } from '../rules/schema.ts';
import type { SiteView } from '../rules/subject.ts';
import { toldWithin } from './alarm-load.ts';
import type { Period } from './alarm-load.ts';
import { arrivalOf, inArrivalOrder } from './arrival-order.ts';
import { BasisBook } from './basis-book.ts';
import type { TrackBasis } from './basis-book.ts';
import { listenedInputs } from './listened-inputs.ts';
import type { ListenedInput } from './silence-book.ts';
import { decideSilences } from './silence-replay.ts';
import { backtestTrack } from './track-backtest.ts';
import type { ToldEpisode } from './track-backtest.ts';
import { hearsSilence, inputsOf, reachOf, zonesOf } from './track-slot.ts';
import type { WatchLimits } from './watch-limits.ts';

export interface BacktestOptions {
  readonly ruleSets: readonly RuleSet[];
  /** As it holds for the whole of the period. */
  readonly site: SiteView;
  /** In receivedTime: what is told then. */
  readonly period: Period;
  /** Every candidate of every reading with from ≤ t < to that was ever accepted. */
  readonly readings: (input: string, stretch: Period) => Promise<readonly Reading[]>;
  /** Times in which we ourselves did not listen, in order. */
  readonly outages: readonly OwnOutage[];
  /** Official signals of all zones. */
  readonly signals: readonly RainstormSignal[];
  readonly limits: WatchLimits;
  /** Whether the complete series is judged, too. */
  readonly hindsight: boolean;
}

export interface BacktestOutcome {
  /** When the first of the readings came that were looked at in the period; undefined where none did. */
  readonly heardFrom: EpochMs | undefined;
  /** In the order of the rule sets. */
  readonly sets: readonly SetOutcome[];
}

/** What a rule set would have told in the period. */
export interface SetOutcome {
  /** Tracks: rules by subjects. */
  readonly tracks: number;
  readonly told: readonly ToldEpisode[];
  /** The episodes that overlap the period, judged with all that is known now; empty where it was not asked for. */
  readonly complete: readonly Episode[];
}

/** What an episode that began before the period needs beside the reach of its rule. */
const RUN_UP_MS = DAY_MS;

/**
 * Runs rule sets over what had arrived by each instant of the period, one subject after the other, so that memory holds
 * the readings of few datastreams.
 */
export async function backtest(options: BacktestOptions): Promise<BacktestOutcome> {
  const { ruleSets, site, period } = options;
  const sets = ruleSets.map(ruleSet => new SetUnderTest(ruleSet, site));
  const reachMs = Math.max(0, ...sets.map(set => set.reachMs));
  const arrivals = new Arrivals(options, epochMs(period.from - reachMs - RUN_UP_MS));
  const subjects = [...new Set(sets.flatMap(set => set.subjects))].sort();
  for (const subject of subjects) {
    const judged = new Map<string, Judged>();
    for (const set of sets) {
      for (const binding of set.bindingsOf(subject)) {
        const key = set.judgementKey(binding);
        let known = judged.get(key);
        if (known === undefined) {
          known = judge(binding, await set.samplesOf(binding, { arrivals, options }), options);
          judged.set(key, known);
        }
        set.take(known);
      }
    }
  }
  return {
    heardFrom: arrivals.heardFrom,
    sets: sets.map(({ tracks, told, complete }) => ({ tracks, told, complete })),
  };
}

type Judged = Pick<SetOutcome, 'told' | 'complete'>;

function judge(
  binding: RuleBinding,
  samples: readonly Sample[],
  { period, limits, hindsight }: BacktestOptions,
): Judged {
  const inTime = samples.filter(sample => arrivalOf(sample) < period.to);
  return {
    told: toldWithin(backtestTrack(binding, inTime, limits), period),
    complete: hindsight ? evaluateSeries(binding, samples).filter(touches(period)) : [],
  };
}

class SetUnderTest {
  readonly told: ToldEpisode[] = [];
  readonly complete: Episode[] = [];
  readonly tracks: number;
  readonly reachMs: number;
  readonly #bySubject = new Map<string, TrackBasis[]>();
  readonly #listened: ReadonlyMap<string, ListenedInput>;

  readonly #versions: BasisVersions;

  constructor(ruleSet: RuleSet, site: SiteView) {
    const versions = { ruleSet: ruleSet.version, registry: site.registry.version };
    this.#versions = versions;
    const from = epochMs(Number.MIN_SAFE_INTEGER);
    const tracks = new BasisBook().append({ from, versions, ruleSet, site });
    for (const track of tracks) {
      const known = this.#bySubject.get(track.subject);
      if (known === undefined) this.#bySubject.set(track.subject, [track]);
      else known.push(track);
    }
    this.tracks = tracks.length;
    this.reachMs = Math.max(0, ...tracks.map(reachOf));
    this.#listened = listenedInputs(tracks);
  }

  get subjects(): readonly string[] {
    return [...this.#bySubject.keys()];
  }

  bindingsOf(subject: string): readonly RuleBinding[] {
    return this.#bySubject.get(subject) ?? [];
  }

  /** Equal for tracks of different sets that judge alike: a new set changes few rules. */
  judgementKey({ rule, basis }: RuleBinding): string {
    const plan = basis[0]?.plan;
    const listened = plan?.inputs.map(({ key }) => this.#listened.get(key)?.silencesMs);
    return JSON.stringify([rule, plan?.measureKey, plan?.ladderKey, plan?.inputs, listened]);
  }

  take({ told, complete }: Judged): void {
    const basis = this.#versions;
    for (const { record, tellings } of told) {
      this.told.push({ record: { ...record, episode: { ...record.episode, basis } }, tellings });
    }
    for (const episode of complete) this.complete.push({ ...episode, basis });
  }

  async samplesOf(
    binding: RuleBinding,
    { arrivals, options }: { readonly arrivals: Arrivals; readonly options: BacktestOptions },
  ): Promise<readonly Sample[]> {
    const { outages, signals, limits, period } = options;
    const heard = hearsSilence(binding);
    const zones = zonesOf(binding);
    const samples: Sample[] = signals.filter(({ zone }) => zones.has(zone));
    if (heard) samples.push(...outages);
    for (const input of inputsOf(binding)) {
      const readings = await arrivals.of(input);
      for (const reading of readings) samples.push(reading);
      const listened = heard ? this.#listened.get(input) : undefined;
      if (listened === undefined) continue;
      const during = { until: epochMs(period.to - 1), outages, reconnectMs: limits.reconnectMs };
      samples.push(...decideSilences(listened, readings, during));
    }
    return samples;
  }
}

/** Datastreams whose readings are kept while rules that share them take their turns. */
const SERIES_KEPT = 24;

/** The readings of datastreams in the order of arrival, those read last kept in memory. */
class Arrivals {
  readonly #options: BacktestOptions;
  readonly #since: EpochMs;
  readonly #kept = new Map<string, readonly Reading[]>();
  heardFrom: EpochMs | undefined;

  constructor(options: BacktestOptions, since: EpochMs) {
    this.#options = options;
    this.#since = since;
  }

  async of(input: string): Promise<readonly Reading[]> {
    const kept = this.#kept.get(input);
    if (kept !== undefined) return kept;
    const { period, readings } = this.#options;
    const stretch = { from: this.#since, to: epochMs(period.to + FUTURE_TOLERANCE_MS) };
    const ordered = inArrivalOrder(await readings(input, stretch)).filter(
      sample => sample.kind === 'reading',
    );
    const first = ordered.find(({ received }) => received >= period.from && received < period.to);
    if (first !== undefined)
      this.heardFrom = epochMs(Math.min(first.received, this.heardFrom ?? first.received));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= SERIES_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(input, ordered);
    return ordered;
  }
}

function touches({ from, to }: Period): (episode: Episode) => boolean {
  return ({ begin, end }) => begin < to && (end ?? to) >= from;
}
