import { describe, expect, it } from 'vitest';

import { FUTURE_TOLERANCE_MS, HOUR_MS, epochMs } from '../domain/time/instant.ts';
import { correctionOf } from './clock-decision.ts';

const NOW = epochMs(1_790_000_000_000);
const DECISIONS = [
  { live: { from: 10, through: 20 }, correctionMs: HOUR_MS },
  { backlog: { from: 30, through: 40 }, correctionMs: 2 * HOUR_MS },
];
/** Received while our clock was an hour slow, as it looks then. */
const held = { position: 15, t: epochMs(NOW + HOUR_MS), sent: epochMs(NOW + HOUR_MS), received: NOW };

describe('the correction of a reading', () => {
  it('is that of the decision that covers its message, in either lane', () => {
    expect(correctionOf(DECISIONS, held)).toBe(HOUR_MS);
    expect(correctionOf(DECISIONS, { ...held, t: NOW, position: 30 })).toBe(2 * HOUR_MS);
  });

  it('is none outside, and none for what never looked like the future', () => {
    expect(correctionOf(DECISIONS, { ...held, position: 21 })).toBeUndefined();
    const past = epochMs(NOW + FUTURE_TOLERANCE_MS);
    expect(correctionOf(DECISIONS, { ...held, t: past, sent: past })).toBeUndefined();
    expect(correctionOf([], held)).toBeUndefined();
  });
});
