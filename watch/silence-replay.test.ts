import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { OwnOutage, SilenceDecision } from '../domain/model/watch-decision.ts';
import { MINUTE_MS, durationMs } from '../domain/time/instant.ts';
import { minute, readingAt } from '../test/harness/rule-samples.ts';
import type { Reading } from '../rules/sample.ts';
import { inArrivalOrder } from './arrival-order.ts';
import { SilenceBook } from './silence-book.ts';
import type { ListenedInput } from './silence-book.ts';
import { decideSilences } from './silence-replay.ts';

const RECONNECT = durationMs(2 * MINUTE_MS);
const UNTIL = 400;

const listenedTo = (silences: readonly number[]): ListenedInput => ({
  input: 'S/ponding_depth',
  intervalMs: MINUTE_MS,
  silencesMs: silences.map(at => durationMs(at * MINUTE_MS)),
});

/** Asks the book each minute, as the watch does. */
function asked(
  listened: ListenedInput,
  readings: readonly Reading[],
  outages: readonly OwnOutage[],
): readonly SilenceDecision[] {
  const book = new SilenceBook(RECONNECT);
  book.listen([listened]);
  const decisions: SilenceDecision[] = [];
  for (let at = 0; at <= UNTIL; at += 1) {
    const now = minute(at);
    for (const { input, t, received } of readings) if (received === now) book.heard(input, t, received);
    for (const outage of outages) if (outage.t === now) book.away(outage);
    if (outages.some(({ from, t }) => from <= now && now < t)) continue;
    decisions.push(...book.due(now));
  }
  return decisions;
}

const readings = fc
  .array(fc.record({ at: fc.nat(300), receivedAfter: fc.constantFrom(0, 0, 0, 1, 40) }), { maxLength: 20 })
  .map(all => all.map(({ at, receivedAfter }) => readingAt(at, 1, { receivedAfter })));

const outages = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 120 }), length: fc.integer({ min: 1, max: 60 }) }), {
    maxLength: 3,
  })
  .map(all => {
    let at = 0;
    return all.map(({ gap, length }): OwnOutage => {
      const from = at + gap;
      at = from + length;
      return { kind: 'outage', from: minute(from), t: minute(at) };
    });
  });

describe('decideSilences', () => {
  it('decides what asking each minute decides', () => {
    const silences = fc.constantFrom([15], [3, 15, 60], [5, 200]);
    fc.assert(
      fc.property(silences, readings, outages, (limits, all, ours) => {
        // While we were away nothing was received.
        const heard = all.filter(
          ({ received }) => !ours.some(({ from, t }) => from <= received && received < t),
        );
        const ordered = inArrivalOrder(heard).filter(sample => sample.kind === 'reading');
        const listened = listenedTo(limits);
        const during = { until: minute(UNTIL), outages: ours, reconnectMs: RECONNECT };
        expect(decideSilences(listened, ordered, during)).toEqual(asked(listened, ordered, ours));
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes no outage of ours for silence', () => {
    const outage: OwnOutage = { kind: 'outage', from: minute(1), t: minute(181) };
    const during = { until: minute(195), outages: [outage], reconnectMs: RECONNECT };
    const heard = [readingAt(0, 1), readingAt(183, 1)];
    expect(decideSilences(listenedTo([15]), heard, during)).toEqual([]);
    expect(decideSilences(listenedTo([15]), heard, { ...during, outages: [] })).toHaveLength(1);
  });
});
