import { longSpan } from '../text/long-span.ts';
import { shortInstant } from '../text/local-time.ts';
import { numberText, resolutionOf, unitText } from '../text/value-text.ts';
import { severityRank } from '../../domain/model/warning-severity.ts';
import { MINUTE_MS } from '../../domain/time/instant.ts';
import { distanceText, measureName, measuredText, thresholdName } from './measure-text.ts';
import type { OpenWarning, PointReasons, RuleAtPoint, RuleState } from './point-wire.ts';
import type { Clause } from './reasons-wire.ts';
import { isSeverity } from './severity-name.ts';
import type { SentenceWords } from './step-sentences.ts';
import { subjectParts } from './subject.ts';

/** What can be said of a point as a whole. */
export type PointVerdict = 'warning' | 'noWarning' | 'unknown';

/** Whether a point warns; it is quiet only where a rule has judged it. */
export function verdictOf({ rules }: Pick<PointReasons, 'rules'>): PointVerdict {
  const has = (wanted: RuleState): boolean => rules.some(({ state }) => state === wanted);
  return has('warning') ? 'warning' : has('noWarning') ? 'noWarning' : 'unknown';
}

const ORDER: readonly RuleState[] = ['warning', 'unknown', 'noWarning', 'notJudged'];

/** Warnings first, the highest of them before the others, then where nothing could be seen. */
export function inUrgency(rules: readonly RuleAtPoint[]): readonly RuleAtPoint[] {
  return rules.toSorted(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || severityOf(b.open) - severityOf(a.open),
  );
}

function severityOf(open: OpenWarning | null): number {
  return open === null ? -1 : severityRank(open.currentSeverity);
}

/** Why a rule warned or did not, in whole sentences. */
export function ruleSentences(rule: RuleAtPoint, subject: string, words: SentenceWords): readonly string[] {
  const { text } = words;
  const { state, open, whyNot, knownAt, clauses } = rule;
  const short = (clause: Clause | null): string =>
    clause === null ? text.nothingKnown : whyNotText(clause, clauses, subject, words);
  switch (state) {
    case 'warning':
      return open === null ? [] : warningSentences(open, clauses, subject, words);
    case 'noWarning':
      return [short(whyNot)];
    case 'unknown':
      return knownAt === null
        ? [text.blindNow, text.nothingKnown]
        : [text.blindNow, text.lastKnown(shortInstant(knownAt), short(whyNot))];
    case 'notJudged':
      return [text.notJudged];
  }
}

/** How far a condition was from being met: value, limit and what is between them. */
export function whyNotText(
  clause: Clause,
  clauses: readonly Clause[],
  subject: string,
  words: SentenceWords,
): string {
  const { text } = words;
  const { name, value, limit } = clause;
  if (name === 'held for' || name === 'readings') {
    const met = clauses
      .slice(
        0,
        clauses.findIndex(other => isSame(other, clause)),
      )
      .findLast(isOfLimit);
    const done = value ?? 0;
    const so =
      name === 'readings'
        ? text.notOftenEnough(String(done), String(limit), String(limit - done))
        : text.notLongEnough(longSpan(done, text), longSpan(limit, text), longSpan(limit - done, text));
    return met === undefined ? so : text.metBut(metClause(met, subject, words), so);
  }
  const what = nameOf(name, subject, words);
  const limited = limitOf(clause, subject, words);
  if (value === undefined) return text.valueUnknown(what, limited);
  const measured = `${what} ${amountOf(value, name, subject, words)}`;
  const away = awayText(clause, subject, words);
  if (value === limit) return text.justAt(measured, limited);
  const so = (value < limit ? text.belowLimit : text.aboveLimit)(measured, limited, away);
  return so + decidingText(clause, words) + etaText(clause, words);
}

function warningSentences(
  open: OpenWarning,
  clauses: readonly Clause[],
  subject: string,
  words: SentenceWords,
): readonly string[] {
  const { text } = words;
  const of = severityRank(open.currentSeverity);
  const rankOf = ({ severity }: Clause): number => (severity === undefined ? -1 : severityRank(severity));
  const met = clauses.findLast(clause => rankOf(clause) === of && isOfLimit(clause));
  const next = clauses.find(clause => rankOf(clause) > of && clause.state !== 'true');
  return [
    text.warningSince(shortInstant(open.begin)),
    ...(met === undefined
      ? []
      : met.state === 'true'
        ? [metClause(met, subject, words)]
        : [text.notLetGo(whyNotText(met, clauses, subject, words))]),
    ...(next === undefined ? [] : [text.toNext(whyNotText(next, clauses, subject, words))]),
  ];
}

/** Which items of water quality the value comes from; empty where it comes from one reading. */
function decidingText({ deciding = [] }: Clause, { text, inputName }: SentenceWords): string {
  const items = deciding.map(({ input, value }) => {
    const { unit } = subjectParts(input);
    return `${inputName(input)} ${measuredText(value, { limitName: '', unit }, text)}`;
  });
  return items.length === 0 ? '' : text.decidedByItems(items.join(text.listJoin));
}

function etaText({ etaMs }: Clause, { text }: SentenceWords): string {
  if (etaMs === undefined || etaMs === null) return '';
  return etaMs < MINUTE_MS ? text.metSoon : text.metIn(longSpan(etaMs, text));
}

/** The same condition of the same limit, wherever it was told. */
function isSame(a: Clause, b: Clause): boolean {
  return a.severity === b.severity && a.name === b.name && a.value === b.value && a.limit === b.limit;
}

/** Whether a clause is about a limit, and not about how long it has held. */
function isOfLimit({ name }: Clause): boolean {
  return name !== 'held for' && name !== 'readings';
}

function metClause(clause: Clause, subject: string, words: SentenceWords): string {
  const { name, value } = clause;
  const what = nameOf(name, subject, words);
  const measured = value === undefined ? what : `${what} ${amountOf(value, name, subject, words)}`;
  return words.text.reached(measured, limitOf(clause, subject, words));
}

function nameOf(name: string, subject: string, { text, inputName }: SentenceWords): string {
  return measureName(name, text) ?? inputName(subject);
}

function amountOf(value: number, limitName: string, subject: string, { text }: SentenceWords): string {
  return measuredText(value, { limitName, unit: subjectParts(subject).unit }, text);
}

/** `the yellow limit 33.500 m (“guarantee”)`; a condition that comes before every severity has none. */
function limitOf({ name, severity, limit }: Clause, subject: string, words: SentenceWords): string {
  const { text } = words;
  const amount = amountOf(limit, name, subject, words);
  const threshold = isSeverity(name) ? undefined : thresholdName(name, text);
  const named = threshold === undefined ? amount : text.limitBy(amount, threshold);
  return severity === undefined ? text.conditionOf(named) : text.limitOf(text.severity[severity], named);
}

/** The distance to the limit; never a zero that is none. */
function awayText(
  { name, value = 0, limit, distance }: Clause,
  subject: string,
  words: SentenceWords,
): string {
  const away = Math.abs(distance ?? limit - value);
  const { unit } = subjectParts(subject);
  const shown = distanceText(away, { limitName: name, unit }, words.text);
  const least = resolutionOf(unit);
  const isHidden = away > 0 && away < least / 2 && shown === amountOf(0, name, subject, words);
  return isHidden ? `<${numberText(least, unit)} ${unitText(unit)}`.trimEnd() : shown;
}
