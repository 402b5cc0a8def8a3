import { longSpan } from '../text/long-span.ts';
import { shortInstant } from '../text/local-time.ts';
import { numberText, unitText, valueText } from '../text/value-text.ts';
import type { TextTable } from '../text/zh.ts';
import type { QualityReasons, QualityTestResult } from './quality-wire.ts';
import { subjectParts } from './subject.ts';

const SUSPECT = 3;

/** The reading with its flag, and a sentence for each test that doubts it; one where all that could be said is good. */
export function qualitySentences(
  { t, v, flag, deviceFlag, tests }: QualityReasons,
  subject: string,
  text: TextTable,
): readonly string[] {
  const { property, unit } = subjectParts(subject);
  const value = `${valueText({ property, unit }, v, text)} ${unitText(unit)}`.trimEnd();
  const flags = [text.flag[flag], text.deviceFlag[deviceFlag]].filter(Boolean).join(text.listJoin);
  const doubts = tests.filter(result => result.flag >= SUSPECT);
  const passed = tests.filter(result => result.flag === 1).length;
  return [
    text.readingThen(shortInstant(t), value, flags),
    ...(doubts.length === 0 ? [text.testsPassed(passed)] : doubts.map(doubt => doubtText(doubt, unit, text))),
  ];
}

function doubtText({ test, flag, detail }: QualityTestResult, unit: string, text: TextTable): string {
  const name = text.qualityTests[test] ?? test;
  const figures = figuresOf(test, detail, { unit, text });
  return text.testDoubts(name, text.flag[flag] ?? String(flag), figures);
}

/** What was measured and its limit, for tests whose two numbers speak for themselves. */
function figuresOf(
  test: string,
  detail: QualityTestResult['detail'],
  { unit, text }: { readonly unit: string; readonly text: TextTable },
): string {
  const amount = (v: number): string => `${numberText(v, unit)} ${unitText(unit)}`.trimEnd();
  const number = (name: string): number | undefined => {
    const value = detail[name];
    return typeof value === 'number' ? value : undefined;
  };
  const limit = number('failThreshold') ?? number('suspectThreshold');
  if (test === 'gross_range') {
    const span = detail['failSpan'] ?? detail['suspectSpan'];
    if (typeof span !== 'object') return '';
    const [low = Number.NaN, high = Number.NaN] = span;
    return text.outsideSpan(amount(low), amount(high));
  }
  const height = number('height');
  if (test === 'spike' && height !== undefined && limit !== undefined) {
    return text.overAllowed(amount(height), amount(limit));
  }
  const [change, overMs, perMs] = [number('change'), number('overMs'), number('perMs')];
  if (change === undefined || overMs === undefined || limit === undefined) return '';
  return text.changedWithin(
    amount(change),
    longSpan(overMs, text),
    perMs === undefined ? amount(limit) : `${amount(limit)} / ${longSpan(perMs, text)}`,
  );
}
