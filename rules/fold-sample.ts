import { QUALITY } from '../domain/model/observation.ts';
import { crossBasis } from './cross-basis.ts';
import type { FoldContext, FoldStep, RuleBinding } from './fold-context.ts';
import { foldJudgement } from './fold-judgement.ts';
import { foldSilence } from './fold-silence.ts';
import type { FoldState } from './fold-state.ts';
import { judge } from './judge.ts';
import type { MeasureSample } from './measure.ts';
import { planInMode } from './plan-modes.ts';
import { isUsable } from './sample.ts';
import type { Sample } from './sample.ts';
import { withSignal } from './signals-in-force.ts';

/**
 * One step of the fold that defines the episodes of a rule and a subject. Samples come in the order of
 * `compareSamples`. At most one episode ends at a sample.
 */
export function foldSample(state: FoldState, sample: Sample, binding: RuleBinding): FoldStep {
  const crossed = crossBasis(state, sample.t, binding);
  if (sample.kind === 'signal') {
    const signals = withSignal(crossed.state.signals, sample);
    return { ...crossed, state: { ...crossed.state, signals } };
  }
  const plan = binding.basis[crossed.state.segment]?.plan;
  if (plan === undefined || sample.kind === 'activation') return crossed;
  const inMode = planInMode(plan, sample.t, crossed.state.signals);
  const step = foldInPlan(crossed.state, sample, { binding, plan: inMode });
  return crossed.ended === undefined ? step : { ...step, ended: crossed.ended };
}

function foldInPlan(
  state: FoldState,
  sample: Exclude<Sample, { readonly kind: 'activation' | 'signal' }>,
  context: FoldContext,
): FoldStep {
  const { plan } = context;
  if (sample.kind !== 'reading') {
    if (plan.measure.seesSilence === true) return measureSample(state, sample, context);
    return { state: sample.kind === 'silence' ? foldSilence(state, sample, context) : state };
  }
  return isUsable(sample) ? measureSample(state, sample, context) : { state };
}

function measureSample(state: FoldState, sample: MeasureSample, context: FoldContext): FoldStep {
  const { inputs, measure, stepsAt } = context.plan;
  const { t } = sample;
  const input = sample.kind === 'outage' ? -1 : inputs.findIndex(({ key }) => key === sample.input);
  if (input < 0 && sample.kind !== 'outage') return { state };
  const before = state.lastT[input] ?? null;
  const afterGap = before !== null && t - before > (inputs[input]?.maxGapMs ?? 0);
  const lastT = sample.kind === 'reading' ? state.lastT.with(input, t) : state.lastT;
  const result = measure.step(state.measure, sample, {
    input,
    afterGap,
    isFresh: other => {
      const last = lastT[other];
      return last !== null && last !== undefined && t - last <= (inputs[other]?.maxGapMs ?? 0);
    },
  });
  const next = { ...state, measure: result.state, lastT };
  const steps = stepsAt(t);
  const judgement = result.measured === undefined ? undefined : judge(result.measured, steps);
  if (result.measured === undefined || judgement === undefined) {
    return { state: { ...next, isBroken: true } };
  }
  // A kind that measures silence has no gaps: they are what it measures.
  const isBroken = measure.seesSilence !== true && (state.isBroken || afterGap);
  const isGood = result.measured.isGood ?? (sample.kind !== 'reading' || sample.quality !== QUALITY.suspect);
  const found = { t, measured: result.measured, judgement, steps, isGood, isBroken };
  return foldJudgement(next, found, context);
}
