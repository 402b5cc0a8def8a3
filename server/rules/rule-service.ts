import type { RuleKeeper } from './rule-keeper.ts';

/** What people do with the kept rule sets. */
export type RuleService = Pick<RuleKeeper, 'kept' | 'activate'>;
