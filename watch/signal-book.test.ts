import { expect, it } from 'vitest';

import type { RainstormSignal, WatchDecision } from '../domain/model/watch-decision.ts';
import { MINUTE_MS, epochMs } from '../domain/time/instant.ts';
import type { BasisSegment } from '../rules/plan.ts';
import { withModes } from '../rules/plan-modes.ts';
import { SIGNAL_STANDS_MS } from '../rules/signals-in-force.ts';
import { ladderPlan, minute } from '../test/harness/rule-samples.ts';
import { SignalBook } from './signal-book.ts';

const signal = (
  zone: string,
  at: number,
  severity: RainstormSignal['severity'] = 'orange',
): RainstormSignal => ({ kind: 'signal', zone, t: minute(at), severity });

const CALM = ladderPlan([10]);
const inStorms = (...zones: readonly string[]) =>
  withModes(CALM, [{ when: { signal: 'orange' }, plan: ladderPlan([5]) }], zones);

/** One segment for each plan. */
const slotOf = (...plans: readonly BasisSegment['plan'][]) => ({
  basis: plans.map((plan, index): BasisSegment => ({
    from: epochMs(index),
    versions: { ruleSet: index + 1, registry: 1 },
    ...(plan === undefined ? {} : { plan }),
  })),
});

function bookOf(...signals: readonly RainstormSignal[]): SignalBook {
  const book = new SignalBook();
  for (const each of signals) book.take(each);
  return book;
}

it('knows the newest of each zone, in whatever order they come', () => {
  const [first, second, lifted] = [signal('B', 1), signal('B', 2, 'red'), signal('B', 3, null)];
  const slot = slotOf(inStorms('B', '*'));
  expect(bookOf(first, second).newFor(slot)).toEqual([second]);
  expect(bookOf(second, first).newFor(slot)).toEqual([second]);
  expect(bookOf(lifted, second, first, signal('*', 0)).newFor(slot)).toEqual([lifted, signal('*', 0)]);
});

it('takes the more severe of one instant, as rules do', () => {
  const slot = slotOf(inStorms('B'));
  const [mild, severe] = [signal('B', 1, 'blue'), signal('B', 1, 'red')];
  expect(bookOf(mild, severe).newFor(slot)).toEqual([severe]);
  expect(bookOf(severe, mild).newFor(slot)).toEqual([severe]);
});

it('gives a rule what it asks for since its last basis, and did not before', () => {
  const book = bookOf(signal('B', 1), signal('*', 2), signal('C', 3));
  const asked = (...plans: readonly BasisSegment['plan'][]) =>
    book.newFor(slotOf(...plans)).map(({ zone }) => zone);
  expect(asked(CALM, inStorms('B', '*'))).toEqual(['B', '*']);
  expect(asked(inStorms('*'), inStorms('B', '*'))).toEqual(['B']);
  expect(asked(inStorms('B', '*'), inStorms('B', '*'))).toEqual([]);
  // It has heard of the zone all the time.
  expect(asked(inStorms('B', '*'), undefined, inStorms('B', '*'))).toEqual([]);
  expect(asked(inStorms('B', '*'), CALM)).toEqual([]);
  expect(asked(undefined)).toEqual([]);
});

it('takes what is kept and may still stand', async () => {
  const kept: readonly WatchDecision[] = [
    signal('B', 0),
    { kind: 'outage', from: minute(0), t: minute(1) },
    signal('*', 1, null),
  ];
  const book = new SignalBook();
  const decisions: Parameters<SignalBook['recall']>[0]['decisions'] = ({ from, to }) =>
    Promise.resolve(kept.filter(({ t }) => t >= from && t < to));
  await book.recall({ decisions }, epochMs(minute(1) + SIGNAL_STANDS_MS));
  expect(book.newFor(slotOf(inStorms('B', '*')))).toEqual([signal('*', 1, null)]);
  await book.recall({ decisions }, epochMs(minute(0) + SIGNAL_STANDS_MS + MINUTE_MS / 2));
  expect(book.newFor(slotOf(inStorms('B', '*')))).toEqual([signal('*', 1, null)]);
  await book.recall({ decisions }, epochMs(minute(0) + SIGNAL_STANDS_MS));
  expect(book.newFor(slotOf(inStorms('B', '*')))).toEqual([signal('B', 0), signal('*', 1, null)]);
});
