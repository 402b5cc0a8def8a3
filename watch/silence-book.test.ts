import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MINUTE_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import { SilenceBook } from './silence-book.ts';

const minute = (at: number) => epochMs(1_790_000_000_000 + at * MINUTE_MS);
const minutes = (count: number) => durationMs(count * MINUTE_MS);
const INPUT = 'S/water_level';
const RECONNECT = minutes(2);

function bookOf(silences: readonly number[] = [15]): SilenceBook {
  const book = new SilenceBook(RECONNECT);
  book.listen([{ input: INPUT, intervalMs: minutes(1), silencesMs: silences.map(minutes) }]);
  return book;
}

describe('SilenceBook', () => {
  it('decides once when nothing was received for as long as it takes', () => {
    const book = bookOf();
    book.heard(INPUT, minute(0), minute(0));
    expect(book.due(minute(14))).toEqual([]);
    const decision = { kind: 'silence', input: INPUT, t: minute(15), since: minute(0) };
    expect(book.due(minute(15))).toEqual([decision]);
    expect(book.due(minute(60))).toEqual([]);
  });

  it('decides each of several silences, and those passed together once', () => {
    const book = bookOf([3, 15, 60]);
    book.heard(INPUT, minute(0), minute(0));
    expect(book.due(minute(3))).toHaveLength(1);
    expect(book.due(minute(16))).toHaveLength(1);
    expect(book.due(minute(59))).toEqual([]);
    expect(book.due(minute(60))).toHaveLength(1);
    book.heard(INPUT, minute(61), minute(61));
    expect(book.due(minute(125))).toHaveLength(1);
  });

  it('says nothing of a datastream that was never heard', () => {
    expect(bookOf().due(minute(1_000))).toEqual([]);
  });

  it('does not take a slow device clock for silence', () => {
    const book = bookOf();
    for (let at = 0; at <= 60; at += 1) {
      book.heard(INPUT, minute(at - 20), minute(at));
      expect(book.due(minute(at))).toEqual([]);
    }
  });

  it('is not silenced by what was buffered: only a younger reading begins the count again', () => {
    const book = bookOf();
    book.heard(INPUT, minute(0), minute(0));
    book.heard(INPUT, minute(-60), minute(10));
    expect(book.due(minute(15))).toEqual([]);
    expect(book.due(minute(25))).toEqual([
      { kind: 'silence', input: INPUT, t: minute(25), since: minute(0) },
    ]);
  });

  it('does not count three hours of our own', () => {
    const book = bookOf();
    book.heard(INPUT, minute(0), minute(0));
    book.away({ from: minute(5), t: minute(185) });
    expect(book.due(minute(185))).toEqual([]);
    // The five minutes before are further back than twice the quarter of an hour.
    expect(book.due(minute(199))).toEqual([]);
    expect(book.due(minute(200))).toHaveLength(1);
  });

  it('counts over a short absence of ours', () => {
    const book = bookOf();
    book.heard(INPUT, minute(0), minute(0));
    book.away({ from: minute(5), t: minute(15) });
    expect(book.due(minute(24))).toEqual([]);
    expect(book.due(minute(25))).toHaveLength(1);
  });

  it('gives devices time to find back after we were away', () => {
    const book = bookOf([3]);
    book.heard(INPUT, minute(0), minute(0));
    book.away({ from: minute(2), t: minute(100) });
    expect(book.due(minute(101))).toEqual([]);
    expect(book.due(minute(102))).toEqual([]);
    expect(book.due(minute(103))).toHaveLength(1);
  });

  it('keeps what it heard when the rules change', () => {
    const book = bookOf([15]);
    book.heard(INPUT, minute(0), minute(0));
    book.listen([
      { input: INPUT, intervalMs: minutes(1), silencesMs: [minutes(30)] },
      { input: 'T/rainfall', intervalMs: minutes(5), silencesMs: [minutes(15)] },
    ]);
    expect(book.due(minute(29))).toEqual([]);
    expect(book.due(minute(30)).map(({ since }) => since)).toEqual([minute(0)]);
  });

  it('never decides a silence that is not there, whatever comes in whatever order', () => {
    const event = fc.record({ t: fc.integer({ min: 0, max: 300 }), travel: fc.integer({ min: 0, max: 90 }) });
    const away = fc.option(
      fc.record({ from: fc.integer({ min: 0, max: 300 }), length: fc.integer({ min: 1, max: 120 }) }),
      { nil: undefined },
    );
    const property = fc.property(fc.array(event, { maxLength: 40 }), away, (events, outage) => {
      const book = bookOf([10, 40]);
      const heard: { readonly t: number; readonly received: number }[] = [];
      const arrivals = events.map(({ t, travel }) => ({ t, received: t + travel }));
      for (let now = 0; now <= 400; now += 1) {
        if (outage !== undefined && now === outage.from + outage.length) {
          book.away({ from: minute(outage.from), t: minute(now) });
        }
        const isAway = outage !== undefined && now >= outage.from && now < outage.from + outage.length;
        if (isAway) continue;
        for (const each of arrivals) {
          if (each.received !== now) continue;
          heard.push(each);
          book.heard(INPUT, minute(each.t), minute(now));
        }
        for (const { since, t } of book.due(minute(now))) {
          const newest = Math.max(...heard.map(each => each.t));
          const last = Math.max(...heard.map(each => each.received));
          const from = Math.max(newest, last);
          const own =
            outage === undefined || now < outage.from + outage.length
              ? 0
              : Math.max(0, outage.from + outage.length - Math.max(outage.from, from));
          expect(since).toBe(minute(newest));
          expect(t).toBe(minute(now));
          expect(now - from - own).toBeGreaterThanOrEqual(10);
        }
      }
    });
    fc.assert(property, { numRuns: 500 });
  });
});
