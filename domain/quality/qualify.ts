import { DEVICE_FLAGS, QUALITY } from '../model/observation.ts';
import type { QualityFlag } from '../model/observation.ts';

/**
 * What the device's own flag means on the QARTOD scale. T is a lower bound (`> range`), so the value still counts but
 * is suspect; S was entered by a person and is good; D F M C are no measurement of the water.
 */
const BY_DEVICE_FLAG: Readonly<Record<(typeof DEVICE_FLAGS)[number], QualityFlag>> = {
  N: QUALITY.good,
  T: QUALITY.suspect,
  S: QUALITY.good,
  B: QUALITY.missing,
  D: QUALITY.fail,
  F: QUALITY.fail,
  M: QUALITY.fail,
  C: QUALITY.fail,
};

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
export function qualify(v: number | null, deviceFlag: number, span: readonly [number, number]): QualityFlag {
  const byDevice = BY_DEVICE_FLAG[DEVICE_FLAGS[deviceFlag] ?? 'N'];
  if (v === null || byDevice === QUALITY.missing) return QUALITY.missing;
  const bySpan = v < span[0] || v > span[1] ? QUALITY.fail : QUALITY.good;
  return worse(byDevice, bySpan);
}
