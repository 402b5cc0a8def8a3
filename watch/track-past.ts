import type { EpisodeRecord, EpisodeStore } from '../domain/ports/episode-store.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { SIGNAL_STANDS_MS } from '../rules/signals-in-force.ts';
import type { Sample } from '../rules/sample.ts';
import { hearsSilence, inputsOf, reachOf, zonesOf } from './track-slot.ts';
import type { TrackSlot } from './track-slot.ts';
import type { WatchHistory } from './watch-history.ts';

export interface TrackPastOptions {
  readonly store: Pick<EpisodeStore, 'remembered' | 'decisions'>;
  readonly history: Pick<WatchHistory, 'readings'>;
}

type Track = Pick<TrackSlot, 'rule' | 'subject' | 'basis'>;

const EVER = epochMs(Number.MAX_SAFE_INTEGER - 1);
const NONE: ReadonlySet<string> = new Set();

/** Reads what tracks have to be judged from. */
export class TrackPast {
  readonly #options: TrackPastOptions;

  constructor(options: TrackPastOptions) {
    this.#options = options;
  }

  /** Every sample that concerns each track with from ≤ t ≤ upTo, and the signals that may stand at `from`; in no order. */
  async samples<Of extends Track>(
    tracks: ReadonlyMap<Of, EpochMs>,
    upTo = EVER,
  ): Promise<ReadonlyMap<Of, readonly Sample[]>> {
    const spans = new Map<string, EpochMs>();
    for (const [track, from] of tracks) {
      for (const input of inputsOf(track)) {
        spans.set(input, epochMs(Math.min(from, spans.get(input) ?? from)));
      }
    }
    const readings = await this.#options.history.readings(spans, upTo);
    const decisions = await this.decisions(tracks, upTo);
    const samples = new Map<Of, readonly Sample[]>();
    for (const [track, from] of tracks) {
      samples.set(track, [
        ...[...inputsOf(track)].flatMap(input => (readings.get(input) ?? []).filter(({ t }) => t >= from)),
        ...(decisions.get(track) ?? []),
      ]);
    }
    return samples;
  }

  /** Of these samples those that were decided: silences, outages of ours and signals, where they mean something to the track. */
  async decisions<Of extends Track>(
    tracks: ReadonlyMap<Of, EpochMs>,
    upTo = EVER,
  ): Promise<ReadonlyMap<Of, readonly WatchDecision[]>> {
    const minded = [...tracks].map(([track, from]) => ({
      track,
      from,
      signalsFrom: from - SIGNAL_STANDS_MS,
      inputs: hearsSilence(track) ? inputsOf(track) : NONE,
      zones: zonesOf(track),
    }));
    const begins = minded.flatMap(({ from, signalsFrom, inputs, zones }) => [
      ...(inputs.size > 0 ? [from] : []),
      ...(zones.size > 0 ? [signalsFrom] : []),
    ]);
    if (begins.length === 0) return new Map();
    const query = {
      from: epochMs(Math.min(...begins)),
      to: epochMs(upTo + 1),
      inputs: [...new Set(minded.flatMap(({ inputs }) => [...inputs]))],
    };
    const decided = await this.#options.store.decisions(query);
    return new Map(
      minded.map(({ track, from, signalsFrom, inputs, zones }) => {
        const isHeard = (decision: WatchDecision): boolean => {
          if (decision.kind === 'signal') return zones.has(decision.zone) && decision.t >= signalsFrom;
          if (decision.t < from) return false;
          return decision.kind === 'outage' ? inputs.size > 0 : inputs.has(decision.input);
        };
        return [track, decided.filter(isHeard)] as const;
      }),
    );
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
