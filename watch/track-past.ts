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

type Track = Pick<TrackSlot, 'rule' | 'subject' | 'basis'>;

const EVER = epochMs(Number.MAX_SAFE_INTEGER - 1);

/** Reads what tracks have to be judged from. */
export class TrackPast {
  readonly #options: TrackPastOptions;

  constructor(options: TrackPastOptions) {
    this.#options = options;
  }

  /** Every sample that concerns each track with from ≤ t ≤ upTo, in no order. */
  async samples<Of extends Track>(
    tracks: ReadonlyMap<Of, EpochMs>,
    upTo = EVER,
  ): Promise<ReadonlyMap<Of, readonly Sample[]>> {
    const { store, history } = this.#options;
    const spans = new Map<string, EpochMs>();
    const listened = new Set<string>();
    let decidedFrom = EVER;
    for (const [track, from] of tracks) {
      const isListening = hearsSilence(track);
      if (isListening) decidedFrom = epochMs(Math.min(decidedFrom, from));
      for (const input of inputsOf(track)) {
        spans.set(input, epochMs(Math.min(from, spans.get(input) ?? from)));
        if (isListening) listened.add(input);
      }
    }
    const readings = await history.readings(spans, upTo);
    const query = { from: decidedFrom, to: epochMs(upTo + 1), inputs: [...listened] };
    const decisions = listened.size === 0 ? [] : (await store.decisions(query)).filter(isSample);
    const samples = new Map<Of, readonly Sample[]>();
    for (const [track, from] of tracks) {
      const inputs = inputsOf(track);
      const isHeard = (sample: (typeof decisions)[number]): boolean =>
        sample.kind === 'outage' || inputs.has(sample.input);
      samples.set(track, [
        ...[...inputs].flatMap(input => (readings.get(input) ?? []).filter(({ t }) => t >= from)),
        ...(hearsSilence(track) ? decisions.filter(sample => sample.t >= from && isHeard(sample)) : []),
      ]);
    }
    return samples;
  }

  /** The episodes that have to be known to judge everything from `from` on anew. */
  records(track: Track, from: EpochMs): Promise<readonly EpisodeRecord[]> {
    const { rule, subject } = track;
    const since = epochMs(from - reachOf(track));
    return this.#options.store.remembered({ track: { rule, subject }, since });
  }

  /** Of each track the samples that lead to how things stood at `from`, and all since; read at once. */
  histories<Of extends Track>(
    tracks: readonly {
      readonly track: Of;
      readonly from: EpochMs;
      readonly records: readonly EpisodeRecord[];
    }[],
  ): Promise<ReadonlyMap<Of, readonly Sample[]>> {
    const begins = tracks.map(({ track, from, records }) => {
      return [track, historyFrom(records, { from, reachMs: reachOf(track) })] as const;
    });
    return this.samples(new Map(begins));
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
