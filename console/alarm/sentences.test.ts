import { describe, expect, it } from 'vitest';

import { en } from '../text/en.ts';
import { shortInstant } from '../text/local-time.ts';
import { zh } from '../text/zh.ts';
import { gapText } from './gap-text.ts';
import type { StepReasons } from './reasons-wire.ts';
import { conditionText, metText, stepSentences } from './step-sentences.ts';

const T = Date.parse('2026-06-01T21:00:00+08:00');
const SUBJECT = 'RV-1/water_level';
const words = { text: zh, inputName: (input: string) => `〈${input}〉` };

const decidedBy = {
  kind: 'reading',
  input: SUBJECT,
  t: T,
  v: 33.52,
  position: 7,
  received: T + 2_000,
  delayMs: 2_000,
  liveWindowMs: 600_000,
  live: true,
  clockCorrectionMs: null,
} as const;

const step = (fields: Partial<StepReasons> = {}): StepReasons => ({
  severity: 'orange',
  cause: 'held',
  t: T,
  decidedT: T,
  heldMs: 0,
  value: 33.52,
  limit: 33.5,
  limitName: 'guarantee',
  decidedBy,
  toldAt: T + 2_000,
  clauses: [],
  inputs: [],
  thresholds: [],
  toVerify: null,
  ...fields,
});
const said = (fields: Partial<StepReasons>, isStepUp = false) =>
  stepSentences(step(fields), words, { isStepUp });

describe('what was compared', () => {
  it('names the reading, the limit and the threshold it comes from', () => {
    expect(metText(step(), SUBJECT, words)).toBe(
      '〈RV-1/water_level〉 33.520 m，达到或超过限值 33.500 m（“保证”）',
    );
  });

  it('takes the relation from the ladder that was in force', () => {
    const low = {
      severity: 'orange',
      name: 'low',
      relation: '<',
      value: 3,
      clear: 3.2,
      datum: null,
    } as const;
    const oxygen = step({ value: 2.5, limit: 3, limitName: 'low', thresholds: [low] });
    expect(metText(oxygen, 'WQ-1/dissolved_oxygen', words)).toContain('2.50 mg/L，低于限值 3.00 mg/L');
    expect(metText({ ...oxygen, thresholds: [] }, 'WQ-1/dissolved_oxygen', words)).toContain('低至限值');
  });

  it('names a derived value by what it is', () => {
    const rise = step({ value: 0.52, limit: 0.5, limitName: 'rise in 30 min' });
    expect(metText(rise, SUBJECT, words)).toBe('30 分钟涨幅 0.520 m，达到或超过限值 0.500 m');
    const silent = step({ value: 7_200_000, limit: 3_600_000, limitName: 'silence' });
    expect(metText(silent, SUBJECT, words)).toBe('无数据 2 小时，达到或超过限值 1 小时');
  });

  it('does not say a severity twice where a threshold is called after it', () => {
    expect(metText(step({ limitName: 'orange' }), SUBJECT, words)).toContain('限值 33.500 m');
    expect(metText(step({ limitName: 'orange' }), SUBJECT, words)).not.toContain('“');
    expect(conditionText('orange', SUBJECT, words)).toBe('〈RV-1/water_level〉');
    expect(conditionText('guarantee', SUBJECT, words)).toBe('〈RV-1/water_level〉 · 保证');
    expect(conditionText('held for', SUBJECT, words)).toBe('已持续');
  });
});

describe('why a severity was reached', () => {
  it('says which reading decided, how old it was, and when it was told', () => {
    expect(said({})).toEqual([
      `${shortInstant(T)} 的读数满足，当即判为该级。`,
      `起决定作用的读数：〈RV-1/water_level〉，${shortInstant(T)}，33.520 m。`,
      `它于 ${shortInstant(T + 2_000)} 收到，晚 2 秒，在 10 分钟的实时时限之内：实时。`,
      `${shortInstant(T + 2_000)} 首次实时发布该级。`,
    ]);
  });

  it('says since when it held, and that a step up needs no time', () => {
    expect(said({ decidedT: T + 300_000, heldMs: 900_000 }).slice(0, 2)).toEqual([
      `自 ${shortInstant(T)} 起一直满足，到 ${shortInstant(T + 300_000)} 达到规则要求的时长或次数，判为该级。`,
      '满足该级的时间累计 15 分钟。',
    ]);
    expect(said({}, true)[0]).toContain('预警已在持续');
  });

  it('says that late readings tell nobody', () => {
    const late = { ...decidedBy, received: T + 7_200_000, delayMs: 7_200_000, live: false };
    expect(said({ decidedBy: late, toldAt: null }).join('')).toMatch(/晚 2 小时，超出.*：追溯.*从未实时发布/);
  });

  it('says that our own clock was wrong when the reading came', () => {
    expect(said({ decidedBy: { ...decidedBy, clockCorrectionMs: 7_200_000 } }).join('')).toContain(
      '本机时钟慢了 2 小时',
    );
    expect(said({}).join('')).not.toContain('本机时钟');
  });

  it('says that a point went blind on its way, and that nobody has seen it since', () => {
    const silence = {
      kind: 'silence',
      input: SUBJECT,
      t: T + 600_000,
      since: T,
      silentMs: 600_000,
      ownOutageMs: 0,
      isRefuted: false,
    } as const;
    const blind = said({ cause: 'blind', decidedT: T + 600_000, decidedBy: silence, toVerify: 'blind' });
    expect(blind[0]).toContain('在上升途中失测');
    expect(blind[1]).toContain('由失测判定');
    expect(blind.at(-1)).toContain('待核实');
  });

  it('says where what is stored no longer leads to it', () => {
    expect(said({ decidedBy: null })).toContain(zh.noLongerFollows);
  });
});

describe('a gap', () => {
  it.each([
    ['blue needs the threshold warning, which is not set', '蓝色级需要阈值“警戒”，尚未设置'],
    [
      'red needs the threshold crest or record, which is not set',
      '红色级需要阈值“堤（坝）顶”或“历史最高”，尚未设置',
    ],
    ['the freeboard needs the threshold ground, which is not set', zh.gapDetails.freeboard],
    ['the sump has no threshold pumpStart', zh.gapDetails.sumpStart],
    ['no pump says whether it runs', zh.gapDetails.noPump],
    ['no rain gauge stands in the basin', zh.gapDetails.noRain],
    ['the outfall has no invertM', zh.gapDetails.noInvert],
    ['the thresholds have the datum none, the readings 吴淞', '阈值基面为 未登记，读数基面为 吴淞'],
    ['the outfall has the datum 黄海, the readings none', '排放口基面为 黄海，读数基面为 未登记'],
    ['3 witnesses are asked for, and only 2 measure the same', '需要 3 个测点互证，同类测点只有 2 个'],
    ['no neighbour measures the same property', zh.gapDetails.noNeighbour],
    ['no datastream of the registry is selected', zh.gapDetails.noSubject],
  ])('"%s" is said as "%s"', (detail, text) => {
    expect(gapText(detail, zh)).toBe(text);
  });

  it('stays as the rule says it where the page has no words for it', () => {
    expect(gapText('something new is missing', zh)).toBe('something new is missing');
    expect(gapText('purple needs the threshold nonsense, which is not set', en)).toBe(
      'purple needs the threshold “nonsense”, which is not set',
    );
  });
});
