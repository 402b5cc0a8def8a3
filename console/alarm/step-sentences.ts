import { longSpan } from '../text/long-span.ts';
import { shortInstant } from '../text/local-time.ts';
import { valueText } from '../text/value-text.ts';
import { unitText } from '../text/value-text.ts';
import type { TextTable } from '../text/zh.ts';
import { measureName, measuredText, thresholdName } from './measure-text.ts';
import { isSeverity } from './severity-name.ts';
import type { Relation, StepReasons } from './reasons-wire.ts';
import { subjectParts } from './subject.ts';

/** What a sentence needs beside the words: the names of datastreams. */
export interface SentenceWords {
  readonly text: TextTable;
  /** Of `station/property[.instance]`. */
  readonly inputName: (input: string) => string;
}

/** What was compared with which limit: the headline of a step. */
export function metText(step: StepReasons, subject: string, words: SentenceWords): string {
  const { text, inputName } = words;
  const { unit } = subjectParts(subject);
  const { limitName, value, limit } = step;
  const measure = measureName(limitName, text) ?? inputName(subject);
  const measured = measuredText(value, { limitName, unit }, text);
  return text.met(
    `${measure} ${measured}`,
    text.relation[relationOf(step)],
    limitText(step, unit, text, limit),
  );
}

/** What a condition is about: a derived value, or the reading itself and the threshold it is held against. */
export function conditionText(name: string, subject: string, { text, inputName }: SentenceWords): string {
  const derived = measureName(name, text);
  if (derived !== undefined) return derived;
  const threshold = isSeverity(name) ? undefined : thresholdName(name, text);
  return [inputName(subject), threshold].filter(Boolean).join(' · ');
}

/** A limit with its unit, and the threshold it comes from. */
export function limitText(
  { limitName }: Pick<StepReasons, 'limitName'>,
  unit: string,
  text: TextTable,
  limit: number,
): string {
  const amount = measuredText(limit, { limitName, unit }, text);
  const name = thresholdName(limitName, text);
  // Where a threshold has the name of a severity, the severity beside it says as much.
  return name === undefined || isSeverity(limitName) ? amount : text.limitBy(amount, name);
}

/** How the value met the limit; of a limit that is no longer in the ladder as the numbers stand. */
function relationOf({ thresholds, severity, limitName, value, limit }: StepReasons): Relation {
  const known = thresholds.find(
    threshold => threshold.severity === severity && threshold.name === limitName && threshold.value === limit,
  );
  return known?.relation ?? (value >= limit ? '>=' : '<=');
}

/**
 * Why a severity was reached, in whole sentences: how long, by which reading, how old that was, and who was told.
 *
 * @param isStepUp the alarm was there already with a milder severity
 */
export function stepSentences(
  step: StepReasons,
  words: SentenceWords,
  { isStepUp }: { readonly isStepUp: boolean },
): readonly string[] {
  const { text } = words;
  const { cause, t, decidedT, heldMs, toldAt, toVerify } = step;
  const decided = shortInstant(decidedT);
  const how =
    cause === 'blind'
      ? text.blindSince(shortInstant(t), decided)
      : decidedT === t
        ? (isStepUp ? text.steppedUp : text.heldAtOnce)(decided)
        : text.heldSince(shortInstant(t), decided);
  return [
    how,
    ...(heldMs === 0 ? [] : [text.heldInAll(longSpan(heldMs, text))]),
    ...decidingSentences(step, words),
    toldAt === null ? text.neverTold : text.toldAt(shortInstant(toldAt)),
    ...(toVerify === null ? [] : [text.verifyWhy[toVerify]]),
  ];
}

function decidingSentences(
  { decidedBy }: StepReasons,
  { text, inputName }: SentenceWords,
): readonly string[] {
  if (decidedBy === null) return [text.noLongerFollows];
  const { kind, input, t } = decidedBy;
  if (kind === 'silence') {
    return [text.decidedBySilence(inputName(input), shortInstant(decidedBy.since), shortInstant(t))];
  }
  const { v, received, delayMs, liveWindowMs, live, clockCorrectionMs } = decidedBy;
  const { property, unit } = subjectParts(input);
  const value = `${valueText({ property, unit }, v, text)} ${unitText(unit)}`.trimEnd();
  const arrived = live ? text.arrivedLive : text.arrivedLate;
  return [
    text.decidedByReading(inputName(input), shortInstant(t), value),
    arrived(shortInstant(received), longSpan(delayMs, text), longSpan(liveWindowMs, text)),
    ...(clockCorrectionMs === null ? [] : [text.ownClockWrong(longSpan(clockCorrectionMs, text))]),
  ];
}
