import { severityRank } from '../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import { DAY_MS } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { RainstormSignal, Sample } from './sample.ts';

/** The last official signal of each zone that was seen; plain data. */
export type SeenSignals = Readonly<Partial<Record<string, Pick<RainstormSignal, 't' | 'severity'>>>>;

export const NO_SIGNALS: SeenSignals = {};

/** A signal that nobody has repeated or lifted for so long stands no more. */
export const SIGNAL_STANDS_MS = DAY_MS;

/** Takes a signal; one that is older than what was seen of its zone changes nothing. */
export function withSignal(seen: SeenSignals, { zone, t, severity }: RainstormSignal): SeenSignals {
  if ((seen[zone]?.t ?? t) > t) return seen;
  return { ...seen, [zone]: { t, severity } };
}

/** Takes the signals among samples. */
export function withSignals(seen: SeenSignals, samples: readonly Sample[]): SeenSignals {
  return samples.reduce(
    (before, sample) => (sample.kind === 'signal' ? withSignal(before, sample) : before),
    seen,
  );
}

/** Whether one of the zones has a signal of at least a severity in force. */
export function isInForce(
  seen: SeenSignals,
  {
    zones,
    least,
    at,
  }: { readonly zones: readonly string[]; readonly least: WarningSeverity; readonly at: EpochMs },
): boolean {
  return zones.some(zone => {
    const signal = seen[zone];
    if (signal === undefined || signal.severity === null || at - signal.t > SIGNAL_STANDS_MS) return false;
    return severityRank(signal.severity) >= severityRank(least);
  });
}
