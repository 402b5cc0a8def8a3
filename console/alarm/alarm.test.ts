import { describe, expect, it } from 'vitest';

import { en } from '../text/en.ts';
import { shortInstant } from '../text/local-time.ts';
import { longSpan } from '../text/long-span.ts';
import { zh } from '../text/zh.ts';
import { alarm } from './alarm-fixture.ts';
import { laterText, marksOf } from './alarm-marks.ts';
import { EVERY_ALARM, byUrgency, countBySeverity, selectAlarms, urgentByStation } from './alarm-order.ts';
import { measureName, measuredText, thresholdName } from './measure-text.ts';
import { peakMeasure, peakText } from './peak-text.ts';
import { recordPath } from './record-request.ts';
import { subjectParts } from './subject.ts';

const NOW = 1_790_000_000_000;
const LONG_AGO = NOW - 86_400_000;
const old = { begin: LONG_AGO, firstKnownAt: LONG_AGO };

describe('the order of warnings', () => {
  const red = alarm('red-old', { ...old, severity: 'red' });
  const orange = alarm('orange', { severity: 'orange', station: 'RV-2' });
  const newer = alarm('yellow-new');
  const older = alarm('yellow-old', old);

  it('is the highest severity first, then the newest', () => {
    expect([older, newer, orange, red].sort(byUrgency)).toEqual([red, orange, newer, older]);
  });

  it('keeps equal ones in their places', () => {
    const twins = [alarm('b'), alarm('a')];
    expect(twins.sort(byUrgency).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('narrows by severity and basin', () => {
    const far = alarm('far', { basin: null });
    const ids = (query: Partial<typeof EVERY_ALARM>) =>
      selectAlarms([far, older, red], { ...EVERY_ALARM, ...query }).map(({ id }) => id);
    expect(ids({})).toEqual(['red-old', 'far', 'yellow-old']);
    expect(ids({ severity: 'yellow' })).toEqual(['far', 'yellow-old']);
    expect(ids({ basin: 'longgang-river' })).toEqual(['red-old', 'yellow-old']);
    expect(ids({ severity: 'blue' })).toEqual([]);
  });

  it('counts every severity, also where there is none', () => {
    expect(countBySeverity([older, newer, red])).toEqual([
      ['red', 1],
      ['orange', 0],
      ['yellow', 2],
      ['blue', 0],
    ]);
  });

  it('knows the most urgent one of each station', () => {
    expect(urgentByStation([older, newer, orange, red])).toEqual(
      new Map([
        ['RV-1', red],
        ['RV-2', orange],
      ]),
    );
  });
});

describe('the marks of a warning', () => {
  it.each([
    { fields: old, marks: [] },
    { fields: { firstKnownAt: NOW - 119_000 }, marks: ['fresh'] },
    { fields: { ...old, toVerify: true, retroactive: true }, marks: ['toVerify', 'retroactive'] },
    { fields: { ...old, state: 'ended', end: NOW }, marks: ['unconfirmed'] },
    { fields: { ...old, state: 'withdrawn' }, marks: ['withdrawn', 'unconfirmed'] },
    { fields: { ...old, state: 'ended', end: NOW, inForce: false }, marks: ['ended'] },
    { fields: { ...old, state: 'merged', into: 'x', inForce: false }, marks: ['merged'] },
    { fields: { ...old, state: 'ended', ending: 'basis_changed', inForce: false }, marks: ['basisChanged'] },
  ] as const)('of $fields are $marks', ({ fields, marks }) => {
    expect(marksOf(alarm('a', fields), NOW)).toEqual(marks);
  });

  it('tell what turned out since the instant of the list', () => {
    const then = alarm('a', { ...old, severity: 'orange' });
    const later = (fields: object) => laterText({ ...then, later: alarm('a', { ...then, ...fields }) }, zh);
    expect(laterText({ ...then, later: null }, zh)).toBeUndefined();
    expect(later({ state: 'withdrawn', inForce: false })).toBe('后来：已撤销');
    expect(later({ state: 'ended', end: NOW, severity: 'red' })).toBe(
      `后来：于 ${shortInstant(NOW)} 结束、最高红色`,
    );
    expect(later({ toVerify: true })).toBe('后来：内容有变');
  });
});

describe('what a rule compares', () => {
  it.each([
    { limitName: 'guarantee', value: 33.5, unit: 'm', text: '33.500 m' },
    { limitName: 'high', value: 9, unit: '1', text: '9.00' },
    { limitName: 'silence', value: 5_400_000, unit: 'm', text: '1 h 30 min' },
    { limitName: 'flat line', value: 90_000, unit: 'm', text: '90 s' },
    { limitName: 'witnesses', value: 3, unit: 'm', text: '3' },
    { limitName: 'rain', value: 2, unit: 'm', text: '2.0 mm' },
    { limitName: 'rain in 180 min', value: 50, unit: 'mm', text: '50.0 mm' },
    { limitName: 'rise in 30 min', value: 0.52, unit: 'm', text: '0.520 m' },
  ])('counts as $text by the limit "$limitName"', ({ limitName, value, unit, text }) => {
    expect(measuredText(value, { limitName, unit }, en)).toBe(text);
  });

  it('has a name where it is not the reading itself', () => {
    expect(measureName('rise in 30 min', zh)).toBe('30 分钟涨幅');
    expect(measureName('rain in 180 min', en)).toBe('rain in 3 h');
    expect(measureName('silence', zh)).toBe('无数据');
    expect(measureName('guarantee', zh)).toBeUndefined();
    expect(measureName('toString', zh)).toBeUndefined();
    expect(thresholdName('guarantee', zh)).toBe('保证');
    expect(thresholdName('rise', zh)).toBeUndefined();
  });

  it('stands with the peak', () => {
    expect(peakText(alarm('a'), zh)).toBe('33.520 m');
    const steps = [{ severity: 'blue', t: NOW, limitName: 'rise in 60 min', toVerify: false }] as const;
    const rise = alarm('a', { steps, peak: { value: 1.2, t: NOW } });
    expect([peakText(rise, zh), peakMeasure(rise, zh)]).toEqual(['1.200 m', '1 小时涨幅']);
    expect(peakMeasure(alarm('a'), zh)).toBeUndefined();
  });
});

describe('a span of time in a sentence', () => {
  it.each([
    { ms: 400, text: '0 s' },
    { ms: 119_000, text: '119 s' },
    { ms: 150_000, text: '2 min' },
    { ms: 3_600_000, text: '1 h' },
    { ms: 5_400_000, text: '1 h 30 min' },
    { ms: 90_000_000, text: '1 d 1 h' },
    { ms: 172_800_000, text: '2 d' },
  ])('of $ms ms is $text', ({ ms, text }) => {
    expect(longSpan(ms, en)).toBe(text);
  });
});

describe('the record', () => {
  const path = (query: Parameters<typeof recordPath>[0], now = NOW) =>
    new URL(recordPath(query, now), 'http://x').searchParams;

  it('asks for the last seven days in every state, from a whole hour', () => {
    const search = path({ state: '', knownAt: '' });
    expect(search.get('state')).toBe('open,ended,withdrawn,merged');
    expect(search.has('knownAt')).toBe(false);
    const from = Number(search.get('from'));
    expect(from % 3_600_000).toBe(0);
    expect(NOW - from).toBeGreaterThanOrEqual(7 * 86_400_000);
    expect(NOW - from).toBeLessThan(7 * 86_400_000 + 3_600_000);
    expect(recordPath({ state: '', knownAt: '' }, from + 7 * 86_400_000)).toBe(
      recordPath({ state: '', knownAt: '' }, NOW),
    );
  });

  it('goes back to what was known at a time of Asia/Shanghai', () => {
    const search = path({ state: 'withdrawn', knownAt: '2026-06-01T18:30' });
    const instant = Date.parse('2026-06-01T10:30:00Z');
    expect(search.get('state')).toBe('withdrawn');
    expect(search.get('knownAt')).toBe(String(instant));
    expect(Number(search.get('from'))).toBeLessThan(instant);
    expect(path({ state: '', knownAt: 'nonsense' }).has('knownAt')).toBe(false);
  });
});

describe('a subject', () => {
  it('is taken apart into station, point and unit', () => {
    expect(subjectParts('PS-1/pump_running.2')).toEqual({
      station: 'PS-1',
      datastream: 'pump_running.2',
      property: 'pump_running',
      instance: '2',
      unit: '1',
    });
    expect(subjectParts('RV-1/water_level')).toMatchObject({ instance: null, unit: 'm' });
    expect(subjectParts('')).toMatchObject({ station: '', property: '' });
  });
});
