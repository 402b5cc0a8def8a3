import { DEVICE_FLAGS } from '../domain/model/observation.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { RulePlan } from '../rules/plan.ts';
import { isUsable } from '../rules/sample.ts';
import type { Sample } from '../rules/sample.ts';
import type { InputValue } from './alarm-reasons.ts';

/**
 * What a rule saw of each of its inputs at an instant.
 *
 * @param ordered samples in the order of evaluation
 */
export function inputValuesAt(
  { inputs }: RulePlan,
  ordered: readonly Sample[],
  at: EpochMs,
): readonly InputValue[] {
  return inputs.map(({ key, unit, datum, maxGapMs }) => {
    const readings = ordered.flatMap(sample =>
      sample.kind === 'reading' && sample.input === key && sample.t <= at ? [sample] : [],
    );
    const place = readings.findLastIndex(isUsable);
    const last = readings[place];
    const ageMs = last === undefined ? null : durationMs(at - last.t);
    return {
      input: key,
      unit,
      datum: datum ?? null,
      t: last?.t ?? null,
      v: last?.v ?? null,
      quality: last?.quality ?? null,
      deviceFlag: last === undefined ? null : (DEVICE_FLAGS[last.deviceFlag] ?? null),
      received: last?.received ?? null,
      position: last?.position ?? null,
      ageMs,
      isFresh: ageMs !== null && ageMs <= maxGapMs,
      withheld: readings.length - 1 - place,
    };
  });
}
