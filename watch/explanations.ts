import type { OwnOutage } from '../domain/model/watch-decision.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { EpisodeRecord, EpisodeStore } from '../domain/ports/episode-store.ts';
import { BUCKETS, bucketStart } from '../domain/time/bucket.ts';
import { DAY_MS, epochMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import { ExplainingFold, samplesUpTo } from '../rules/explain-at.ts';
import type { RuleGap } from '../rules/rule-kind.ts';
import type { AlarmReasons } from './alarm-reasons.ts';
import { explainAlarm, explainedUpTo } from './explain-alarm.ts';
import type { AlarmRequest } from './explain-alarm.ts';
import { explainPoint } from './explain-point.ts';
import type { JudgedRule, PointReasons } from './explain-point.ts';
import { historyFrom } from './track-past.ts';
import type { TrackPast } from './track-past.ts';
import { reachOf } from './track-slot.ts';
import type { TrackSlot } from './track-slot.ts';
import type { TrackTable } from './track-table.ts';
import type { WatchHistory } from './watch-history.ts';
import { dayMinutes, inputsOfDay } from './watched-day.ts';
import type { RuleDay } from './watched-day.ts';

export interface ExplanationsOptions {
  readonly clock: Clock;
  readonly store: Pick<EpisodeStore, 'episode' | 'changes' | 'decisions'>;
  readonly table: Pick<TrackTable, 'get' | 'all'>;
  readonly past: Pick<TrackPast, 'records' | 'samples'>;
  readonly history: Pick<WatchHistory, 'readings'>;
  /** What the rules in force lack. */
  readonly gaps: () => readonly RuleGap[];
  /** See `WatchedIngest.clockCorrectionOf`. */
  readonly clockCorrectionOf: AlarmRequest['clockCorrectionOf'];
  /** How long an answer keeps the thread at a time. */
  readonly sliceMs: DurationMs;
  /** Lets other work of the thread run. */
  readonly nextTurn: () => Promise<void>;
}

const EVER = epochMs(Number.MAX_SAFE_INTEGER - 1);

/**
 * Answers why there is a warning, why there is none, and how long was watched, by the plans of then and what is stored
 * now. One question after the other, each in slices: the readings that come in meanwhile go first.
 */
export class Explanations {
  readonly #options: ExplanationsOptions;
  #answered: Promise<unknown> = Promise.resolve();
  #sliceStart = 0;

  constructor(options: ExplanationsOptions) {
    this.#options = options;
  }

  /** Why there is or was an alarm; undefined where there never was. */
  why(id: string): Promise<AlarmReasons | undefined> {
    return this.#inTurn(() => this.#why(id));
  }

  /** How every rule of a point stood at an instant; no rules where none ever judged it. */
  point(subject: string, at: EpochMs): Promise<PointReasons> {
    return this.#inTurn(async () => {
      const rules: JudgedRule[] = [];
      for (const slot of this.#slotsOf([subject])) rules.push(await this.#judged(slot, at));
      const outages = await this.#outagesFrom(at);
      return explainPoint({ subject, at, rules, outages, gaps: this.#options.gaps() });
    });
  }

  /**
   * How every rule watched some points for a local day, point by point.
   *
   * @param day any instant of the day in Asia/Shanghai
   */
  watched(subjects: readonly string[], day: EpochMs): Promise<readonly RuleDay[]> {
    return this.#inTurn(async () => {
      const start = bucketStart(day, BUCKETS['1d'], 'instantaneous');
      const outages = await this.#outagesFrom(start);
      const days: RuleDay[] = [];
      for (const slot of this.#slotsOf(subjects)) {
        const { rule, subject, basis } = slot;
        const spans = new Map(
          [...inputsOfDay(basis, start)].map(([key, gapMs]) => [key, epochMs(start - gapMs)]),
        );
        const stored = await this.#options.history.readings(spans, epochMs(start + DAY_MS - 1));
        const minutes = dayMinutes({
          basis,
          day: start,
          now: this.#options.clock.now(),
          readings: [...stored.values()].flat(),
          outages,
        });
        if (minutes !== undefined) days.push({ rule, subject, minutes });
        await this.#rest();
      }
      return days;
    });
  }

  async #why(id: string): Promise<AlarmReasons | undefined> {
    const { clockCorrectionOf, store, table, past } = this.#options;
    const record = await store.episode(id);
    if (record === undefined) return undefined;
    const { rule, subject, begin } = record.episode;
    const slot = table.get({ rule, subject });
    const from = epochMs(begin - (slot === undefined ? 0 : reachOf(slot)));
    const changes = await store.changes({ id });
    const upTo = explainedUpTo(record);
    const samples =
      slot === undefined ? [] : ((await past.samples(new Map([[slot, from]]), upTo)).get(slot) ?? []);
    const decisions = await store.decisions({ from, to: epochMs(upTo + 1) });
    return explainAlarm({
      record,
      changes,
      binding: { rule, subject, basis: slot?.basis ?? [] },
      clockCorrectionOf,
      readings: samples.filter(sample => sample.kind === 'reading'),
      decisions: [
        ...samples.filter(sample => sample.kind === 'signal'),
        ...decisions.filter(({ kind }) => kind !== 'signal'),
      ],
    });
  }

  /** Our own outages that lasted at an instant or came later; each is decided at its end, which may be much later. */
  async #outagesFrom(from: EpochMs): Promise<readonly OwnOutage[]> {
    const decisions = await this.#options.store.decisions({ from, to: EVER, inputs: [] });
    return decisions.filter(decision => decision.kind === 'outage');
  }

  async #judged(slot: TrackSlot, at: EpochMs): Promise<JudgedRule> {
    const { past } = this.#options;
    const records = await past.records(slot, at);
    const from = historyFrom(records, { from: at, reachMs: reachOf(slot) });
    const found = (await past.samples(new Map([[slot, from]]), at)).get(slot) ?? [];
    await this.#rest();
    const samples = samplesUpTo(found, at);
    const fold = new ExplainingFold(slot, at);
    for (const [place, sample] of samples.entries()) {
      if (place % SAMPLES_A_LOOK === 0) await this.#rest();
      fold.take(sample);
    }
    return {
      binding: slot,
      samples,
      explanation: fold.explain(),
      record: records.find(record => wasOpen(record, at)),
    };
  }

  #slotsOf(subjects: readonly string[]): readonly TrackSlot[] {
    const wanted = new Set(subjects);
    return [...this.#options.table.all()]
      .filter(({ subject }) => wanted.has(subject))
      .sort((a, b) => wordOrder(a.subject, b.subject) || wordOrder(a.rule, b.rule));
  }

  #inTurn<Answer>(answer: () => Promise<Answer>): Promise<Answer> {
    const answering = this.#answered.then(() => {
      this.#sliceStart = this.#options.clock.monotonicMs();
      return answer();
    });
    this.#answered = answering.catch(() => undefined);
    return answering;
  }

  /** Lets others run once the slice is used up. */
  async #rest(): Promise<void> {
    const { clock, sliceMs, nextTurn } = this.#options;
    if (clock.monotonicMs() - this.#sliceStart < sliceMs) return;
    await nextTurn();
    this.#sliceStart = clock.monotonicMs();
  }
}

/** How many samples are folded between two looks at the clock. */
const SAMPLES_A_LOOK = 256;

/** Whether an episode that is believed in lasted at an instant. */
function wasOpen({ status, episode: { begin, end } }: EpisodeRecord, at: EpochMs): boolean {
  if (status !== 'open' && status !== 'ended') return false;
  return begin <= at && (end === undefined || at < end);
}

function wordOrder(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
