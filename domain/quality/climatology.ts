import { localMonthDay } from '../time/local-day.ts';
import type { EpochMs } from '../time/instant.ts';
import { isOutside } from './gross-range.ts';
import type { Span } from './gross-range.ts';
import { GOOD, NOT_EVALUATED, suspect } from './quality-finding.ts';
import type { Verdict } from './quality-finding.ts';

/** What is usual at a place by month. Made from history, reviewed and versioned; never learned from the stream. */
export interface ClimatologyParameters {
  /** The version of the data, so that a flag can name it. */
  readonly version: number;
  /** January to December, Asia/Shanghai; null where nothing is known. */
  readonly months: readonly (Span | null)[];
}

/** QARTOD climatology test: SUSPECT outside what is usual in the month, and never more. */
export function climatology(t: EpochMs, v: number, { version, months }: ClimatologyParameters): Verdict {
  const month = Number(localMonthDay(t).slice(0, 2));
  const suspectSpan = months[month - 1] ?? undefined;
  if (suspectSpan === undefined) return NOT_EVALUATED;
  return isOutside(v, suspectSpan) ? suspect({ value: v, suspectSpan, month, version }) : GOOD;
}
