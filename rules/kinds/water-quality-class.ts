import { z } from 'zod';

import { COUNTED_ITEMS } from '../../domain/assessment/gb3838.ts';
import { WORSE_THAN_V, isTargetClass } from '../../domain/assessment/quality-class.ts';
import { QUALITY } from '../../domain/model/observation.ts';
import { HOUR_MS, durationMs } from '../../domain/time/instant.ts';
import type { DurationMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import type { RuleInput } from '../plan.ts';
import { holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { Missing, RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';
import type { Subject } from '../subject.ts';
import { TEMPERATURE, sectionClass } from './item-classes.ts';
import type { ItemRows } from './item-classes.ts';

const params = z.strictObject({
  steps: z
    .array(z.strictObject({ ...stepBase, classesWorse: z.int().min(1).max(5) }))
    .min(1)
    .max(5),
  /** How long an item stands, where its datastream allows no longer gap. */
  validity: durationText.default(durationMs(4 * HOUR_MS)),
  /** An item counts as worse only by so many of its readings in a row. */
  consecutive: z.int().min(1).max(10).default(2),
});

/**
 * The class of a section by GB 3838-2002 against the one it is to reach: the worst class among the counted items that
 * the station measures. The subject is any of its datastreams, and stands for the section.
 */
export const waterQualityClass: RuleKind<z.infer<typeof params>> = {
  kind: 'water_quality_class',
  params,
  // Which items have to be known depends on the limits.
  modal: [],
  plan({ params: given, timing, subject }) {
    const { consecutive, validity } = given;
    const items = itemsOf(subject, validity);
    const { waterBody, targetClass = 0 } = subject.asset ?? {};
    const missing = missingOf(subject, items);
    if (waterBody === undefined || missing.length > 0) return { missing };
    const steps = given.steps
      .map(({ severity, classesWorse, for: forMs }) => {
        const limit = targetClass + classesWorse;
        const step = { severity, measure: 0, name: WATER_CLASS, relation: '>=' as const, limit };
        return withDeadband({ ...step, ...holdOf(forMs) }, 0);
      })
      // Nothing is worse than 劣V.
      .filter(({ limit }) => limit <= WORSE_THAN_V);
    if (steps.length === 0) {
      return {
        missing: [{ missing: 'threshold', detail: 'no class is that much worse than the target class' }],
      };
    }
    const properties = items.map(({ property }) => property);
    const leastClass = Math.min(...steps.map(({ limit }) => limit));
    const rules = { properties, waterBody, consecutive, leastClass };
    const measure = measureOf<ItemRows>({
      begin: items.map(() => []),
      step(state, sample, { input, afterGap, isFresh }) {
        if (sample.kind !== 'reading') return { state };
        const { t, v, quality } = sample;
        const row = afterGap ? [] : (state[input] ?? []);
        const next = state.with(
          input,
          [...row, { t, v, isGood: quality !== QUALITY.suspect }].slice(-consecutive),
        );
        const found = sectionClass(next, isFresh, rules);
        if (found === undefined) return { state: next };
        const { class: worst, deciding, since, isGood } = found;
        return { state: next, measured: { values: [worst], deciding, since, isGood } };
      },
    });
    const inputs = items.map(({ input }) => input);
    const gapMs = Math.max(...inputs.map(({ maxGapMs }) => maxGapMs));
    const parts = {
      kind: 'water_quality_class',
      inputs,
      measure,
      measured: rules,
      lookBackMs: durationMs((consecutive - 1) * gapMs),
      steps,
    };
    return { plan: planOf(parts, timing), missing: [] };
  },
};

/** What is compared: 1 to 5, and 6 for 劣V. */
export const WATER_CLASS = 'water-quality class';

interface Item {
  readonly property: string;
  readonly input: RuleInput;
}

/** Of each item that takes part one datastream, the subject first: that of the same instance, or the first. */
function itemsOf({ station, datastream }: Subject, validity: DurationMs): readonly Item[] {
  const taking = [...COUNTED_ITEMS.map(({ property }) => property), TEMPERATURE];
  const own = taking.filter(property => property === datastream.property);
  return [...new Set([...own, ...taking])].flatMap(property => {
    const streams = station.datastreams.filter(each => each.property === property);
    const same = streams.find(({ instance }) => instance === datastream.instance);
    const [chosen] = [...(same === undefined ? [] : [same]), ...streams];
    if (chosen === undefined) return [];
    const input = inputOf(station, chosen);
    return [{ property, input: { ...input, maxGapMs: durationMs(Math.max(validity, input.maxGapMs)) } }];
  });
}

function missingOf({ asset }: Subject, items: readonly Item[]): readonly Missing[] {
  const missing: Missing[] = [];
  if (asset?.waterBody === undefined) {
    missing.push({
      missing: 'threshold',
      detail: 'nothing says whether the section is of a river or a lake',
    });
  }
  if (asset?.targetClass === undefined || !isTargetClass(asset.targetClass)) {
    missing.push({ missing: 'threshold', detail: 'the section has no target class' });
  }
  if (items.every(({ property }) => property === TEMPERATURE)) {
    missing.push({ missing: 'input', detail: 'the station measures none of the items that count' });
  }
  return missing;
}
