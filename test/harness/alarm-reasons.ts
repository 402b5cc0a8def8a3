import { durationMs, epochMs } from '../../domain/time/instant.ts';
import type { AlarmReasons } from '../../watch/alarm-reasons.ts';

/** Reasons of an alarm of the river gauge with each kind of step and decision there is. */
export function reasonsOf(id: string): AlarmReasons {
  const at = epochMs(1_790_000_000_000);
  const silence = {
    kind: 'silence',
    input: 'RIVER-1/water_level',
    t: at,
    since: epochMs(at - 900_000),
    silentMs: durationMs(900_000),
    ownOutageMs: durationMs(60_000),
    isRefuted: false,
  } as const;
  const step = {
    severity: 'yellow',
    cause: 'held',
    t: at,
    decidedT: at,
    heldMs: durationMs(0),
    value: 3.6,
    limit: 3.5,
    limitName: 'warning',
    toldAt: epochMs(at + 200),
    clauses: [
      { name: 'gate', state: 'unknown', limit: 1 },
      { severity: 'yellow', name: 'warning', state: 'true', value: 3.6, limit: 3.5, distance: -0.1 },
    ],
    inputs: [
      {
        input: 'RIVER-1/water_level',
        unit: 'm',
        datum: '1985国家高程',
        t: at,
        v: 3.6,
        quality: 1,
        deviceFlag: 'N',
        received: epochMs(at + 200),
        position: 7,
        ageMs: durationMs(0),
        isFresh: true,
        withheld: 0,
      },
      {
        input: 'RIVER-1/rainfall',
        unit: 'mm',
        datum: null,
        t: null,
        v: null,
        quality: null,
        deviceFlag: null,
        received: null,
        position: null,
        ageMs: null,
        isFresh: false,
        withheld: 2,
      },
    ],
    thresholds: [
      {
        severity: 'yellow',
        name: 'warning',
        relation: '>=',
        value: 3.5,
        clear: 3.4,
        unit: 'm',
        datum: '1985国家高程',
      },
    ],
    toVerify: null,
  } as const;
  return {
    id,
    rule: 'river-level',
    kind: 'threshold_ladder',
    subject: 'RIVER-1/water_level',
    ruleSet: 3,
    registry: 7,
    begin: at,
    end: null,
    ending: null,
    steps: [
      {
        ...step,
        decidedBy: {
          kind: 'reading',
          input: 'RIVER-1/water_level',
          t: at,
          v: 3.6,
          position: 7,
          received: epochMs(at + 200),
          delayMs: durationMs(200),
          liveWindowMs: durationMs(600_000),
          live: true,
          clockCorrectionMs: null,
        },
      },
      { ...step, severity: 'orange', cause: 'blind', decidedBy: silence, toVerify: 'blind' },
      { ...step, severity: 'red', decidedBy: null, toldAt: null, toVerify: 'suspectOnly' },
    ],
    toVerify: ['blind', 'suspectOnly'],
    gaps: { count: 1, totalMs: durationMs(60_000), lastFrom: at, lastTo: epochMs(at + 60_000) },
    decisions: [
      silence,
      { kind: 'outage', t: at, from: epochMs(at - 60_000) },
      { kind: 'signal', zone: 'longgang', t: at, severity: 'orange' },
      { kind: 'signal', zone: 'longgang', t: at, severity: null },
    ],
    changes: [
      {
        kind: 'raised',
        knownAt: epochMs(at + 200),
        live: true,
        liveSteps: ['yellow'],
        severity: 'yellow',
        fields: [],
      },
    ],
  };
}
