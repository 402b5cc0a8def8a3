import fc from 'fast-check';
import { expect, it } from 'vitest';

import { WARNING_SEVERITIES } from '../../domain/model/warning-severity.ts';
import type { WatchDecision } from '../../domain/model/watch-decision.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { decodeWatchDecisions, encodeWatchDecisions } from './codec.ts';

const instant = fc.integer({ min: 0, max: 4e12 }).map(epochMs);
const decision: fc.Arbitrary<WatchDecision> = fc.oneof(
  fc.record({
    kind: fc.constant('silence' as const),
    input: fc.string({ minLength: 1, maxLength: 200 }),
    t: instant,
    since: instant,
  }),
  fc.record({ kind: fc.constant('outage' as const), t: instant, from: instant }),
  fc.record({
    kind: fc.constant('signal' as const),
    zone: fc.string({ minLength: 1 }),
    t: instant,
    severity: fc.constantFrom(...WARNING_SEVERITIES, null),
  }),
);

it('gives back every decision in order, in payloads that a message may have', () => {
  const many = fc.array(decision, { maxLength: 3_000, size: 'max' });
  const property = fc.property(many, decisions => {
    const payloads = encodeWatchDecisions(decisions);
    expect(payloads.flatMap(payload => decodeWatchDecisions(payload))).toEqual(decisions);
    expect(Math.max(0, ...payloads.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(64 * 1024);
  });
  fc.assert(property, { numRuns: 50 });
});

it.each([
  ['no JSON', '{'],
  ['nothing', '[]'],
  ['another kind', '[{"kind":"wish","t":1}]'],
  ['half a decision', '[{"kind":"outage","t":1}]'],
  ['an unknown field', '[{"kind":"outage","t":1,"from":0,"why":""}]'],
  ['an unknown severity', '[{"kind":"signal","zone":"z","t":1,"severity":"purple"}]'],
])('does not read %s', (_, text) => {
  expect(decodeWatchDecisions(new TextEncoder().encode(text))).toBeUndefined();
});
