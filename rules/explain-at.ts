import type { QualityClass } from '../domain/assessment/quality-class.ts';
import type { BasisVersions, Episode } from '../domain/model/episode.ts';
import { severityRank } from '../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import type { RuleBinding } from './fold-context.ts';
import { foldSample } from './fold-sample.ts';
import { FRESH_STATE } from './fold-state.ts';
import type { FoldState } from './fold-state.ts';
import { isMet, isUpward } from './judge.ts';
import { episodeOf } from './open-episode.ts';
import type { Measured } from './measure.ts';
import type { LadderStep, RulePlan } from './plan.ts';
import { planInMode } from './plan-modes.ts';
import { MeasuredTrend } from './time-to-limit.ts';
import { inOrder } from './sample.ts';
import type { Sample } from './sample.ts';

/** One thing that had to be true, and how it stood. */
export interface Clause {
  readonly severity?: WarningSeverity;
  readonly name: string;
  readonly state: 'true' | 'false' | 'unknown';
  /** What was compared: of a hold the time it has lasted, milliseconds. */
  readonly value?: number;
  readonly limit: number;
  /** How far the value is from the limit: positive where it is not reached yet, zero or less beyond it. */
  readonly distance?: number;
  /** Of a limit that is not met: how long until it is, if the value goes on as it did; null where it is not on its way. */
  readonly etaMs?: DurationMs | null;
  /** Which inputs the value comes from, where only some of several decide. */
  readonly deciding?: readonly DecidingValue[];
}

/** An item of water quality that decided the class. */
export interface DecidingValue {
  readonly input: string;
  /** In the unit of the input. */
  readonly value: number;
  readonly class: QualityClass;
}

export interface Explanation {
  /** The basis in force, absent where no rule held for the subject. */
  readonly basis?: BasisVersions;
  /** When the condition was last known, and whether something has been unknown since. */
  readonly knownAt?: EpochMs;
  readonly isBroken: boolean;
  /** The episode that was open. */
  readonly open?: Episode;
  /** Gate first, then by severity the limit and how long it has held. */
  readonly clauses: readonly Clause[];
  /** Why there is no warning: the first clause that is not true; absent while an episode is open. */
  readonly whyNot?: Clause;
}

/** Why a rule warned or did not at an instant, by what was known of the time up to it. */
export function explainAt(binding: RuleBinding, samples: readonly Sample[], at: EpochMs): Explanation {
  const fold = new ExplainingFold(binding, at);
  for (const sample of samplesUpTo(samples, at)) fold.take(sample);
  return fold.explain();
}

/** The same, sample by sample. */
export class ExplainingFold {
  readonly #binding: RuleBinding;
  readonly #trend: MeasuredTrend;
  #state = FRESH_STATE;

  constructor(binding: RuleBinding, at: EpochMs) {
    this.#binding = binding;
    this.#trend = new MeasuredTrend(binding, at);
  }

  /** Takes the next of `samplesUpTo`. */
  take(sample: Sample): void {
    ({ state: this.#state } = foldSample(this.#state, sample, this.#binding));
    this.#trend.note(sample, this.#state);
  }

  explain(): Explanation {
    return explainState(this.#state, this.#binding, this.#trend);
  }
}

/** What has to be folded to know how things stood at an instant, in order. */
export function samplesUpTo(samples: readonly Sample[], at: EpochMs): readonly Sample[] {
  return inOrder([...samples.filter(({ t }) => t <= at), { kind: 'activation', t: at }]);
}

function explainState(state: FoldState, binding: RuleBinding, trend: MeasuredTrend): Explanation {
  const segment = binding.basis[state.segment];
  const { known, isBroken, open } = state;
  const basis = segment === undefined ? {} : { basis: segment.versions };
  if (segment?.plan === undefined || known === null) return { ...basis, isBroken, clauses: [] };
  const plan = planInMode(segment.plan, known.t, state.signals);
  const clauses: Clause[] = [];
  const { gate } = known.measured;
  if (gate !== undefined) {
    const { name, met, value, limit } = gate;
    clauses.push({ name, state: met ? 'true' : 'false', value, limit, distance: limit - value });
  }
  for (const step of plan.stepsAt(known.t)) clauses.push(...clausesOf(step, state, { plan, trend }));
  const whyNot = open === null ? clauses.find(({ state: clause }) => clause !== 'true') : undefined;
  return {
    ...basis,
    knownAt: known.t,
    isBroken,
    ...(open === null ? {} : { open: episodeOf(open, binding) }),
    clauses,
    ...(whyNot === undefined ? {} : { whyNot }),
  };
}

function clausesOf(
  step: LadderStep,
  { known, runs }: FoldState,
  { plan, trend }: { readonly plan: RulePlan; readonly trend: MeasuredTrend },
): readonly Clause[] {
  const { severity, name, limit, relation } = step;
  const hold = step.hold ?? plan.hold;
  const value = known?.measured.values[step.measure];
  if (value === undefined || value === null) return [{ severity, name, state: 'unknown', limit }];
  const distance = isUpward(relation) ? limit - value : value - limit;
  const isTrue = isMet(value, relation, limit);
  const clause: Clause = {
    severity,
    name,
    state: isTrue ? 'true' : 'false',
    value,
    limit,
    distance,
    ...(isTrue || plan.measure.followsReading !== true ? {} : { etaMs: trend.timeTo(step) }),
    ...decidingOf(known?.measured, plan),
  };
  const run = runs[severityRank(severity)];
  if (!isTrue || run === null || run === undefined) return [clause];
  const heldMs = durationMs((known?.t ?? run.since) - run.since);
  return [
    clause,
    ...holdClause(severity, 'held for', heldMs, hold.forMs),
    ...holdClause(severity, 'readings', run.readings, hold.readings),
  ];
}

function decidingOf(measured: Measured | undefined, { inputs }: RulePlan): Pick<Clause, 'deciding'> {
  if (measured?.deciding === undefined) return {};
  const deciding = measured.deciding.map(({ input, ...rest }) => ({
    input: inputs[input]?.key ?? '',
    ...rest,
  }));
  return { deciding };
}

function holdClause(
  severity: WarningSeverity,
  name: string,
  value: number | DurationMs,
  limit: number,
): readonly Clause[] {
  if (limit === 0 || (name === 'readings' && limit === 1)) return [];
  return [
    { severity, name, state: value >= limit ? 'true' : 'false', value, limit, distance: limit - value },
  ];
}
