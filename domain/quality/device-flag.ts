import { DEVICE_FLAGS, QUALITY } from '../model/observation.ts';
import type { QualityFlag } from '../model/observation.ts';
import { GOOD } from './quality-finding.ts';
import type { Verdict } from './quality-finding.ts';

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

const VERDICTS: readonly Verdict[] = DEVICE_FLAGS.map(deviceFlag => {
  const flag = BY_DEVICE_FLAG[deviceFlag];
  return flag === QUALITY.good ? GOOD : { flag, detail: { deviceFlag } };
});

/**
 * What the device says of its own value. A code that no flag has counts as N.
 *
 * @param deviceFlag index into `DEVICE_FLAGS`
 */
export function deviceFlagVerdict(deviceFlag: number): Verdict {
  return VERDICTS[deviceFlag] ?? GOOD;
}
