import { AppError } from '../../domain/errors.ts';
import type { KeptRuleSet } from '../../domain/ports/rule-set-store.ts';
import type { ActiveRuleSet } from './rule-keeper.ts';

/** The rule set of a version, or the newest; throws `not_found` where there is none. */
export function findRuleSet(kept: readonly ActiveRuleSet[], version: number | undefined): KeptRuleSet {
  const found = version === undefined ? kept.at(-1) : kept.find(one => one.version === version);
  if (found === undefined) {
    throw new AppError(
      'not_found',
      version === undefined ? 'No rule set is in force.' : `There never was a rule set ${version} in force.`,
    );
  }
  const { ruleSet: _ruleSet, ...rest } = found;
  return rest;
}
