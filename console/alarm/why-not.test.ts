import { describe, expect, it } from 'vitest';

import { en } from '../text/en.ts';
import { shortInstant } from '../text/local-time.ts';
import { zh } from '../text/zh.ts';
import type { RuleAtPoint } from './point-wire.ts';
import type { Clause } from './reasons-wire.ts';
import { inUrgency, ruleSentences, verdictOf, whyNotText } from './why-not.ts';

const T = Date.parse('2026-06-01T21:00:00+08:00');
const SUBJECT = 'RV-1/water_level';
const words = { text: zh, inputName: () => '水位' };
const inEnglish = { text: en, inputName: () => 'water level' };

const below: Clause = {
  severity: 'yellow',
  name: 'warning',
  state: 'false',
  value: 33.42,
  limit: 33.5,
  distance: 0.08,
};
const met: Clause = { ...below, state: 'true', value: 33.6, distance: -0.1 };

const rule = (fields: Partial<RuleAtPoint> = {}): RuleAtPoint => ({
  rule: 'river-stage',
  state: 'noWarning',
  data: 'good',
  knownAt: T,
  whyNot: below,
  clauses: [below],
  inputs: [],
  thresholds: [],
  open: null,
  ...fields,
});
const open = {
  alarm: 'a',
  begin: T,
  severity: 'orange',
  currentSeverity: 'yellow',
  toVerify: false,
} as const;

const said = (clause: Clause, clauses: readonly Clause[] = [clause], subject = SUBJECT) =>
  whyNotText(clause, clauses, subject, words);

describe('why there is no warning', () => {
  it('is the value, the limit with its severity and name, and what is between them', () => {
    expect(said(below)).toBe('水位 33.420 m，低于黄色限值 33.500 m（“警戒”），还差 0.080 m');
    expect(whyNotText(below, [], SUBJECT, inEnglish)).toBe(
      'water level 33.420 m, 0.080 m below the yellow limit 33.500 m (“warning”)',
    );
  });

  it('turns round where a value has to fall to the limit', () => {
    const oxygen = { severity: 'red', name: 'low', state: 'false', value: 5.2, limit: 3 } as const;
    expect(said(oxygen, [oxygen], 'WQ-1/dissolved_oxygen')).toBe(
      '水位 5.20 mg/L，高于红色限值 3.00 mg/L（“下限”），还差 2.20 mg/L',
    );
  });

  it('never shows a distance of nothing where there is one, and says where there is none', () => {
    expect(said({ ...below, value: 33.4998, distance: 0.0002 })).toContain('还差 <0.001 m');
    expect(said({ ...below, value: 33.5, distance: 0 })).toBe(
      '水位 33.500 m，恰为黄色限值 33.500 m（“警戒”），越过才算',
    );
  });

  it('is that the limit is met, and not for long or often enough', () => {
    const heldFor = { severity: 'yellow', name: 'held for', state: 'false' } as const;
    const held = { ...heldFor, value: 480_000, limit: 1_800_000, distance: 1_320_000 };
    const higher = { ...met, severity: 'red' } as const;
    expect(said({ ...held }, [met, held, higher])).toBe(
      '水位 33.600 m，已达到黄色限值 33.500 m（“警戒”）；只持续 8 分钟，规则要求 30 分钟，还差 22 分钟',
    );
    const readings = { severity: 'yellow', name: 'readings', state: 'false', value: 1, limit: 2 } as const;
    // Of two limits of one severity that is told which comes before the readings.
    const rise = { ...met, name: 'rise in 30 min', value: 0.5, limit: 0.4 } as const;
    expect(said({ ...readings }, [met, rise, readings])).toBe(
      '30 分钟涨幅 0.500 m，已达到黄色限值 0.400 m；只有连续 1 个读数，规则要求 2 个，还差 1 个',
    );
  });

  it('names a condition that comes before every severity, in its own unit', () => {
    const rain = { name: 'rain', state: 'false', value: 0, limit: 5, distance: 5 } as const;
    expect(said(rain)).toBe('流域雨量 0.0 mm，低于前提条件 5.0 mm，还差 5.0 mm');
  });

  it('says when the limit is met if the value goes on as it did', () => {
    expect(said({ ...below, etaMs: 1_500_000 })).toContain('还差 0.080 m，按目前趋势约 25 分钟后达到');
    expect(said({ ...below, etaMs: 59_000 })).toContain('，按目前趋势即将达到');
    expect(said({ ...below, etaMs: null })).not.toContain('趋势');
  });

  it('names classes of water, and what decided them', () => {
    const item = { input: 'WQ-1/ammonia_nitrogen', value: 1.2 };
    const section = { severity: 'yellow', name: 'water-quality class', state: 'false', value: 4 } as const;
    expect(said({ ...section, limit: 6, distance: 2, deciding: [item] }, [], 'WQ-1/dissolved_oxygen')).toBe(
      '水质类别 IV类，低于黄色限值 劣V类，还差 2 个类别；定类项目：水位 1.20 mg/L',
    );
    const ratio = { severity: 'yellow', name: 'times the median of 30 d', state: 'false' } as const;
    expect(said({ ...ratio, value: 1.5, limit: 2, distance: 0.5 }, [], 'WQ-1/conductivity')).toBe(
      '与前 30 天中位数之比 1.50，低于黄色限值 2.00，还差 0.50',
    );
  });

  it('is that nothing is known', () => {
    expect(said({ severity: 'yellow', name: 'rise', state: 'unknown', limit: 0.3 })).toBe(
      '涨幅未知，无法与黄色限值 0.300 m 比较',
    );
  });
});

describe('what is said of a rule', () => {
  const sentences = (fields: Partial<RuleAtPoint>) => ruleSentences(rule(fields), SUBJECT, words);

  it('is never "no warning" where the point was blind', () => {
    expect(sentences({ state: 'unknown', data: 'blind' })).toEqual([
      zh.blindNow,
      `最后一次能判断是 ${shortInstant(T)}：${said(below)}`,
    ]);
    expect(sentences({ state: 'unknown', data: 'blind', knownAt: null, whyNot: null })).toEqual([
      zh.blindNow,
      zh.nothingKnown,
    ]);
  });

  it('is, of a warning, since when, what is met, and how far the next severity is', () => {
    const next = { ...below, severity: 'orange', name: 'guarantee', limit: 34, distance: 0.4 } as const;
    expect(
      sentences({ state: 'warning', whyNot: null, open, clauses: [met, { ...next, value: 33.6 }] }),
    ).toEqual([
      `自 ${shortInstant(T)} 起预警`,
      '水位 33.600 m，已达到黄色限值 33.500 m（“警戒”）',
      '更高一级：水位 33.600 m，低于橙色限值 34.000 m（“保证”），还差 0.400 m',
    ]);
  });

  it('is, of a warning that nothing meets any more, that it has not let go', () => {
    expect(sentences({ state: 'warning', whyNot: null, open, clauses: [below] })[1]).toBe(
      `${said(below)}；预警尚未解除`,
    );
  });

  it('is that it does not judge', () => {
    expect(sentences({ state: 'notJudged', data: null, whyNot: null })).toEqual([zh.notJudged]);
  });
});

describe('the verdict of a point', () => {
  it.each([
    [['notJudged', 'warning', 'noWarning'], 'warning'],
    [['unknown', 'noWarning'], 'noWarning'],
    [['unknown', 'notJudged'], 'unknown'],
    [[], 'unknown'],
  ] as const)('of %j is %s', (states, verdict) => {
    expect(verdictOf({ rules: states.map(state => rule({ state })) })).toBe(verdict);
  });

  it('has the rules that warn first, the highest of them before the others, then the blind ones', () => {
    const rules = [
      rule({ rule: 'quiet' }),
      rule({ rule: 'none', state: 'notJudged' }),
      rule({ rule: 'blind', state: 'unknown' }),
      rule({ rule: 'yellow', state: 'warning', open }),
      rule({ rule: 'red', state: 'warning', open: { ...open, currentSeverity: 'red' } }),
    ];
    expect(inUrgency(rules).map(each => each.rule)).toEqual(['red', 'yellow', 'blind', 'quiet', 'none']);
  });
});
