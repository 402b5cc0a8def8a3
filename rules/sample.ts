import { QUALITY } from '../domain/model/observation.ts';
import type { Observation } from '../domain/model/observation.ts';
import type { OwnOutage, RainstormSignal, SilenceDecision } from '../domain/model/watch-decision.ts';
import { severityRank } from '../domain/model/warning-severity.ts';
import { compareCandidates } from '../domain/model/winner.ts';
import type { EpochMs } from '../domain/time/instant.ts';

export type { OwnOutage, RainstormSignal, SilenceDecision } from '../domain/model/watch-decision.ts';

/** An accepted observation. `input`: its datastream, `station/property[.instance]`, which does not depend on arrival. */
export interface Reading extends Omit<Observation, 'datastream'> {
  readonly kind: 'reading';
  readonly input: string;
}

/** A new basis came into force at `t`; makes its effect visible before the next reading. */
export interface Activation {
  readonly kind: 'activation';
  readonly t: EpochMs;
}

/** Everything a rule sees, in event time. */
export type Sample = Reading | SilenceDecision | OwnOutage | RainstormSignal | Activation;

const ORDER: Readonly<Record<Sample['kind'], number>> = {
  activation: 0,
  signal: 1,
  reading: 2,
  outage: 3,
  silence: 4,
};

/** The one order of evaluation: time, kind, datastream or zone. 0 means the same identity. */
export function compareSamples(a: Sample, b: Sample): number {
  if (a.t !== b.t) return a.t - b.t;
  if (a.kind !== b.kind) return ORDER[a.kind] - ORDER[b.kind];
  const [first, second] = [inputOf(a), inputOf(b)];
  return first < second ? -1 : Number(first > second);
}

/**
 * Which of two samples of one identity holds: for readings the winner order of the domain, and among equals the later
 * offered, which carries the newest quality flag; of signals the more severe; else the further reaching one. Never arrival.
 */
export function winningSample(offered: Sample, known: Sample): Sample {
  if (offered.kind === 'reading' && known.kind === 'reading') {
    return compareCandidates(offered, known) >= 0 ? offered : known;
  }
  if (offered.kind === 'silence' && known.kind === 'silence') {
    return offered.since < known.since ? offered : known;
  }
  if (offered.kind === 'outage' && known.kind === 'outage')
    return offered.from < known.from ? offered : known;
  if (offered.kind === 'signal' && known.kind === 'signal') return winningSignal(offered, known);
  return known;
}

/** Of two signals of one zone and instant the more severe holds. */
export function winningSignal(offered: RainstormSignal, known: RainstormSignal): RainstormSignal {
  return rankOf(offered) > rankOf(known) ? offered : known;
}

/** FAIL and MISSING are withheld from rules; SUSPECT and what was not evaluated are used. */
export function isUsable(reading: Reading): reading is Reading & { readonly v: number } {
  return reading.v !== null && reading.quality !== QUALITY.fail && reading.quality !== QUALITY.missing;
}

/** Puts samples into the order of evaluation, one for each identity. */
export function inOrder(samples: readonly Sample[]): readonly Sample[] {
  const ordered: Sample[] = [];
  for (const sample of [...samples].sort(compareSamples)) {
    const last = ordered.at(-1);
    if (last === undefined || compareSamples(last, sample) !== 0) ordered.push(sample);
    else ordered[ordered.length - 1] = winningSample(sample, last);
  }
  return ordered;
}

function rankOf({ severity }: RainstormSignal): number {
  return severity === null ? -1 : severityRank(severity);
}

/** Where a sample has no datastream it concerns every one. */
function inputOf(sample: Sample): string {
  if (sample.kind === 'signal') return sample.zone;
  return sample.kind === 'reading' || sample.kind === 'silence' ? sample.input : '';
}
