import { MINUTE_MS } from '../../domain/time/instant.ts';
import { longSpan } from '../text/long-span.ts';
import { numberText, unitText } from '../text/value-text.ts';
import type { TextTable } from '../text/zh.ts';

/** What the values of a measure are counted in. */
type Scale = 'span' | 'count' | 'rain' | 'class' | 'ratio' | 'property';

/** Measures that are not in the unit of the judged property. */
const SCALES: Readonly<Record<string, Scale>> = {
  silence: 'span',
  'flat line': 'span',
  'held for': 'span',
  witnesses: 'count',
  readings: 'count',
  rain: 'rain',
  'rain since 08:00': 'rain',
  'water-quality class': 'class',
};

const RAIN_WITHIN = /^rain in (\d+) min$/;
const TIMES_MEDIAN = /^times the median of (\d+) d$/;
const RISE_WITHIN = /^rise in (\d+) min$/;

/** How the limit `name` of a rule counts: most limits are in the unit of the property that is judged. */
function scaleOf(name: string): Scale {
  if (Object.hasOwn(SCALES, name)) return SCALES[name] ?? 'property';
  if (TIMES_MEDIAN.test(name)) return 'ratio';
  return RAIN_WITHIN.test(name) ? 'rain' : 'property';
}

/** A compared value with its unit, by the limit it is compared with. */
export function measuredText(
  value: number,
  { limitName, unit }: { readonly limitName: string; readonly unit: string },
  text: TextTable,
): string {
  switch (scaleOf(limitName)) {
    case 'span':
      return longSpan(value, text);
    case 'count':
      return String(value);
    case 'rain':
      return `${numberText(value, 'mm')} mm`;
    case 'class':
      return text.waterClasses[value] ?? String(value);
    case 'ratio':
      return value.toFixed(2);
    case 'property':
      return `${numberText(value, unit)} ${unitText(unit)}`.trimEnd();
  }
}

/** What lies between a value and its limit, which a class does not name. */
export function distanceText(
  distance: number,
  counted: { readonly limitName: string; readonly unit: string },
  text: TextTable,
): string {
  return scaleOf(counted.limitName) === 'class'
    ? text.classesApart(String(distance))
    : measuredText(distance, counted, text);
}

/** What a rule compares, where that is not the reading itself. */
export function measureName(limitName: string, text: TextTable): string | undefined {
  if (Object.hasOwn(text.measures, limitName)) return text.measures[limitName];
  const within = (match: RegExpExecArray | null): string | undefined =>
    match === null ? undefined : longSpan(Number(match[1]) * MINUTE_MS, text);
  const rain = within(RAIN_WITHIN.exec(limitName));
  if (rain !== undefined) return text.rainWithin(rain);
  const median = TIMES_MEDIAN.exec(limitName)?.[1];
  if (median !== undefined) return text.timesMedian(text.spans.days(Number(median)));
  const rise = within(RISE_WITHIN.exec(limitName));
  return rise === undefined ? undefined : text.riseWithin(rise);
}

/** The name of a threshold; undefined where a limit has no such name. */
export function thresholdName(limitName: string, { threshold }: TextTable): string | undefined {
  const names: Readonly<Record<string, string>> = threshold;
  return Object.hasOwn(names, limitName) ? names[limitName] : undefined;
}
