import { z } from 'zod';

import { CLOCK_DECISION_TOPIC, SERVER_PRINCIPAL } from '../domain/model/topic.ts';
import type { JournalledEntry } from '../domain/ports/journal.ts';

/**
 * The server's decision that its own clock was wrong while it received the held messages up to a position, and by how
 * much. It is journalled like a message, so that a replay of the arrival log decides alike (promise 3).
 */
export interface ClockDecision {
  readonly throughPosition: number;
  /** True time minus recorded receivedTime, milliseconds. */
  readonly correctionMs: number;
}

const DECISION = z.strictObject({ throughPosition: z.int().positive(), correctionMs: z.number() });

export function encodeClockDecision(decision: ClockDecision): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(decision));
}

/** The decision an entry carries, if it is one; only the server itself can journal one. */
export function clockDecisionOf(entry: JournalledEntry): ClockDecision | undefined {
  if (entry.topic !== CLOCK_DECISION_TOPIC || entry.principal !== SERVER_PRINCIPAL) return undefined;
  return DECISION.parse(JSON.parse(new TextDecoder().decode(entry.payload)));
}
