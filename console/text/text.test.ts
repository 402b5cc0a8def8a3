import { describe, expect, it } from 'vitest';

import type { Datastream } from '../wire.ts';
import { ageText, spanText } from './age-text.ts';
import { en } from './en.ts';
import { TEXTS, languageOf } from './language.ts';
import { localTime, shortInstant } from './local-time.ts';
import { countText, datastreamText, propertyText, unitText, valueText } from './value-text.ts';
import { zh } from './zh.ts';

const stage: Datastream = {
  name: 'water_level',
  property: 'water_level',
  instance: null,
  unit: 'm',
  datum: '1985国家高程基准',
  interpolation: 'instantaneous',
  intervalMs: 60_000,
  thresholds: null,
  state: { alarm: 'unknown', severity: null, data: 'good' },
  latest: null,
};

describe('languageOf', () => {
  it.each([
    { remembered: 'en', preferred: ['zh-CN'], language: 'en' },
    { remembered: null, preferred: ['fr-FR', 'en-GB', 'zh'], language: 'en' },
    { remembered: null, preferred: ['zh-TW'], language: 'zh' },
    { remembered: 'klingon', preferred: ['fr'], language: 'zh' },
  ])('$remembered and $preferred give $language', ({ remembered, preferred, language }) => {
    expect(languageOf(remembered, preferred)).toBe(language);
  });
});

describe('the text tables', () => {
  const words = (value: unknown): unknown[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(words) : [value];

  it('leave no word empty, in no language', () => {
    for (const table of Object.values(TEXTS)) expect(words(table)).not.toContain('');
  });

  it('never call a station normal that nobody watches', () => {
    expect(zh.alarm.unknown).toBe('未监视');
    expect(en.alarm.unknown).toBe('not watched');
  });

  it('have words for the same conditions and flags', () => {
    expect(Object.keys(en.conditions)).toEqual(Object.keys(zh.conditions));
    expect(Object.keys(en.flag)).toEqual(Object.keys(zh.flag));
  });
});

describe('ageText', () => {
  it.each([
    { ageMs: -90_000, text: '90s ahead' },
    { ageMs: -4_000, text: 'now' },
    { ageMs: 999, text: 'now' },
    { ageMs: 1_000, text: '1s' },
    { ageMs: 119_999, text: '119s' },
    { ageMs: 120_000, text: '2m' },
    { ageMs: 3_600_000, text: '1h' },
    { ageMs: 5_400_000, text: '1h30m' },
    { ageMs: 200_000_000, text: '2d' },
  ])('says $text after $ageMs ms', ({ ageMs, text }) => {
    expect(ageText(ageMs, en)).toBe(text);
  });
});

describe('spanText', () => {
  it('has no "now": a break of the connection lasts from its first second', () => {
    expect(spanText(300, en)).toBe('0s');
    expect(spanText(7_400, en)).toBe('7s');
  });
});

describe('local time', () => {
  it('is that of Asia/Shanghai in any browser', () => {
    const instant = Date.parse('2026-06-01T23:59:58+08:00');
    expect(localTime(instant)).toEqual({ date: '2026-06-01', time: '23:59:58' });
    expect(shortInstant(instant + 2_000)).toBe('06-02 00:00:00');
  });
});

describe('values', () => {
  it('keep the decimals of their unit, so that digits stand still', () => {
    expect(valueText(stage, 33.2, zh)).toBe('33.200');
    expect(valueText({ ...stage, unit: 'm3/s' }, 0, zh)).toBe('0.00');
    expect(valueText(stage, null, zh)).toBe('–');
  });

  it('are states in words where they are states', () => {
    const pump = { ...stage, property: 'pump_running', unit: '1' };
    expect(valueText(pump, 1, zh)).toBe('运行');
    expect(valueText(pump, 0, en)).toBe('stopped');
    expect(valueText(pump, 0.5, en)).toBe('0.50');
  });

  it('have units and names for people', () => {
    expect(unitText('Cel')).toBe('°C');
    expect(unitText('kW')).toBe('kW');
    expect(propertyText('water_level', 'en')).toBe('water level');
    expect(propertyText('made_up', 'zh')).toBe('made_up');
    expect(datastreamText({ ...stage, property: 'pump_running', instance: '2' }, 'zh')).toBe('水泵运行 2');
  });

  it('tell which of several a point is, in a word where there is one', () => {
    const inside = { ...stage, instance: 'inside' };
    expect(datastreamText(inside, 'zh')).toBe('水位 内侧');
    expect(datastreamText(inside, 'en')).toBe('water level inside');
    expect(datastreamText({ ...stage, instance: 'pit-b' }, 'zh')).toBe('水位 pit-b');
    expect(datastreamText({ ...stage, instance: 'toString' }, 'zh')).toBe('水位 toString');
  });

  it('separate thousands', () => {
    expect(countText(999)).toBe('999');
    expect(countText(1_234_567)).toBe('1,234,567');
  });
});
