import { decodeWatchDecisions } from '../codecs/watch-decision/codec.ts';
import { SERVER_PRINCIPAL, WATCH_DECISION_TOPIC } from '../domain/model/topic.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import type { JournalledEntry } from '../domain/ports/journal.ts';

/**
 * The decisions of the watch that an entry carries, if it does; only the server itself can journal them. What cannot be
 * read is none: it goes the way of every message nobody understands, to quarantine.
 */
export function watchDecisionsOf(entry: JournalledEntry): readonly WatchDecision[] | undefined {
  if (entry.topic !== WATCH_DECISION_TOPIC || entry.principal !== SERVER_PRINCIPAL) return undefined;
  return decodeWatchDecisions(entry.payload);
}
