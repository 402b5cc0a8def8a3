import { describe, expect, it } from 'vitest';

import {
  correctionTable,
  MonthFinder,
  monthOfTable,
  monthStart,
  observationTable,
} from './month-partition.ts';

const at = (iso: string) => Date.parse(iso);

describe('month partitions', () => {
  it('cut at the first instant of a month in UTC, in whatever order instants come', () => {
    const finder = new MonthFinder();
    const tables = [
      '2026-11-30T23:59:59.999Z',
      '2026-12-01T00:00:00.000Z',
      '2026-12-31T23:59:59.999Z',
      '2027-01-01T00:00:00.000Z',
      '2026-11-30T23:59:59.999Z',
      '2000-02-29T12:00:00.000Z',
    ].map(iso => observationTable(finder.of(at(iso))));
    expect(tables).toEqual([
      'observation_2026_11',
      'observation_2026_12',
      'observation_2026_12',
      'observation_2027_01',
      'observation_2026_11',
      'observation_2000_02',
    ]);
  });

  it('are found again by their names', () => {
    const month = new MonthFinder().of(at('2026-11-30T00:00:00Z'));
    expect(monthOfTable('observation_2026_11')).toBe(month);
    expect(monthStart(month)).toBe(at('2026-11-01T00:00:00Z'));
    expect(correctionTable(month + 2)).toBe('correction_2027_01');
    expect(['correction_2026_11', 'ledger', 'observation_2026'].map(monthOfTable)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
