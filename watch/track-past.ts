import type { EpisodeRecord, EpisodeStore } from '../domain/ports/episode-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Sample } from '../rules/sample.ts';
import { isSample } from './is-sample.ts';
import { hearsSilence, inputsOf, reachOf } from './track-slot.ts';
import type { TrackSlot } from './track-slot.ts';
import type { WatchHistory } from './watch-history.ts';

export interface TrackPastOptions {
  readonly store: Pick<EpisodeStore, 'remembered' | 'decisions'>;
  readonly history: Pick<WatchHistory, 'readings'>;
}

/** What a track is judged anew from. */
export interface Past {
  readonly samples: readonly Sample[];
  /** Its episodes since then. */
  readonly records: readonly EpisodeRecord[];
}

const EVER = epochMs(Number.MAX_SAFE_INTEGER - 1);

/** Reads what a track has to be judged from. */
export class TrackPast {
  readonly #options: TrackPastOptions;

  constructor(options: TrackPastOptions) {
    this.#options = options;
  }

  /** Every sample that concerns the track with from ≤ t ≤ upTo. */
  async samples(slot: TrackSlot, from: EpochMs, upTo = EVER): Promise<readonly Sample[]> {
    const { store, history } = this.#options;
    const samples: Sample[] = [];
    const inputs = [...inputsOf(slot)];
    for (const input of inputs) samples.push(...(await history.readings(input, from, upTo)));
    if (!hearsSilence(slot)) return samples;
    const decisions = await store.decisions({ from, to: epochMs(upTo + 1), inputs });
    return [...samples, ...decisions.filter(isSample)];
  }

  /** What is needed to judge everything from `from` on anew. */
  async before(slot: TrackSlot, from: EpochMs): Promise<Past> {
    const { rule, subject } = slot;
    const reachMs = reachOf(slot);
    const since = epochMs(from - reachMs);
    const records = await this.#options.store.remembered({ track: { rule, subject }, since });
    return { records, samples: await this.samples(slot, historyFrom(records, { from, reachMs })) };
  }
}

/**
 * Where history has to begin so that everything from an instant on can be judged: a reach before it, and a reach before
 * the begin of an episode that was then open, or may have been: with an off-delay its end is known later than it is.
 *
 * @param records those that `EpisodeStore.remembered` answers since `from - reachMs`
 */
export function historyFrom(
  records: readonly EpisodeRecord[],
  { from, reachMs }: { readonly from: EpochMs; readonly reachMs: number },
): EpochMs {
  const since = epochMs(from - reachMs);
  const begins = records.filter(record => lasts(record, since)).map(({ episode }) => episode.begin);
  return epochMs(Math.min(from, ...begins) - reachMs);
}

/** Whether an episode that is believed in was open at an instant or later. */
function lasts({ status, episode }: EpisodeRecord, since: EpochMs): boolean {
  return status === 'open' || (status === 'ended' && (episode.end ?? since) >= since);
}
