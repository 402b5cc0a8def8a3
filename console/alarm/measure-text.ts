import { MINUTE_MS } from '../../domain/time/instant.ts';
import { longSpan } from '../text/long-span.ts';
import { numberText, unitText } from '../text/value-text.ts';
import type { TextTable } from '../text/zh.ts';

/** What the values of a measure are counted in. */
type Scale = 'span' | 'count' | 'rain' | 'property';

/** Measures that are not in the unit of the judged property. */
const SCALES: Readonly<Record<string, Scale>> = {
  silence: 'span',
  'flat line': 'span',
  'held for': 'span',
  witnesses: 'count',
  readings: 'count',
  rain: 'rain',
  'rain since 08:00': 'rain',
};

const RAIN_WITHIN = /^rain in (\d+) min$/;
const RISE_WITHIN = /^rise in (\d+) min$/;

/** How the limit `name` of a rule counts: most limits are in the unit of the property that is judged. */
function scaleOf(name: string): Scale {
  return Object.hasOwn(SCALES, name)
    ? (SCALES[name] ?? 'property')
    : RAIN_WITHIN.test(name)
      ? 'rain'
      : 'property';
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
    case 'property':
      return `${numberText(value, unit)} ${unitText(unit)}`.trimEnd();
  }
}

/** What a rule compares, where that is not the reading itself. */
export function measureName(limitName: string, text: TextTable): string | undefined {
  if (Object.hasOwn(text.measures, limitName)) return text.measures[limitName];
  const within = (match: RegExpExecArray | null): string | undefined =>
    match === null ? undefined : longSpan(Number(match[1]) * MINUTE_MS, text);
  const rain = within(RAIN_WITHIN.exec(limitName));
  if (rain !== undefined) return text.rainWithin(rain);
  const rise = within(RISE_WITHIN.exec(limitName));
  return rise === undefined ? undefined : text.riseWithin(rise);
}

/** The name of a threshold; undefined where a limit has no such name. */
export function thresholdName(limitName: string, { threshold }: TextTable): string | undefined {
  const names: Readonly<Record<string, string>> = threshold;
  return Object.hasOwn(names, limitName) ? names[limitName] : undefined;
}
