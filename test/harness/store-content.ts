import type { StoreResumption, TelemetryStore } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { CONTRACT_DATASTREAMS } from './telemetry-reader-contract.ts';

const ALWAYS = { from: epochMs(0), to: epochMs(4e12), limit: 10_000 };

/** Everything a reader of the whole store can see, in a fixed order. */
export async function contentOf(store: TelemetryStore) {
  const ids = CONTRACT_DATASTREAMS.map(({ id }) => id);
  const observations = await Promise.all(ids.map(datastream => store.range({ ...ALWAYS, datastream })));
  const corrections = await Promise.all(ids.map(datastream => store.corrections({ ...ALWAYS, datastream })));
  const sorted = corrections.map(rows =>
    [...rows].sort(
      (a, b) =>
        a.t - b.t || (a.v ?? -1e9) - (b.v ?? -1e9) || a.deviceFlag - b.deviceFlag || a.source - b.source,
    ),
  );
  const ledger = await store.ledger();
  return {
    observations,
    corrections: sorted,
    stations: Object.fromEntries([...ledger.stations].sort(([a], [b]) => (a < b ? -1 : 1))),
    rows: Object.fromEntries([...(await store.countRows())].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The order of these lists is the store's own affair. */
export function sortedResumption({ cursors, datastreams, latest, held, stationStates }: StoreResumption) {
  return {
    cursors,
    datastreams: datastreams.toSorted((a, b) => a.id - b.id),
    latest: latest.toSorted((a, b) => a.datastream - b.datastream),
    held: held.toSorted((a, b) => a.position - b.position),
    stationStates: stationStates.toSorted((a, b) => (a.station < b.station ? -1 : 1)),
  };
}
