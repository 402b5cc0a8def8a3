import { durationMs, epochMs } from '../../domain/time/instant.ts';
import type { RuleAtPoint } from '../../watch/explain-point.ts';

/** How a ladder of two steps stands at the river gauge: 3.42 m below its lower limit, with the fields that matter to a test. */
export function ruleAtPoint(fields: Partial<RuleAtPoint> = {}): RuleAtPoint {
  const at = epochMs(1_790_000_000_000);
  const clause = {
    severity: 'yellow',
    name: 'warning',
    state: 'false',
    value: 3.42,
    limit: 3.5,
    distance: 0.08,
  } as const;
  const limit = { name: 'warning', relation: '>=', unit: 'm', datum: '1985国家高程' } as const;
  return {
    rule: 'river-level',
    kind: 'threshold_ladder',
    basis: { ruleSet: 3, registry: 7 },
    state: 'noWarning',
    knownAt: at,
    data: 'good',
    whyNot: clause,
    clauses: [clause],
    inputs: [
      {
        input: 'RIVER-1/water_level',
        unit: 'm',
        datum: '1985国家高程',
        t: at,
        v: 3.42,
        quality: 1,
        deviceFlag: 'N',
        received: at,
        position: 7,
        ageMs: durationMs(60_000),
        isFresh: true,
        withheld: 0,
      },
    ],
    thresholds: [
      { severity: 'yellow', ...limit, value: 3.5, clear: 3.4 },
      { severity: 'orange', ...limit, name: 'guarantee', value: 4, clear: 3.9 },
    ],
    open: null,
    alarm: null,
    ...fields,
  };
}
