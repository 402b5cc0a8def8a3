import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import { compileRules } from '../../rules/compile-rules.ts';
import { parseRuleSet } from '../../rules/schema.ts';

const STATION: StationSpec = {
  kind: 'station',
  id: 'S' as ThingId,
  name: 'S',
  datastreams: [{ property: 'ponding_depth', intervalMs: 5 * MINUTE_MS }],
};

/** A rule for the silence of `S/ponding_depth`: blue after a quarter of an hour, yellow after forty minutes. */
export function absenceBinding() {
  const rule = {
    id: 'silent',
    kind: 'absence',
    name: 'p',
    nameEn: 'p',
    source: 'proposal',
    subjects: { property: 'ponding_depth' },
    params: {
      steps: [
        { severity: 'blue', silentFor: '15m' },
        { severity: 'yellow', silentFor: '40m' },
      ],
    },
  };
  const outcome = parseRuleSet({ version: 1, validFrom: 0, rules: [rule] });
  if (!outcome.ok) throw new Error(outcome.problems.join('; '));
  const things = new Map([[STATION.id, STATION]]);
  const site = { registry: { version: 1, things }, district: { assets: new Map() } };
  const [planned] = compileRules(outcome.ruleSet, site).planned;
  if (planned === undefined) throw new Error('The rule has no plan.');
  const versions = { ruleSet: 1, registry: 1 };
  return {
    rule: 'silent',
    subject: 'S/ponding_depth',
    basis: [{ from: epochMs(0), versions, plan: planned.plan }],
  };
}
