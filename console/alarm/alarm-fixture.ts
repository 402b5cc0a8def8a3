import type { Alarm } from './alarm-wire.ts';

/** An alarm with the fields that matter to a test. */
export function alarm(id: string, fields: Partial<Alarm> = {}): Alarm {
  return {
    id,
    rule: 'river-stage',
    ruleName: '河道水位预警',
    ruleNameEn: 'River stage',
    subject: 'RV-1/water_level',
    station: 'RV-1',
    basin: 'longgang-river',
    begin: 1_790_000_000_000,
    end: null,
    ending: null,
    severity: 'yellow',
    currentSeverity: 'yellow',
    peak: { value: 33.52, t: 1_790_000_000_000 },
    steps: [{ severity: 'yellow', t: 1_790_000_000_000, limitName: 'warning', toVerify: false }],
    toVerify: false,
    retroactive: false,
    state: 'open',
    inForce: true,
    into: null,
    firstKnownAt: 1_790_000_000_000,
    changedAt: 1_790_000_000_000,
    basis: { ruleSet: 1, registry: 1 },
    ...fields,
  };
}
