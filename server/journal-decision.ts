import { encodeWatchDecisions } from '../codecs/watch-decision/codec.ts';
import { isAppError, messageOf } from '../domain/errors.ts';
import { CLOCK_DECISION_TOPIC, SERVER_PRINCIPAL, WATCH_DECISION_TOPIC } from '../domain/model/topic.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { JournalAppender } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import { SECOND_MS } from '../domain/time/instant.ts';
import { encodeClockDecision } from '../ingest/clock-decision.ts';
import type { ClockDecision } from '../ingest/clock-decision.ts';
import { appendDurably } from './journal-append.ts';

interface Parts {
  readonly journal: JournalAppender;
  readonly clock: Clock;
  readonly log: Log;
}

const RETRY_MS = SECOND_MS;

/** Journals a decision about our clock. Without it the held messages would wait for ever. */
export function journalClockDecision(parts: Parts, decision: ClockDecision): void {
  journalDecision(parts, CLOCK_DECISION_TOPIC, encodeClockDecision(decision));
}

/** Journals what the watch has decided by the wall clock: that somebody is silent, or that we were. */
export function journalWatchDecisions(parts: Parts, decisions: readonly WatchDecision[]): void {
  for (const payload of encodeWatchDecisions(decisions))
    journalDecision(parts, WATCH_DECISION_TOPIC, payload);
}

/** Tried until it is durable. A decision that a stop loses is made anew by the next start. */
function journalDecision(parts: Parts, topic: string, payload: Uint8Array): void {
  const { journal, clock, log } = parts;
  appendDurably(journal, 'live', {
    received: clock.now(),
    principal: SERVER_PRINCIPAL,
    topic,
    qos: 1,
    payload,
  }).catch((error: unknown) => {
    if (isAppError(error, 'shutting_down')) return;
    log.warn('A decision of the server could not be journalled; it is tried again.', {
      error: messageOf(error),
      topic,
    });
    clock.after(RETRY_MS, () => journalDecision(parts, topic, payload));
  });
}
