import type { TextTable } from '../text/zh.ts';
import type { Alarm } from './alarm-wire.ts';
import { measureName, measuredText } from './measure-text.ts';
import { subjectParts } from './subject.ts';

/** The most extreme value with its unit; it counts as the limits of the rule do. What was compared stands before it. */
export function peakText({ peak, steps, subject }: Alarm, text: TextTable): string {
  const limitName = steps.at(-1)?.limitName ?? '';
  const value = measuredText(peak.value, { limitName, unit: subjectParts(subject).unit }, text);
  const measure = measureName(limitName, text);
  return measure === undefined ? value : `${measure} ${value}`;
}
