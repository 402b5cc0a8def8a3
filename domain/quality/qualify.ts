import { QUALITY } from '../model/observation.ts';
import type { QualityFlag } from '../model/observation.ts';
import { deviceFlagVerdict } from './device-flag.ts';
import { isOutside } from './gross-range.ts';
import type { Span } from './gross-range.ts';

/** Worst wins, as ioos_qc rolls flags up: fail over suspect over good. */
function worse(a: QualityFlag, b: QualityFlag): QualityFlag {
  return a > b ? a : b;
}

/**
 * The quality flag of a single value by itself: missing, the device's own word, and the sensor's span (QARTOD gross
 * range test, fail limits). A missing value is MISSING whatever else is said of it.
 *
 * @param span [min, max] in the property's unit; a value on the edge is inside
 */
export function qualify(v: number | null, deviceFlag: number, span: Span): QualityFlag {
  const byDevice = deviceFlagVerdict(deviceFlag).flag;
  if (v === null || byDevice === QUALITY.missing) return QUALITY.missing;
  return worse(byDevice, isOutside(v, span) ? QUALITY.fail : QUALITY.good);
}
