import { describe, expect, it } from 'vitest';
import { epochMs } from '../../domain/time/instant.ts';
import { episodeOf, FakeAlarms, raised } from '../../test/harness/fake-alarms.ts';
import { alarmAxis, worstAlarmState } from './alarm-axis.ts';
import type { AlarmState } from './alarm-axis.ts';

const begin = epochMs(1_790_000_000_000);
const LEVEL = 'RIVER-1/water_level';
const RAIN = 'RIVER-1/rainfall';

describe('a point', () => {
  it('is unknown where no rule judges it, and normal where one does', () => {
    const alarms = new FakeAlarms();
    alarms.judge(LEVEL);
    const axis = alarmAxis(alarms);
    expect(axis(LEVEL)).toEqual({ alarm: 'normal', severity: null });
    expect(axis(RAIN)).toEqual({ alarm: 'unknown', severity: null });
  });

  it('warns with the highest of its warnings in force, whichever came first', () => {
    for (const severities of [['blue', 'red', 'yellow'] as const, ['red', 'yellow', 'blue'] as const]) {
      const alarms = new FakeAlarms();
      for (const severity of severities) {
        alarms.tell(raised(severity, episodeOf({ begin, severity, rule: severity })), begin);
      }
      expect(alarmAxis(alarms)(LEVEL)).toEqual({ alarm: 'warning', severity: 'red' });
    }
  });

  it('warns by the highest step reached, and so long as it is in force', () => {
    const alarms = new FakeAlarms();
    alarms.judge(LEVEL);
    const fallen = episodeOf({ begin, severity: 'orange', currentSeverity: 'blue' });
    alarms.tell(raised('a', fallen), begin);
    expect(alarmAxis(alarms)(LEVEL)).toEqual({ alarm: 'warning', severity: 'orange' });
    alarms.tell({ kind: 'withdrawn', id: 'a', episode: fallen, live: false, liveSteps: [] }, begin);
    expect(alarmAxis(alarms)(LEVEL).alarm).toBe('warning');
    alarms.tell({ kind: 'ended', id: 'a', episode: fallen, live: true, liveSteps: [] }, begin);
    expect(alarmAxis(alarms)(LEVEL).alarm).toBe('normal');
  });

  it('warns also where the rule judges it no more', () => {
    const alarms = new FakeAlarms();
    alarms.tell(raised('a', episodeOf({ begin })), begin);
    expect(alarmAxis(alarms)(LEVEL).alarm).toBe('warning');
  });
});

describe('a station', () => {
  const unknown: AlarmState = { alarm: 'unknown', severity: null };
  const normal: AlarmState = { alarm: 'normal', severity: null };
  const blue: AlarmState = { alarm: 'warning', severity: 'blue' };
  const orange: AlarmState = { alarm: 'warning', severity: 'orange' };

  it.each([
    [[], unknown],
    [[unknown, unknown], unknown],
    [[unknown, normal], normal],
    [[normal, unknown], normal],
    [[unknown, blue], blue],
    [[normal, blue, orange, unknown], orange],
    [[orange, blue], orange],
  ])('with the points %j is %j', (points, expected) => {
    expect(worstAlarmState(points)).toEqual(expected);
  });
});
