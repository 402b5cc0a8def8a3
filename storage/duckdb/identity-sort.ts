import type { ReadingColumns } from '../../domain/ports/telemetry-store.ts';

/** All readings of one commit that share (datastream, t). */
export interface IdentityGroup {
  readonly datastream: number;
  readonly t: number;
  /** Rows of the commit's columns, in the order they came. */
  readonly rows: readonly number[];
  /** False when the file cannot hold the identity yet. */
  readonly mayBeStored: boolean;
}

export interface SortedReadings {
  /** Rows that are new beyond doubt, in the order they came. */
  readonly fresh: Int32Array;
  /** The others, gathered by identity. */
  readonly groups: readonly IdentityGroup[];
}

/**
 * Parts the readings of a commit: one that is newer than everything stored of its datastream and alone with its
 * phenomenonTime is new without a look into the file. Most readings are of that kind, so this is a hot path: it works
 * on chains of row numbers by datastream and makes objects for the others only.
 *
 * @param newest the newest stored phenomenonTime of a datastream, -Infinity when there is none
 */
export function sortByIdentity(
  readings: ReadingColumns,
  newest: (datastream: number) => number,
): SortedReadings {
  const { count, datastream, t } = readings;
  const chains = chainByDatastream(readings);
  const isFresh = new Uint8Array(count);
  const groups: IdentityGroup[] = [];
  let freshCount = 0;
  for (const first of chains.firsts) {
    const id = datastream[first] ?? 0;
    const stored = newest(id);
    if (isAscending(first, { next: chains.next, t, above: stored })) {
      for (let row = first; row >= 0; row = chains.next[row] ?? -1) {
        isFresh[row] = 1;
        freshCount += 1;
      }
      continue;
    }
    for (const rows of rowsByTime(first, chains.next, t)) {
      const [row = 0] = rows;
      const at = t[row] ?? 0;
      if (rows.length === 1 && at > stored) {
        isFresh[row] = 1;
        freshCount += 1;
      } else {
        groups.push({ datastream: id, t: at, rows, mayBeStored: at <= stored });
      }
    }
  }
  const fresh = new Int32Array(freshCount);
  for (let row = 0, to = 0; row < count; row += 1) if (isFresh[row] === 1) fresh[to++] = row;
  return { fresh, groups };
}

interface Chains {
  /** The first row of each datastream that has any. */
  readonly firsts: readonly number[];
  /** The next row of the same datastream, or -1. */
  readonly next: Int32Array;
}

function chainByDatastream({ count, datastream }: ReadingColumns): Chains {
  const next = new Int32Array(count).fill(-1);
  const firsts: number[] = [];
  const lastOf = new Map<number, number>();
  for (let row = 0; row < count; row += 1) {
    const id = datastream[row] ?? 0;
    const last = lastOf.get(id);
    if (last === undefined) firsts.push(row);
    else next[last] = row;
    lastOf.set(id, row);
  }
  return { firsts, next };
}

function isAscending(
  first: number,
  chain: { readonly next: Int32Array; readonly t: Float64Array; readonly above: number },
): boolean {
  let above = chain.above;
  for (let row = first; row >= 0; row = chain.next[row] ?? -1) {
    const t = chain.t[row] ?? 0;
    if (t <= above) return false;
    above = t;
  }
  return true;
}

function rowsByTime(first: number, next: Int32Array, t: Float64Array): Iterable<readonly number[]> {
  const byTime = new Map<number, number[]>();
  for (let row = first; row >= 0; row = next[row] ?? -1) {
    const at = t[row] ?? 0;
    const rows = byTime.get(at);
    if (rows === undefined) byTime.set(at, [row]);
    else rows.push(row);
  }
  return byTime.values();
}
