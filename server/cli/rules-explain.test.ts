import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { durationMs, epochMs } from '../../domain/time/instant.ts';
import { reasonsOf } from '../../test/harness/alarm-reasons.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { episodeOf, FakeAlarms } from '../../test/harness/fake-alarms.ts';
import { ruleAtPoint } from '../../test/harness/point-reasons.ts';

const POINT = 'RIVER-1/water_level';
let probe: CliProbe;
let alarms: FakeAlarms;
beforeEach(async () => {
  probe = createCliProbe();
  alarms = new FakeAlarms();
  probe.application.alarms = alarms;
  await probe.startServer();
});
afterEach(() => probe.close());

const explain = (...args: readonly string[]) => probe.ww('rules', 'explain', ...args);

describe('ww rules explain of a point', () => {
  it('says of every rule why it does not warn, by value and distance', async () => {
    alarms.pointRules.set(POINT, [ruleAtPoint()]);
    expect((await explain(POINT)).out.split('\n')).toEqual([
      'RIVER-1/water_level at 2026-09-21 22:15:00 (+08:00)',
      '',
      'river-level: no warning',
      '  why not: 3.42 m, 0.08 m below the limit 3.5 m (yellow, warning)',
      '  data: good, last judged 2026-09-21 22:13:20',
      '  input: RIVER-1/water_level: 3.42 m of 2026-09-21 22:13:20, 1 min old, good',
      '  basis: rule set 3, registry 7',
      '',
    ]);
  });

  it('says which warns, and never "no warning" of what is blind or not judged', async () => {
    const begin = epochMs(1_790_000_000_000);
    const open = episodeOf({ begin, severity: 'orange', currentSeverity: 'yellow' });
    const met = { severity: 'orange', name: 'guarantee', state: 'true', value: 4.1, limit: 4 } as const;
    alarms.pointRules.set(POINT, [
      ruleAtPoint({ state: 'warning', open, alarm: 'a-1', whyNot: null, clauses: [met] }),
      ruleAtPoint({ rule: 'late', state: 'unknown', data: 'blind' }),
      ruleAtPoint({
        rule: 'none',
        state: 'notJudged',
        basis: null,
        data: null,
        knownAt: null,
        whyNot: null,
        inputs: [],
      }),
    ]);
    alarms.lack({ rule: 'none', subject: POINT, missing: 'threshold', detail: 'blue needs the threshold x' });
    const { out } = await explain(POINT);
    expect(out).toContain(
      'river-level: WARNING\n  orange, now yellow since 2026-09-21 22:13:20, alarm a-1\n',
    );
    expect(out).toContain('  met: 4.1 m, 0.1 m above the limit 4 m (orange, guarantee)\n');
    expect(out).toContain(
      'late: not known: the point is blind, which is not "no warning"\n  last known: 3.42 m',
    );
    expect(out).toContain('none: does not judge it\n\nWhat the rules lack here:\n  none: blue needs');
    expect(out).not.toContain('no warning\n');
  });

  it('names spans as spans, and a limit of which nothing is known', async () => {
    const held = {
      severity: 'yellow',
      name: 'held for',
      state: 'false',
      value: 480_000,
      limit: 1_800_000,
    } as const;
    const unknown = { severity: 'yellow', name: 'rise', state: 'unknown', limit: 0.3 } as const;
    alarms.pointRules.set(POINT, [ruleAtPoint({ whyNot: held }), ruleAtPoint({ whyNot: unknown })]);
    const { out } = await explain(POINT);
    expect(out).toContain('why not: 8 min, 22 min below the limit 30 min (yellow, held for)');
    expect(out).toContain('why not: not known; the limit is 0.3 (yellow, rise)');
  });

  it('says when a limit would be met, and which items decided a class', async () => {
    const near = { severity: 'yellow', name: 'warning', state: 'false', value: 3.42, limit: 3.5 } as const;
    const deciding = [{ input: 'RIVER-1/ammonia_nitrogen', value: 2.4, class: 6 }] as const;
    const worse = {
      severity: 'red',
      name: 'water-quality class',
      state: 'false',
      limit: 5,
      deciding,
    } as const;
    alarms.pointRules.set(POINT, [
      ruleAtPoint({ whyNot: { ...near, etaMs: durationMs(1_500_000) } }),
      ruleAtPoint({ whyNot: { ...near, etaMs: durationMs(0) } }),
      ruleAtPoint({ whyNot: { ...near, etaMs: null } }),
      ruleAtPoint({ whyNot: { ...worse, value: 4 } }),
      ruleAtPoint({ whyNot: { ...worse, value: 3, limit: 6 } }),
    ]);
    const { out } = await explain(POINT);
    expect(out.split('\n').filter(line => line.includes('why not'))).toEqual([
      '  why not: 3.42 m, 0.08 m below the limit 3.5 m (yellow, warning), met in 25 min at this rate',
      '  why not: 3.42 m, 0.08 m below the limit 3.5 m (yellow, warning), met any moment at this rate',
      '  why not: 3.42 m, 0.08 m below the limit 3.5 m (yellow, warning)',
      '  why not: class IV, 1 class below the limit class V (red, water-quality class), decided by RIVER-1/ammonia_nitrogen 2.4',
      '  why not: class III, 3 classes below the limit worse than class V (red, water-quality class), decided by RIVER-1/ammonia_nitrogen 2.4',
    ]);
  });

  it('goes back to the time that is named, and answers in JSON', async () => {
    alarms.pointRules.set(POINT, [ruleAtPoint()]);
    const answer = await explain(POINT, '--at', '2026-09-21T22:00', '--json');
    const at = Date.parse('2026-09-21T22:00+08:00');
    expect(answer.json()).toEqual({ subject: POINT, at, outage: null, rules: [ruleAtPoint()], gaps: [] });
  });

  it('says where we ourselves were away', async () => {
    const at = Date.parse('2026-09-21T22:00+08:00');
    alarms.outages.push({ from: epochMs(at - 60_000), t: epochMs(at + 120_000) });
    const { out } = await explain(POINT, '--at', '2026-09-21T22:00');
    expect(out).toContain('We ourselves did not listen from 2026-09-21 21:59:00 to 2026-09-21 22:02:00:');
    expect((await explain(POINT, '--at', '2026-09-21T22:02')).out).not.toContain('did not listen');
  });

  it('says that nobody judges it, and that it is none', async () => {
    expect((await explain(POINT)).out).toContain('No rule judges it');
    const { code, err } = await explain('RIVER-1/salinity');
    expect([code, err]).toEqual([1, expect.stringContaining('has no datastream "salinity"')]);
  });
});

describe('ww rules explain of an alarm', () => {
  it('says what decided each step, what took part beside readings, and what was told', async () => {
    alarms.reasons.set('a-1', reasonsOf('a-1'));
    const { out } = await explain('a-1');
    expect(out).toContain('yellow: 3.6 m against the limit 3.5 m (warning)\n');
    expect(out).toContain('(0 s later: live), journal position 7\n');
    expect(out).toContain('decided by silence: RIVER-1/water_level silent since 2026-09-21 21:58:20');
    expect(out).toContain('after 15 min, 1 min of it our own outage\n');
    expect(out).toContain('what is stored now no longer leads to it\n  never told live\n');
    expect(out).toContain('  input: RIVER-1/rainfall: no usable reading; 2 unusable since\n');
    expect(out).toContain('we ourselves did not listen from');
    expect(out).toContain('official rainstorm signal of longgang at 2026-09-21 22:13:20: lifted');
    expect(out).toContain('raised, yellow, live, told: yellow');
    expect((await explain('a-1', '--json')).json()).toEqual(reasonsOf('a-1'));
  });

  it('names the items that decided the class of a section', async () => {
    const reasons = reasonsOf('a-1');
    const name = 'water-quality class';
    const deciding = [
      { input: 'WQ-1/ammonia_nitrogen', value: 2.4, class: 6 },
      { input: 'WQ-1/ph', value: 9.3, class: 6 },
    ] as const;
    const steps = reasons.steps.map(step => {
      const clause = { severity: step.severity, name, state: 'true', value: 6, limit: 4, deciding } as const;
      return { ...step, value: 6, limit: 4, limitName: name, clauses: [clause] };
    });
    alarms.reasons.set('a-1', { ...reasons, steps });
    expect((await explain('a-1')).out).toContain(
      'yellow: worse than class V against the limit class IV (water-quality class), ' +
        'decided by WQ-1/ammonia_nitrogen 2.4 and WQ-1/ph 9.3\n',
    );
  });

  it('says how far beyond the live window a reading came', async () => {
    const late = { live: false, delayMs: durationMs(5_460_000), clockCorrectionMs: durationMs(3_600_000) };
    const reasons = reasonsOf('a-1');
    const steps = reasons.steps.map(step => ({
      ...step,
      decidedBy: step.decidedBy?.kind === 'reading' ? { ...step.decidedBy, ...late } : null,
    }));
    alarms.reasons.set('a-1', { ...reasons, steps });
    expect((await explain('a-1')).out).toContain(
      '(1 h 31 min later: retroactive, beyond the live window of 10 min)',
    );
    expect((await explain('a-1')).out).toContain('; our own clock was 1 h slow then');
  });

  it('knows no time, no alarm that never was, and needs the server', async () => {
    expect(await explain('a-1', '--at', '2026-09-21')).toMatchObject({ code: 1 });
    const { code, err } = await explain('a-2');
    expect([code, err]).toEqual([1, expect.stringContaining('There is no alarm "a-2"')]);
  });
});

it('says so where no server runs', async () => {
  const idle = createCliProbe();
  const { code, err } = await idle.ww('rules', 'explain', POINT);
  expect([code, err]).toEqual([1, expect.stringContaining('No server runs')]);
  await idle.close();
});
