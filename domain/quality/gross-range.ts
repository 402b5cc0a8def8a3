import { QUALITY } from '../model/observation.ts';
import { fail, GOOD, suspect } from './quality-finding.ts';
import type { Verdict } from './quality-finding.ts';

/** [min, max] in the property's unit; a value on the edge is inside. */
export type Span = readonly [min: number, max: number];

export interface GrossRangeParameters {
  /** What the sensor can measure. */
  readonly failSpan: Span;
  /** What the operator believes at this place. */
  readonly suspectSpan?: Span;
}

const MISSING: Verdict = { flag: QUALITY.missing, detail: { reason: 'no_value' } };

/**
 * QARTOD gross range test: FAIL outside the sensor's span, SUSPECT outside the operator's, MISSING without a value.
 *
 * @param v in the property's unit; NaN where the value is missing
 */
export function grossRange(v: number, { failSpan, suspectSpan }: GrossRangeParameters): Verdict {
  if (Number.isNaN(v)) return MISSING;
  if (isOutside(v, failSpan)) return fail({ value: v, failSpan });
  if (suspectSpan !== undefined && isOutside(v, suspectSpan)) return suspect({ value: v, suspectSpan });
  return GOOD;
}

export function isOutside(v: number, [min, max]: Span): boolean {
  return v < min || v > max;
}
