import { z } from 'zod';

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, durationMs, epochMs } from '../../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../../domain/time/instant.ts';

/** From inclusive, to exclusive. */
export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** The end of what does not end. */
export const NEVER = epochMs(Number.MAX_SAFE_INTEGER);

const UNIT_MS = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const WHOLE = /^-?(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const LONGEST_MS = 366 * DAY_MS;

/** Reads `90s`, `1h30m`, `-8h`; `undefined` for anything else. */
function parseDuration(text: string): DurationMs | undefined {
  if (!WHOLE.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(PART))
    ms += Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return durationMs(Math.round(text.startsWith('-') ? -ms : ms));
}

/** A text, with one message for everything else. */
function textOf(what: string, words: string): z.ZodString {
  return z.string({
    error: ({ input }) => (input === undefined ? 'is missing' : `is no ${what}; expected ${words}`),
  });
}

function durationText(minMs: number, words: string) {
  return textOf('span', words).transform((text, context): DurationMs => {
    const span = parseDuration(text);
    if (span !== undefined && span >= minMs && Math.abs(span) <= LONGEST_MS) return span;
    context.addIssue({ code: 'custom', message: `"${text}" is no span; expected ${words}` });
    return z.NEVER;
  });
}

/** A span as people write it, at least 1 ms and at most a leap year. */
export const spanText = durationText(1, 'one like 90s, 20m or 1h30m');
/** The same from 0 on. */
export const delayText = durationText(0, 'one like 0s, 20m or 1h30m');
/** The same, also negative. */
export const shiftText = durationText(-Infinity, 'one like 8h or -5m');

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/;

/** When a scenario begins: at an instant, or so long before the moment at which it is read. */
export type ScenarioStart =
  { readonly kind: 'at'; readonly at: EpochMs } | { readonly kind: 'before_now'; readonly span: DurationMs };

const START_WORDS = 'an instant with its zone, now, or a span before now like -12h';

/** `2026-09-15T20:00:00+08:00`, `now` or `-12h`. */
export const startText = textOf('start', START_WORDS).transform((text, context): ScenarioStart => {
  const span = text === 'now' ? durationMs(0) : parseDuration(text);
  if (span !== undefined && span <= 0) return { kind: 'before_now', span: durationMs(0 - span) };
  const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return { kind: 'at', at: epochMs(at) };
  context.addIssue({
    code: 'custom',
    message: `"${text}" is no start; expected ${START_WORDS}`,
  });
  return z.NEVER;
});

/** The union of spans, in order and without overlap. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || span.from > last.to) merged.push(span);
    else if (span.to > last.to) merged[merged.length - 1] = { from: last.from, to: span.to };
  }
  return merged;
}

/** The span of a sorted list without overlap that holds the instant. */
export function spanAt(spans: readonly Span[], at: EpochMs): Span | undefined {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const span = spans[middle];
    if (span !== undefined && span.to <= at) low = middle + 1;
    else high = middle;
  }
  const span = spans[low];
  return span !== undefined && span.from <= at ? span : undefined;
}
