import type { TextTable } from '../text/zh.ts';
import type { Alarm } from './alarm-wire.ts';
import { measureName, measuredText } from './measure-text.ts';
import { subjectParts } from './subject.ts';

/** The most extreme value with its unit, which counts as the limits of the rule do. */
export function peakText({ peak, steps, subject }: Alarm, text: TextTable): string {
  const limitName = steps.at(-1)?.limitName ?? '';
  return measuredText(peak.value, { limitName, unit: subjectParts(subject).unit }, text);
}

/** What the peak is one of, where that is not the reading itself. */
export function peakMeasure({ steps }: Alarm, text: TextTable): string | undefined {
  return measureName(steps.at(-1)?.limitName ?? '', text);
}
