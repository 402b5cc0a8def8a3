import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/time/instant.ts';
import type { Clause } from '../../rules/explain-at.ts';
import type { InputValue, LimitInForce, SilenceReason } from '../../watch/alarm-reasons.ts';
import { localTime } from './text-table.ts';

/** Measures that are spans of time, milliseconds. */
const SPANS: ReadonlySet<string> = new Set(['silence', 'flat line', 'held for']);

/** What is compared, with its unit where that is known. */
export function measured(value: number, name: string, unit: string | null): string {
  if (SPANS.has(name)) return span(value);
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
  const away = measured(Math.abs(value - limit), name, unit);
  const place = value === limit ? 'at' : `${away} ${value < limit ? 'below' : 'above'}`;
  return `${measured(value, name, unit)}, ${place} the limit ${measured(limit, name, unit)} (${which})`;
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
