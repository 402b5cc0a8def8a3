import { z } from 'zod';

import { readJson } from '../codecs/json-v1/payload.ts';
import { CLOCK_DECISION_TOPIC, SERVER_PRINCIPAL } from '../domain/model/topic.ts';
import type { Observation } from '../domain/model/observation.ts';
import { JOURNAL_STREAMS } from '../domain/ports/journal.ts';
import type { JournalStream, JournalledEntry } from '../domain/ports/journal.ts';
import { FUTURE_TOLERANCE_MS, durationMs } from '../domain/time/instant.ts';
import type { DurationMs } from '../domain/time/instant.ts';

/** Positions of one lane, both ends included. */
export interface PositionRange {
  readonly from: number;
  readonly through: number;
}

/**
 * The server's decision that its own clock was wrong while it received what it held, and by how much. It is journalled
 * like a message, so that a replay of the arrival log decides alike (promise 3). Each lane is read in order and
 * everything from the future is held while the clock is in doubt, so a range a lane names what was held exactly: any
 * message of the range that looks like the future.
 */
export interface ClockDecision {
  readonly live?: PositionRange | undefined;
  readonly backlog?: PositionRange | undefined;
  /** True time minus recorded receivedTime, milliseconds, never negative. */
  readonly correctionMs: number;
}

const RANGE = z.strictObject({ from: z.int().positive(), through: z.int().positive() });
export const CLOCK_DECISION_SCHEMA = z.strictObject({
  live: RANGE.optional(),
  backlog: RANGE.optional(),
  correctionMs: z.number().min(0),
});

export function encodeClockDecision(decision: ClockDecision): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(decision));
}

/**
 * The decision an entry carries, if it is one; only the server itself can journal one. An entry that cannot be read
 * is none: it goes the way of every message nobody understands, to quarantine.
 */
export function clockDecisionOf(entry: JournalledEntry): ClockDecision | undefined {
  if (entry.topic !== CLOCK_DECISION_TOPIC || entry.principal !== SERVER_PRINCIPAL) return undefined;
  const json = readJson(entry.payload);
  return json.ok ? CLOCK_DECISION_SCHEMA.safeParse(json.value).data : undefined;
}

/**
 * By how much the clock of the server was corrected for the message of a reading; undefined where it was believed. Only what looks
 * like the future is ever held, so a reading of the other lane in between is not taken for one.
 *
 * @returns true time minus recorded receivedTime, milliseconds
 */
export function correctionOf(
  decisions: readonly ClockDecision[],
  { position, t, sent, received }: Pick<Observation, 'position' | 't' | 'sent' | 'received'>,
): DurationMs | undefined {
  if (Math.max(t, sent) <= received + FUTURE_TOLERANCE_MS) return undefined;
  const decision = decisions.find(each => JOURNAL_STREAMS.some(lane => isCovered(each, { lane, position })));
  return decision === undefined ? undefined : durationMs(decision.correctionMs);
}

/** True where the decision covers the message. */
export function isCovered(
  decision: ClockDecision,
  message: { readonly lane: JournalStream; readonly position: number },
): boolean {
  const range = decision[message.lane];
  return range !== undefined && range.from <= message.position && message.position <= range.through;
}
