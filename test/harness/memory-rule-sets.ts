import { AppError } from '../../domain/errors.ts';
import type { KeptRuleSet, RuleSetActivation, RuleSetStore } from '../../domain/ports/rule-set-store.ts';

/** Kept rule sets in memory. */
export class MemoryRuleSets implements RuleSetStore {
  readonly #kept: KeptRuleSet[] = [];

  async ruleSets(): Promise<readonly KeptRuleSet[]> {
    return [...this.#kept];
  }

  async activateRuleSet({ organisation: _organisation, ...ruleSet }: RuleSetActivation): Promise<void> {
    const newest = this.#kept.at(-1);
    if (newest !== undefined && newest.version >= ruleSet.version) {
      throw new AppError('conflict', 'The version is not above those kept.');
    }
    this.#kept.push(ruleSet);
  }
}
