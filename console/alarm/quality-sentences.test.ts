import { describe, expect, it } from 'vitest';

import { en } from '../text/en.ts';
import { zh } from '../text/zh.ts';
import { qualitySentences } from './quality-sentences.ts';
import type { QualityTestResult } from './quality-wire.ts';

const SUBJECT = 'RV-1/water_level';
const T = Date.parse('2026-06-01T21:00:00+08:00');
const said = (text: typeof zh, ...tests: readonly QualityTestResult[]) =>
  qualitySentences({ t: T, v: 33.42, flag: tests.length > 1 ? 3 : 1, deviceFlag: 'N', tests }, SUBJECT, text);

const good: QualityTestResult = { test: 'gross_range', flag: 1, detail: {} };
const spike: QualityTestResult = { test: 'spike', flag: 3, detail: { height: 0.4, suspectThreshold: 0.15 } };

describe('qualitySentences', () => {
  it('says how many tests a good reading has passed', () => {
    expect(said(zh, good)).toEqual([
      '读数 06-01 21:00:00：33.420 m，合格',
      '质量检验：1 项通过，无可疑之处。',
    ]);
    expect(said(en, good)[1]).toBe('Quality tests: 1 passed, none in doubt.');
  });

  it('names each test in doubt with what it measured and what is allowed', () => {
    expect(said(zh, good, spike)[1]).toBe('质量检验“尖峰”：可疑，0.400 m，允许 0.150 m');
    expect(said(en, good, spike)[1]).toBe('Quality test “spike”: suspect, 0.400 m, allowed 0.150 m');
    const detail = { change: -0.7, overMs: 300_000, suspectThreshold: 0.5, perMs: 300_000 };
    expect(said(en, good, { test: 'rate_of_change', flag: 3, detail })[1]).toMatch(
      /^Quality test “rate of change”: suspect, changed by -0\.700 m in 5 min.*, allowed 0\.500 m \/ 5 min/,
    );
    const outside = { test: 'gross_range', flag: 4, detail: { value: 33.42, failSpan: [0, 20] } };
    expect(said(zh, good, outside)[1]).toContain('不在 0.000 m 至 20.000 m 之间');
  });

  it('names a test that it has no words or figures for', () => {
    expect(said(en, good, { test: 'flat_line', flag: 3, detail: { lastedMs: 5 } })[1]).toBe(
      'Quality test “flat line”: suspect',
    );
    expect(said(en, good, { test: 'new_test', flag: 3, detail: {} })[1]).toBe(
      'Quality test “new_test”: suspect',
    );
  });
});
