import type { Clock } from '../../domain/ports/clock.ts';
import { SECOND_MS, durationMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Application } from '../application.ts';

/** Where the newest readings are asked for. */
export type NewestReadingsSource = Pick<Application, 'latest' | 'journalHead' | 'ingestStatus'>;

const LOOK_MS = durationMs(100);
/** Where ingest is further behind than this, what it has not taken may be sent again. */
const MOST_LOOKS = (10 * SECOND_MS) / LOOK_MS;

/** Time of the newest reading of each station, of any of its datastreams. */
export async function newestByStation(
  source: Pick<NewestReadingsSource, 'latest'>,
): Promise<ReadonlyMap<string, EpochMs>> {
  const newest = new Map<string, EpochMs>();
  for (const { station, observation } of await source.latest()) {
    const { t } = observation;
    if (t > (newest.get(station) ?? 0)) newest.set(station, t);
  }
  return newest;
}

/** Waits until ingest has taken what the journal holds by now, ten seconds at most. */
export async function awaitIngest(
  source: Pick<NewestReadingsSource, 'journalHead' | 'ingestStatus'>,
  clock: Clock,
): Promise<void> {
  const head = await source.journalHead();
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const { taken } = await source.ingestStatus();
    if (taken.live >= head.live && taken.backlog >= head.backlog) return;
    await new Promise<void>(resolve => void clock.after(LOOK_MS, resolve));
  }
}
