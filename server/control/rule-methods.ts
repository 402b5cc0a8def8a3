import { z } from 'zod';
import type { KeptRuleSet } from '../../domain/ports/rule-set-store.ts';
import type { ActiveRuleSet } from '../rules/rule-keeper.ts';

/** An activation without the text of its rule set. */
export type RuleSetHeader = Omit<KeptRuleSet, 'text'>;

/** What can be asked of rule sets over the control socket. */
export interface RuleMethods {
  /** Oldest first; the last one is in force. */
  ruleSets: { params: object; result: { readonly ruleSets: readonly RuleSetHeader[] } };
  /** The newest where no version is named; `not_found` for one that never was. */
  ruleSet: { params: { readonly version?: number | undefined }; result: { readonly ruleSet: KeptRuleSet } };
  /** Null where the text is that of the newest. */
  activateRules: {
    params: { readonly name: string; readonly text: string; readonly note?: string | undefined };
    result: { readonly ruleSet: RuleSetHeader | null };
  };
}

/** Characters of a rule set; 500 rules with all their words take a tenth. */
const TEXT_MAX = 4 * 1_048_576;

/** How their parameters must look. */
export const RULE_PARAMS = {
  ruleSets: z.strictObject({}),
  ruleSet: z.strictObject({ version: z.int().min(1).optional() }),
  activateRules: z.strictObject({
    name: z.string().min(1).max(4_096),
    text: z.string().max(TEXT_MAX),
    note: z.string().trim().min(1).max(500).optional(),
  }),
} as const satisfies Record<keyof RuleMethods, z.ZodType>;

export function ruleSetHeader({ text: _text, ruleSet: _ruleSet, ...header }: ActiveRuleSet): RuleSetHeader {
  return header;
}
