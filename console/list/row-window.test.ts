import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rowHeight, rowLayout } from './row-layout.ts';
import { rowAt, rowTops, rowWindow, scrollToRow } from './row-window.ts';

const TOPS = rowTops([10, 20, 30, 40]);

describe('the window of rows', () => {
  it('knows the top of each row and the height of all', () => {
    expect(TOPS).toEqual([0, 10, 30, 60, 100]);
    expect(rowTops([])).toEqual([0]);
  });

  it.each([
    { y: -5, row: 0 },
    { y: 0, row: 0 },
    { y: 9, row: 0 },
    { y: 10, row: 1 },
    { y: 59, row: 2 },
    { y: 1_000, row: 3 },
  ])('finds row $row at $y', ({ y, row }) => {
    expect(rowAt(TOPS, y)).toBe(row);
  });

  it('draws nothing of an empty list', () => {
    expect(rowWindow([0], { scrollTop: 0, height: 100, margin: 10 })).toEqual({ first: 0, end: 0 });
  });

  it('draws every row that is seen', () => {
    const heights = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 });
    const drawsAll = fc.property(heights, fc.nat(3_000), fc.nat(900), (sizes, scrollTop, height) => {
      const tops = rowTops(sizes);
      const { first, end } = rowWindow(tops, { scrollTop, height, margin: 0 });
      return sizes.every((_, row) => {
        const isSeen = (tops[row] ?? 0) < scrollTop + height && (tops[row + 1] ?? 0) > scrollTop;
        return !isSeen || (row >= first && row < end);
      });
    });
    expect(() => fc.assert(drawsAll)).not.toThrow();
  });

  it('scrolls only as far as needed', () => {
    expect(scrollToRow(TOPS, 1, { scrollTop: 0, height: 50 })).toBe(0);
    expect(scrollToRow(TOPS, 3, { scrollTop: 0, height: 50 })).toBe(50);
    expect(scrollToRow(TOPS, 0, { scrollTop: 25, height: 50 })).toBe(0);
  });
});

describe('the layout of rows', () => {
  it('makes columns where they have room, and cards elsewhere', () => {
    expect(rowLayout(1_030, 'zh')).toEqual({ isCard: false, stationWidth: 218, columns: 4 });
    expect(rowLayout(1_640, 'en')).toEqual({ isCard: false, stationWidth: 330, columns: 7 });
    expect(rowLayout(390, 'zh')).toMatchObject({ isCard: true, columns: 2 });
    expect(rowLayout(0, 'zh')).toMatchObject({ isCard: true, columns: 1 });
  });

  it('grows with the lines of values, and is never below that of one', () => {
    const wide = { isCard: false, columns: 3 };
    expect(rowHeight(wide, 0)).toBe(rowHeight(wide, 3));
    expect(rowHeight(wide, 4)).toBeGreaterThan(rowHeight(wide, 3));
    const card = { isCard: true, columns: 2 };
    expect(rowHeight(card, 3)).toBeGreaterThan(rowHeight(card, 2));
  });
});
