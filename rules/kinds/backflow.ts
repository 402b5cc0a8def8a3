import { z } from 'zod';

import type { EpochMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import type { RuleInput } from '../plan.ts';
import { holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { Missing, RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';
import type { SiteView, Subject } from '../subject.ts';

const params = z.strictObject({
  steps: z
    .array(z.strictObject({ ...stepBase, aboveInvertM: z.number() }))
    .min(1)
    .max(12),
  /** Metres. */
  deadband: z.number().min(0).default(0.05),
  /** It rains where a gauge of the basin has had this much. */
  rainMm: z.number().positive(),
  rainWithin: durationText,
});

interface BackflowState {
  /** River level before the mouth; null before the first reading. */
  readonly level: number | null;
  readonly rain: readonly { readonly input: number; readonly t: EpochMs; readonly mm: number }[];
}

/** A river above the mouth of an outfall while it rains: the drains cannot empty. */
export const backflow: RuleKind<z.infer<typeof params>> = {
  kind: 'backflow',
  params,
  modal: ['steps', 'deadband'],
  plan({ params: given, timing, subject, site }) {
    const gauges = rainGaugesOf(subject, site);
    const invert = subject.asset?.attributes?.invertM;
    const missing = missingOf(subject, gauges);
    if (invert === undefined || missing.length > 0) return { missing };
    const inputs = [inputOf(subject.station, subject.datastream), ...gauges];
    const measure = measureOf<BackflowState>({
      begin: { level: null, rain: [] },
      followsReading: true,
      step(state, sample, { input, isFresh }) {
        if (sample.kind !== 'reading') return { state };
        const kept = state.rain.filter(({ t }) => t > sample.t - given.rainWithin);
        const next: BackflowState =
          input === 0
            ? { level: sample.v, rain: kept }
            : { level: state.level, rain: [...kept, { input, t: sample.t, mm: sample.v }] };
        const value = wettest(next);
        const isRaining = value >= given.rainMm;
        // One wet gauge is enough; that it is dry takes all of them.
        const isRainKnown = isRaining || gauges.every((_gauge, index) => isFresh(index + 1));
        if (next.level === null || !isFresh(0) || !isRainKnown) return { state: next };
        const gate = { name: 'rain', met: isRaining, value, limit: given.rainMm };
        return { state: next, measured: { values: [next.level - invert], gate } };
      },
    });
    const steps = given.steps.map(({ severity, aboveInvertM, for: forMs }) => {
      const step = { severity, measure: 0, name: 'above the invert', relation: '>=' as const };
      return withDeadband({ ...step, limit: aboveInvertM, ...holdOf(forMs) }, given.deadband);
    });
    const measured = [invert, given.rainMm, given.rainWithin];
    const parts = { kind: 'backflow', inputs, measure, measured, lookBackMs: given.rainWithin, steps };
    return { plan: planOf(parts, timing), missing };
  },
};

function missingOf({ asset, datastream }: Subject, gauges: readonly RuleInput[]): readonly Missing[] {
  const missing: Missing[] = [];
  if (asset?.attributes?.invertM === undefined) {
    missing.push({ missing: 'threshold', detail: 'the outfall has no invertM' });
  } else if (asset.datum !== datastream.datum) {
    const [own, level] = [asset.datum ?? 'none', datastream.datum ?? 'none'];
    missing.push({ missing: 'datum', detail: `the outfall has the datum ${own}, the readings ${level}` });
  }
  if (gauges.length === 0) missing.push({ missing: 'input', detail: 'no rain gauge stands in the basin' });
  return missing;
}

function rainGaugesOf({ station, asset }: Subject, { registry, district }: SiteView): readonly RuleInput[] {
  const basin = station.basin ?? asset?.basin;
  const gauges: RuleInput[] = [];
  for (const other of registry.things.values()) {
    if (other.kind !== 'station' || basin === undefined) continue;
    if ((other.basin ?? district.assets.get(other.asset ?? '')?.basin) !== basin) continue;
    for (const datastream of other.datastreams) {
      if (datastream.property === 'rainfall') gauges.push(inputOf(other, datastream));
    }
  }
  return gauges;
}

/** The highest sum of one gauge, mm. */
function wettest({ rain }: BackflowState): number {
  const sums = new Map<number, number>();
  for (const { input, mm } of rain) sums.set(input, (sums.get(input) ?? 0) + mm);
  return Math.max(0, ...sums.values());
}
