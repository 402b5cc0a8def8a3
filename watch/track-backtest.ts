import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import { recordsAfter } from '../domain/model/episode-record.ts';
import type { EpisodeRecord } from '../domain/ports/episode-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { RuleBinding } from '../rules/fold-context.ts';
import { RuleTrack } from '../rules/rule-track.ts';
import type { Offer } from '../rules/rule-track.ts';
import type { Sample } from '../rules/sample.ts';
import { arrivalOf, inArrivalOrder } from './arrival-order.ts';
import { knownPast } from './told-ledger.ts';
import { historyFrom } from './track-past.ts';
import { reachOf } from './track-slot.ts';
import type { WatchLimits } from './watch-limits.ts';

/** That people were warned of an episode, or of a higher severity of it. */
export interface Telling {
  /** When what showed it had arrived. */
  readonly at: EpochMs;
  readonly severity: WarningSeverity;
}

/** An episode of which people would have been warned. */
export interface ToldEpisode {
  /** As everything that had arrived by the end has left it. */
  readonly record: EpisodeRecord;
  /** At least one, in order. */
  readonly tellings: readonly Telling[];
}

export type BacktestLimits = Pick<WatchLimits, 'horizonMs' | 'refillQuietMs' | 'refillPatienceMs'>;

/**
 * What a rule would have told of one subject as its samples arrived: each is judged with what was known by then, and
 * those from beyond the horizon are judged anew once nothing older has come for a while, as in service.
 *
 * @param samples in whatever order they are given; of several candidates of one reading all that ever arrived
 */
export function backtestTrack(
  binding: RuleBinding,
  samples: readonly Sample[],
  limits: BacktestLimits,
): readonly ToldEpisode[] {
  const replay = new TrackReplay(binding, limits);
  for (const sample of inArrivalOrder(samples)) replay.arrive(sample);
  replay.judgeOlder();
  return replay.told();
}

class TrackReplay {
  readonly #binding: RuleBinding;
  readonly #limits: BacktestLimits;
  readonly #track: RuleTrack;
  readonly #records = new Map<string, EpisodeRecord>();
  readonly #tellings = new Map<string, Telling[]>();
  readonly #arrived: Sample[] = [];
  #older: readonly Sample[] = [];
  /** Arrivals of the first and of the last of them. */
  #olderSince = epochMs(0);
  #olderLast = epochMs(0);
  #seq = 0;

  constructor(binding: RuleBinding, limits: BacktestLimits) {
    this.#binding = binding;
    this.#limits = limits;
    this.#track = new RuleTrack({
      binding,
      horizonMs: limits.horizonMs,
      acknowledgedAt: () => undefined,
    });
  }

  arrive(sample: Sample): void {
    const now = arrivalOf(sample);
    const { refillQuietMs, refillPatienceMs } = this.#limits;
    const isDue = now - this.#olderLast >= refillQuietMs || now - this.#olderSince >= refillPatienceMs;
    if (this.#older.length > 0 && isDue) this.judgeOlder();
    this.#arrived.push(sample);
    const offer = this.#track.offer([sample]);
    this.#take(offer, now);
    if (offer.beyond.length === 0) return;
    if (this.#older.length === 0) this.#olderSince = now;
    this.#olderLast = now;
    this.#older = [...this.#older, ...offer.beyond];
  }

  /** Judges what came from beyond the horizon. */
  judgeOlder(): void {
    if (this.#older.length === 0) return;
    const from = epochMs(this.#older.reduce((earliest, { t }) => Math.min(earliest, t), Infinity));
    this.#older = [];
    const records = [...this.#records.values()];
    const since = historyFrom(records, { from, reachMs: reachOf(this.#binding) });
    const history = this.#arrived.filter(({ t }) => t >= since);
    this.#take(this.#track.refill(history, knownPast(records), from), this.#olderLast);
  }

  told(): readonly ToldEpisode[] {
    return [...this.#tellings].flatMap(([id, tellings]) => {
      const record = this.#records.get(id);
      return record === undefined ? [] : [{ record, tellings }];
    });
  }

  #take({ changes }: Offer, knownAt: EpochMs): void {
    for (const change of changes) {
      this.#seq += 1;
      const after = recordsAfter(id => this.#records.get(id), { seq: this.#seq, knownAt, change });
      for (const record of after) this.#records.set(record.id, record);
      const severity = change.liveSteps.at(-1);
      if (severity === undefined) continue;
      const tellings = this.#tellings.get(change.id) ?? [];
      this.#tellings.set(change.id, [...tellings, { at: knownAt, severity }]);
    }
  }
}
