import type { OwnOutage, SilenceDecision } from '../domain/model/watch-decision.ts';
import { MINUTE_MS, epochMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import type { Reading } from '../rules/sample.ts';
import { SilenceBook } from './silence-book.ts';
import type { ListenedInput } from './silence-book.ts';

/**
 * The silence decisions that would have been made of one datastream.
 *
 * @param readings in the order of arrival
 */
export function decideSilences(
  listened: ListenedInput,
  readings: readonly Reading[],
  during: {
    readonly until: EpochMs;
    /** In the order of time. */
    readonly outages: readonly OwnOutage[];
    readonly reconnectMs: DurationMs;
  },
): readonly SilenceDecision[] {
  const { until, outages, reconnectMs } = during;
  const book = new SilenceBook(reconnectMs);
  book.listen([listened]);
  const decisions: SilenceDecision[] = [];
  const [shortest] = listened.silencesMs;
  if (shortest === undefined) return decisions;
  let lastHeard = Number.NEGATIVE_INFINITY;
  let away = 0;
  const waitUntil = (end: number): void => {
    for (const at of timesToAsk(lastHeard, end, { silencesMs: listened.silencesMs, outages })) {
      for (; (outages[away]?.t ?? Number.POSITIVE_INFINITY) <= at; away += 1) {
        const outage = outages[away];
        if (outage !== undefined) book.away(outage);
      }
      // While we were away nobody decided.
      if (outages.some(({ from, t }) => from <= at && at < t)) continue;
      decisions.push(...book.due(epochMs(at)));
    }
  };
  for (const { input, t, received } of readings) {
    if (received - lastHeard >= shortest) waitUntil(received);
    book.heard(input, t, received);
    lastHeard = Math.max(lastHeard, t, received);
  }
  waitUntil(until + 1);
  return decisions;
}

/** Only an outage of ours puts a decision off; then each minute is asked. */
function timesToAsk(
  lastHeard: number,
  end: number,
  { silencesMs, outages }: { readonly silencesMs: readonly number[]; readonly outages: readonly OwnOutage[] },
): readonly number[] {
  if (!Number.isFinite(lastHeard)) return [];
  const times = new Set(silencesMs.map(ms => lastHeard + ms));
  if (outages.length > 0) {
    for (let at = lastHeard + (silencesMs[0] ?? 0); at < end; at += MINUTE_MS) times.add(at);
  }
  return [...times].filter(at => at < end).sort((a, b) => a - b);
}
