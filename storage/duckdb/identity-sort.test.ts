import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import { observation } from '../../test/harness/store-batch.ts';
import { sortByIdentity } from './identity-sort.ts';
import { columnsOf } from './reading-columns.ts';

const readings = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 9 })), {
  maxLength: 25,
});

describe('sortByIdentity', () => {
  it('finds those new that are newer than the stored ones and alone, and gathers the others by identity', () => {
    fc.assert(
      fc.property(readings, fc.integer({ min: -1, max: 9 }), (rows, stored) => {
        const newest = (datastream: number) => (datastream === 3 ? Number.NEGATIVE_INFINITY : stored);
        const columns = columnsOf(rows.map(([datastream, t]) => observation({ datastream, t: epochMs(t) })));
        const { fresh, groups } = sortByIdentity(columns, newest);
        const same = (a: number, b: number) => rows[a]![0] === rows[b]![0] && rows[a]![1] === rows[b]![1];
        const all = rows.map((_, row) => row);
        const isNew = (row: number) =>
          rows[row]![1] > newest(rows[row]![0]) && all.every(other => other === row || !same(row, other));
        expect([...fresh]).toEqual(all.filter(isNew));
        expect(groups.flatMap(group => group.rows).sort((a, b) => a - b)).toEqual(
          all.filter(row => !isNew(row)),
        );
        for (const { datastream, t, rows: members, mayBeStored } of groups) {
          expect(members).toEqual(all.filter(row => rows[row]![0] === datastream && rows[row]![1] === t));
          expect(mayBeStored).toBe(t <= newest(datastream));
        }
      }),
    );
  });
});
