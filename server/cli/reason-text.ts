import { CLASS_WORDS } from '../../domain/assessment/class-words.ts';
import { QUALITY_CLASSES } from '../../domain/assessment/quality-class.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/time/instant.ts';
import type { Clause } from '../../rules/explain-at.ts';
import { WATER_CLASS } from '../../rules/kinds/water-quality-class.ts';
import type { InputValue, LimitInForce, SilenceReason } from '../../watch/alarm-reasons.ts';
import { localTime } from './text-table.ts';

/** Measures that are spans of time, milliseconds. */
const SPANS: ReadonlySet<string> = new Set(['silence', 'flat line', 'held for']);

/** What is compared, with its unit where that is known. */
export function measured(value: number, name: string, unit: string | null): string {
  if (SPANS.has(name)) return span(value);
  if (name === WATER_CLASS) return classText(value);
  return unit === null ? rounded(value) : `${rounded(value)} ${unit}`;
}

/** `3.42 m, 0.08 m below the limit 3.5 m (yellow, warning)`. */
export function clauseText(clause: Clause, limits: readonly LimitInForce[]): string {
  const { severity, name, state, value, limit } = clause;
  const inForce = limits.find(each => each.name === name && each.severity === severity);
  const unit = inForce?.unit ?? null;
  const which = severity === undefined ? name : `${severity}, ${name}`;
  if (state === 'unknown' || value === undefined) {
    return `not known; the limit is ${measured(limit, name, unit)} (${which})`;
  }
  const place = value === limit ? 'at' : `${distanceText(clause, unit)} ${value < limit ? 'below' : 'above'}`;
  const figures = `${measured(value, name, unit)}, ${place} the limit ${measured(limit, name, unit)} (${which})`;
  return `${figures}${decidingText(clause)}${etaText(clause)}`;
}

function distanceText({ name, value = 0, limit }: Clause, unit: string | null): string {
  const away = Math.abs(value - limit);
  if (name !== WATER_CLASS) return measured(away, name, unit);
  return away === 1 ? '1 class' : `${String(away)} classes`;
}

function classText(value: number): string {
  const known = QUALITY_CLASSES.find(each => each === value);
  return known === undefined ? rounded(value) : CLASS_WORDS[known].nameEn;
}

/** Which items decided the class of a section, each with its value; empty for other clauses. */
export function decidingText({ deciding = [] }: Clause): string {
  if (deciding.length === 0) return '';
  return `, decided by ${deciding.map(({ input, value }) => `${input} ${rounded(value)}`).join(' and ')}`;
}

function etaText({ etaMs }: Clause): string {
  if (etaMs === undefined || etaMs === null) return '';
  return etaMs < MINUTE_MS ? ', met any moment at this rate' : `, met in ${span(etaMs)} at this rate`;
}

/** The last usable value of an input in words. */
export function inputText({ input, unit, t, v, quality, ageMs, isFresh, withheld }: InputValue): string {
  const left = withheld === 0 ? '' : `; ${withheld} unusable since`;
  if (t === null || v === null || ageMs === null) return `${input}: no usable reading${left}`;
  const flag = QUALITY_WORDS[quality ?? 2] ?? `flag ${String(quality)}`;
  const age = `${span(ageMs)} old${isFresh ? '' : ', too old to count'}`;
  return `${input}: ${rounded(v)} ${unit} of ${localTime(t)}, ${age}, ${flag}${left}`;
}

const QUALITY_WORDS: Readonly<Record<number, string>> = { 1: 'good', 2: 'not evaluated', 3: 'suspect' };

export function silenceText({ input, since, t, silentMs, ownOutageMs, isRefuted }: SilenceReason): string {
  const ours = ownOutageMs === 0 ? '' : `, ${span(ownOutageMs)} of it our own outage`;
  const refuted = isRefuted ? '; refuted by readings that came later' : '';
  return `${input} silent since ${localTime(since)}, decided ${localTime(t)} after ${span(silentMs)}${ours}${refuted}`;
}

/** `2 d 3 h`, `45 s`: the two largest units. */
export function span(ms: number): string {
  const parts: string[] = [];
  let rest = Math.round(ms / SECOND_MS) * SECOND_MS;
  for (const [unit, widthMs] of UNITS) {
    const count = Math.floor(rest / widthMs);
    rest -= count * widthMs;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

const UNITS = [
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['min', MINUTE_MS],
  ['s', SECOND_MS],
] as const;

/** Without what binary fractions add. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(7)));
}
