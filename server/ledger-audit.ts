import type { CommittedLedger, TelemetryStore } from '../domain/ports/telemetry-store.ts';

/**
 * Compares what the ledger says is stored with the rows of the tables. Readings may be stored meanwhile, so the rows
 * of a station must lie between the ledger before and the ledger after the count; at rest both are one number.
 */
export async function auditStored(
  store: Pick<TelemetryStore, 'ledger' | 'countRows'>,
): Promise<{ readonly agrees: boolean; readonly differences: readonly string[] }> {
  const before = storedByStation(await store.ledger());
  const rows = await store.countRows();
  const after = storedByStation(await store.ledger());
  const differences: string[] = [];
  for (const station of new Set([...after.keys(), ...rows.keys()])) {
    const low = before.get(station) ?? 0;
    const high = after.get(station) ?? 0;
    const found = rows.get(station) ?? 0;
    if (found >= low && found <= high) continue;
    differences.push(`${station}: the ledger says ${high} readings are stored, the tables hold ${found}.`);
  }
  return { agrees: differences.length === 0, differences };
}

function storedByStation(ledger: CommittedLedger): ReadonlyMap<string, number> {
  return new Map([...ledger.stations].map(([station, { readings }]) => [station, readings.stored]));
}
