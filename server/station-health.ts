import type { EpochMs } from '../domain/time/instant.ts';
import type { StationTrack } from '../ingest/station-trackers.ts';
import type { StationHealth, TrackedHealth } from './application.ts';

/** What ingest knows of a station, in the words of the application. */
export function trackedHealth({ lastReceived, sequence, clock }: StationTrack): TrackedHealth {
  return {
    lastReceived,
    ...(sequence === undefined ? {} : { sequenceGaps: sequence.gaps, sequenceResets: sequence.resets }),
    ...(clock === undefined ? {} : { clockOffsetMs: clock.offsetMs }),
    ...(clock?.uncertaintyMs === undefined ? {} : { clockUncertaintyMs: clock.uncertaintyMs }),
  };
}

/** Puts together what the broker and what ingest know of a station. */
export function stationHealth(
  connection: { readonly since: EpochMs } | undefined,
  tracked: TrackedHealth | undefined,
): StationHealth {
  return {
    ...(connection === undefined
      ? { connected: false }
      : { connected: true, connectedSince: connection.since }),
    ...tracked,
  };
}
