import { isAppError, messageOf } from '../domain/errors.ts';
import { CLOCK_DECISION_TOPIC, SERVER_PRINCIPAL } from '../domain/model/topic.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { JournalAppender } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import { SECOND_MS } from '../domain/time/instant.ts';
import { encodeClockDecision } from '../ingest/clock-decision.ts';
import type { ClockDecision } from '../ingest/clock-decision.ts';
import { appendDurably } from './journal-append.ts';

const RETRY_MS = SECOND_MS;

/** Journals a decision about our clock. Tried until it is durable: without it the held messages would wait for ever. */
export function journalDecision(
  parts: { readonly journal: JournalAppender; readonly clock: Clock; readonly log: Log },
  decision: ClockDecision,
): void {
  const { journal, clock, log } = parts;
  appendDurably(journal, 'live', {
    received: clock.now(),
    principal: SERVER_PRINCIPAL,
    topic: CLOCK_DECISION_TOPIC,
    qos: 1,
    payload: encodeClockDecision(decision),
  }).catch((error: unknown) => {
    // The held messages are durable: the next start watches and decides anew.
    if (isAppError(error, 'shutting_down')) return;
    log.warn('A decision about our clock could not be journalled; it is tried again.', {
      error: messageOf(error),
    });
    clock.after(RETRY_MS, () => journalDecision(parts, decision));
  });
}
