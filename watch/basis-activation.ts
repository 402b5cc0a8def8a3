import type { Clock } from '../domain/ports/clock.ts';
import type { EpisodeRecord, EpisodeStore } from '../domain/ports/episode-store.ts';
import type { Log } from '../domain/ports/log.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { insist } from './insist.ts';
import type { SignalBook } from './signal-book.ts';
import type { TrackRunner } from './track-runner.ts';
import type { TrackTable } from './track-table.ts';
import type { WatchLimits } from './watch-limits.ts';

const UNREADABLE = 'What new rules have to know cannot be read from the stores; it is tried again.';

export interface BasisActivationOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<EpisodeStore, 'remembered' | 'decisions'>;
  readonly limits: Pick<WatchLimits, 'sliceMs'>;
  readonly nextTurn: () => Promise<void>;
  readonly table: Pick<TrackTable, 'all' | 'get'>;
  readonly tracks: Pick<TrackRunner, 'give' | 'mention' | 'take'>;
  readonly signals: Pick<SignalBook, 'newFor' | 'recall'>;
}

/**
 * Makes the newest basis of all tracks felt: what it does not support any more ends at once, not with the next reading, and
 * the signals that it asks for are known.
 *
 * @param from when it came into force
 */
export async function activateBasis(from: EpochMs, options: BasisActivationOptions): Promise<void> {
  const { clock, log, store, limits, nextTurn, table, tracks, signals } = options;
  const read = async (): Promise<readonly EpisodeRecord[]> => {
    // Those of before the start are in the store.
    await signals.recall(store, clock.now());
    return store.remembered({ since: epochMs(Number.MAX_SAFE_INTEGER) });
  };
  const open = await insist(read, { clock, log, message: UNREADABLE });
  const concerned = new Set(open.flatMap(({ episode }) => table.get(episode) ?? []));
  for (const slot of table.all()) {
    if (slot.track !== undefined) concerned.add(slot);
    // What is being opened may have read the stores before it asked for signals.
    else for (const signal of signals.newFor(slot)) tracks.mention(slot, signal);
  }
  let sliceStart = clock.monotonicMs();
  for (const slot of concerned) {
    const { track } = slot;
    const standing = signals.newFor(slot);
    if (track !== undefined && (standing.length > 0 || (track.newest ?? from) > from)) {
      tracks.take(slot, { changes: track.rebind(slot.basis, standing), beyond: [] });
    }
    tracks.give(slot, { kind: 'activation', t: from });
    if (clock.monotonicMs() - sliceStart < limits.sliceMs) continue;
    await nextTurn();
    sliceStart = clock.monotonicMs();
  }
}
