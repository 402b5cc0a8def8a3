import { DOUBLE, UTINYINT } from '@duckdb/node-api';

import type { Observation } from '../../domain/model/observation.ts';
import type { ReadingColumns } from '../../domain/ports/telemetry-store.ts';
import type { Connection } from './database.ts';
import { standingAfter } from './identity-events.ts';
import type { IdentityEvent } from './identity-events.ts';
import { between, MonthFinder, observationTable } from './month-partition.ts';
import type { Month } from './month-partition.ts';
import { eachFlag } from './overlay.ts';
import { observationAt } from './reading-columns.ts';
import { findIdentities } from './stored-identities.ts';
import type { TakenBatch } from './taken-batch.ts';

export interface RequalifiedWork {
  readonly batches: readonly TakenBatch[];
  /** The readings of all batches, in order. */
  readonly readings: ReadingColumns;
  readonly months: ReadonlySet<Month>;
  /** The newest stored phenomenonTime of a datastream. */
  readonly newest: (datastream: number) => number;
}

export interface Requalified {
  /** The readings of the batches, with the flags that they have after all of them. */
  readonly readings: ReadingColumns;
  /** Rows of the file that have another flag now. */
  readonly changed: readonly Observation[];
}

interface FlaggedIdentity {
  readonly datastream: number;
  readonly t: number;
  readonly events: IdentityEvent[];
  /** The rows of the candidates among the events, in order. */
  readonly rows: { readonly row: number; readonly candidate: Observation }[];
}

/**
 * Carries flags to where they belong: into the readings of the same commit that stand, or into rows of the file. Call it
 * in the transaction, before the readings are merged; a flag for an identity that nobody has does nothing.
 */
export async function requalifyRows(connection: Connection, work: RequalifiedWork): Promise<Requalified> {
  const identities = gather(work);
  if (identities.length === 0) return { readings: work.readings, changed: [] };
  const sought = identities.filter(({ datastream, t }) => t <= work.newest(datastream));
  const found = sought.length === 0 ? new Map() : await findIdentities(connection, sought, work.months);
  const storedOf = new Map([...found].map(([index, { winner }]) => [sought[index], winner] as const));
  const quality = work.readings.quality.slice();
  const changes: { readonly rowid: number; readonly row: Observation }[] = [];
  for (const identity of identities) {
    const stored = storedOf.get(identity);
    const standing = standingAfter(stored?.observation, identity.events);
    if (standing === undefined) continue;
    // A flag makes a new object of the one that stands, so it is known by what no flag changes.
    const taken = identity.rows.find(({ candidate }) => isSameCandidate(candidate, standing));
    if (taken !== undefined && !(stored !== undefined && isSameCandidate(stored.observation, standing))) {
      quality[taken.row] = standing.quality;
    } else if (stored !== undefined && stored.observation.quality !== standing.quality) {
      changes.push({ rowid: stored.rowid, row: standing });
    }
  }
  await updateQuality(connection, changes);
  return { readings: { ...work.readings, quality }, changed: changes.map(({ row }) => row) };
}

function isSameCandidate(a: Observation, b: Observation): boolean {
  return (
    a.position === b.position &&
    a.v === b.v &&
    a.deviceFlag === b.deviceFlag &&
    a.source === b.source &&
    a.sent === b.sent
  );
}

/** The identities that any batch has a flag for, with all that the batches hold of them. */
function gather({ batches, readings }: RequalifiedWork): readonly FlaggedIdentity[] {
  const byDatastream = new Map<number, Map<number, FlaggedIdentity>>();
  for (const { requalified } of batches) {
    eachFlag(requalified, (datastream, t) => {
      const byTime = byDatastream.get(datastream) ?? new Map<number, FlaggedIdentity>();
      byDatastream.set(datastream, byTime);
      if (!byTime.has(t)) byTime.set(t, { datastream, t, events: [], rows: [] });
    });
  }
  if (byDatastream.size === 0) return [];
  let row = 0;
  for (const batch of batches) {
    for (const end = row + batch.readings.count; row < end; row += 1) {
      const identity = byDatastream.get(readings.datastream[row] ?? 0)?.get(readings.t[row] ?? 0);
      if (identity === undefined) continue;
      const candidate = observationAt(readings, row);
      identity.events.push(candidate);
      identity.rows.push({ row, candidate });
    }
    eachFlag(batch.requalified, (datastream, t, flag) =>
      byDatastream.get(datastream)?.get(t)?.events.push(flag),
    );
  }
  return [...byDatastream.values()].flatMap(byTime => [...byTime.values()]);
}

async function updateQuality(
  connection: Connection,
  changes: readonly { readonly rowid: number; readonly row: Observation }[],
): Promise<void> {
  const finder = new MonthFinder();
  const byMonth = new Map<Month, (typeof changes)[number][]>();
  for (const change of changes) {
    const month = finder.of(change.row.t);
    const rows = byMonth.get(month) ?? [];
    byMonth.set(month, rows);
    rows.push(change);
  }
  for (const [month, rows] of byMonth) {
    const places = rows.map(({ rowid }) => rowid);
    const flags = rows.map(({ row }) => row.quality);
    await connection.run('CREATE OR REPLACE TEMP TABLE requalified (place BIGINT, quality UTINYINT)');
    await connection.append(
      'requalified',
      [
        { type: DOUBLE, numbers: places },
        { type: UTINYINT, numbers: flags },
      ],
      rows.length,
      'temp',
    );
    const table = observationTable(month);
    await connection.run(
      `UPDATE ${table} SET quality = r.quality FROM requalified r
       WHERE ${table}.rowid = r.place AND ${between(`${table}.rowid`, places)}`,
    );
  }
}
