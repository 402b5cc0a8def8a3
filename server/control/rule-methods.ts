import { z } from 'zod';
import type { RegistryPart } from '../../domain/model/district.ts';
import type { KeptRuleSet } from '../../domain/ports/rule-set-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { BacktestReport } from '../rules/backtest-report.ts';
import type { ActiveRuleSet } from '../rules/rule-keeper.ts';
import { partSchema } from '../site/part-schema.ts';

/** An activation without the text of its rule set. */
export type RuleSetHeader = Omit<KeptRuleSet, 'text'>;

/** What can be asked of rule sets over the control socket. */
export interface RuleMethods {
  /** Oldest first; the last one is in force. */
  ruleSets: { params: object; result: { readonly ruleSets: readonly RuleSetHeader[] } };
  /** The newest where no version is named; `not_found` for one that never was. */
  ruleSet: { params: { readonly version?: number | undefined }; result: { readonly ruleSet: KeptRuleSet } };
  /** Null where the text is that of the newest. Answers after a back-test, which `force` leaves out. */
  activateRules: {
    params: {
      readonly name: string;
      readonly text: string;
      readonly note?: string | undefined;
      readonly force?: boolean | undefined;
    };
    result: { readonly ruleSet: RuleSetHeader | null };
  };
  /** Runs a rule set over stored history beside the one in force; for the registered district, or these parts. */
  backtestRules: {
    params: {
      readonly name: string;
      readonly text: string;
      readonly from: number;
      readonly to: number;
      readonly hindsight?: boolean | undefined;
      readonly parts?: readonly RegistryPart[] | undefined;
    };
    result: BacktestReport;
  };
}

/** Characters of a rule set; 500 rules with all their words take a tenth. */
const TEXT_MAX = 4 * 1_048_576;

/** Parts of a district. */
const PARTS_MAX = 500_000;

const file = { name: z.string().min(1).max(4_096), text: z.string().max(TEXT_MAX) };
const instant = z.int().transform(ms => epochMs(ms));

/** How their parameters must look. */
export const RULE_PARAMS = {
  ruleSets: z.strictObject({}),
  ruleSet: z.strictObject({ version: z.int().min(1).optional() }),
  activateRules: z.strictObject({
    ...file,
    note: z.string().trim().min(1).max(500).optional(),
    force: z.boolean().optional(),
  }),
  backtestRules: z.strictObject({
    ...file,
    from: instant,
    to: instant,
    hindsight: z.boolean().optional(),
    parts: z.array(partSchema).max(PARTS_MAX).optional(),
  }),
} as const satisfies Record<keyof RuleMethods, z.ZodType>;

export function ruleSetHeader({ text: _text, ruleSet: _ruleSet, ...header }: ActiveRuleSet): RuleSetHeader {
  return header;
}
