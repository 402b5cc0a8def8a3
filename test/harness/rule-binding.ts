import type { Asset } from '../../domain/model/district.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { compileRules } from '../../rules/compile-rules.ts';
import type { RuleBinding } from '../../rules/fold-context.ts';
import { parseRuleSet } from '../../rules/schema.ts';

/** A rule as a rule set has it, made ready for the station S at an asset of these fields. */
export function ruleBinding(
  rule: Readonly<Record<string, unknown>>,
  datastreams: readonly DatastreamSpec[],
  asset: Partial<Asset> = {},
): RuleBinding {
  const named = { id: 'r', name: 'r', nameEn: 'r', source: 'proposal', ...rule };
  const outcome = parseRuleSet({ version: 1, validFrom: 0, rules: [named] });
  if (!outcome.ok) throw new Error(outcome.problems.join('; '));
  const station = { kind: 'station', id: 'S', name: 'S', asset: 'A', datastreams } as unknown as StationSpec;
  const { planned, gaps } = compileRules(outcome.ruleSet, {
    registry: { version: 1, things: new Map([['S', station]]) },
    district: { assets: new Map([['A', { id: 'A', ...asset } as Asset]]) },
  });
  const [first] = planned;
  if (first === undefined) throw new Error(gaps.map(({ detail }) => detail).join('; '));
  const versions = { ruleSet: 1, registry: 1 };
  return {
    rule: first.rule,
    subject: first.subject,
    basis: [{ from: epochMs(0), versions, plan: first.plan }],
  };
}
