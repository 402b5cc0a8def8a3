import { severityRank } from '../domain/model/warning-severity.ts';
import type { Measured } from './measure.ts';
import type { LadderStep, Relation } from './plan.ts';

/** What a ladder says of what was measured. Ranks are places on the severity scale, -1 for none. */
export interface Judgement {
  /** Highest severity whose limit is met. */
  readonly metRank: number;
  /** Highest severity that has not let go: the deadband counts. */
  readonly keptRank: number;
  /** The limit that decided: of the highest severity that is met, else the first of the ladder. */
  readonly decisive: LadderStep;
  readonly value: number;
}

/** Judges a measurement; undefined where the ladder is empty or what is unknown could decide. */
export function judge(measured: Measured, steps: readonly LadderStep[]): Judgement | undefined {
  let metRank = -1;
  let keptRank = -1;
  let decisive: LadderStep | undefined;
  let decisiveValue = 0;
  let hasUnknown = false;
  const isOpenGate = measured.gate?.met !== false;
  for (const step of steps) {
    const value = measured.values[step.measure];
    if (value === undefined || value === null) {
      hasUnknown = true;
      continue;
    }
    const rank = severityRank(step.severity);
    if (isOpenGate && rank > metRank && isMet(value, step.relation, step.limit)) {
      metRank = rank;
      decisive = step;
      decisiveValue = value;
    }
    if (isOpenGate && rank > keptRank && isMet(value, step.relation, step.clear)) keptRank = rank;
    if (decisive === undefined) {
      decisive = step;
      decisiveValue = value;
    }
  }
  // A limit that cannot be judged might still hold, so that nothing shows the condition gone.
  if (decisive === undefined || (hasUnknown && isOpenGate && metRank < 0 && keptRank < 0)) return undefined;
  return { metRank, keptRank: Math.max(keptRank, metRank), decisive, value: decisiveValue };
}

export function isMet(value: number, relation: Relation, limit: number): boolean {
  switch (relation) {
    case '>=':
      return value >= limit;
    case '>':
      return value > limit;
    case '<=':
      return value <= limit;
    case '<':
      return value < limit;
  }
}

/** Whether high values of this limit are the bad ones. */
export function isUpward(relation: Relation): boolean {
  return relation === '>=' || relation === '>';
}
