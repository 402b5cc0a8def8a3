import { describe, expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { splitKeptStates } from './kept-state.ts';
import { StaleBook } from './stale-book.ts';

const span = (from: number, to: number) => ({ from: epochMs(from), to: epochMs(to) });
const keptOf = (book: StaleBook, id: number) => splitKeptStates(book.stateOf(id)).stale;

describe('StaleBook', () => {
  it('joins what touches, and keeps apart what does not', () => {
    const book = new StaleBook();
    for (const each of [span(10, 20), span(40, 50), span(21, 30), span(15, 18), span(9, 8)]) {
      book.add({ datastream: 1, ...each });
    }
    expect(keptOf(book, 1)).toEqual([
      { datastream: 1, ...span(10, 30) },
      { datastream: 1, ...span(40, 50) },
    ]);
    for (let n = 1; n < 20; n += 1) book.add({ datastream: 1, ...span(n * 100, n * 100 + 1) });
    expect(keptOf(book, 1).length).toBeLessThanOrEqual(8);
    expect([keptOf(book, 1)[0]?.from, keptOf(book, 1).at(-1)?.to]).toEqual([10, 1_901]);
  });

  it('counts what is in hand as open until it is done, and cuts what is long', () => {
    const book = new StaleBook();
    book.add({ datastream: 1, ...span(0, 100) });
    book.add({ datastream: 2, ...span(5, 6) });
    expect(book.take(1, 60)).toEqual([{ datastream: 1, span: span(0, 60) }]);
    expect([book.size, book.hasOpen]).toEqual([2, true]);
    expect(keptOf(book, 1)).toEqual([{ datastream: 1, ...span(0, 100) }]);
    book.done(1);
    expect(keptOf(book, 1)).toEqual([{ datastream: 1, ...span(61, 100) }]);
    expect(book.take(9, 60).map(({ datastream }) => datastream)).toEqual([2, 1]);
    expect([book.size, book.hasOpen]).toEqual([2, false]);
    book.done(1);
    book.done(2);
    expect([book.size, keptOf(book, 1)]).toEqual([0, []]);
  });
});
