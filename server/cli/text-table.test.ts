import { describe, expect, it } from 'vitest';
import { figure, labelled, localTime, printable, textTable } from './text-table.ts';

describe('textTable', () => {
  it('aligns columns, numbers to the right, Chinese characters two wide', () => {
    expect(
      textTable(
        ['name', 'count', 'x'],
        [
          ['龙岗河', 5, 'a'],
          ['ab', 12_345, 'b'],
        ],
      ),
    ).toEqual(['name     count  x', '龙岗河       5  a', 'ab      12,345  b']);
  });

  it('shows only the head where there are no rows', () => {
    expect(textTable(['a', 'b'], [])).toEqual(['a  b']);
  });
});

describe('printable', () => {
  it('lets nothing through that a terminal would obey', () => {
    expect(printable('a\u001b[2Jb\r\nc\u202ed\u0085\u2028')).toBe(
      String.raw`a\u001b[2Jb\u000d\u000ac\u202ed\u0085\u2028`,
    );
    expect(printable('水位 ok é')).toBe('水位 ok é');
  });
});

it('labels values in one column', () => {
  expect(
    labelled([
      ['a', '1'],
      ['水位', '2\n'],
    ]),
  ).toEqual(['a     1', String.raw`水位  2\u000a`]);
});

it('writes instants in the time of the district', () => {
  expect(localTime(Date.UTC(2026, 8, 20, 19, 12, 5, 999))).toBe('2026-09-21 03:12:05');
  expect(figure(1_234_567)).toBe('1,234,567');
});
