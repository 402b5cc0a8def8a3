import { z } from 'zod';

import type { EpochMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import { datumMissing, holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';

const params = z.strictObject({
  steps: z
    .array(z.strictObject({ ...stepBase, riseM: z.number().positive() }))
    .min(1)
    .max(12),
  within: durationText,
});

interface SumpState {
  readonly levels: readonly { readonly t: EpochMs; readonly v: number }[];
  /** Since when a pump has been running without a break; null where none is. */
  readonly pumpingSince: EpochMs | null;
  readonly pumps: readonly boolean[];
}

/** Above the start level, a pump runs and the water still rises: the pump fails, or too much comes. */
export const sumpRising: RuleKind<z.infer<typeof params>> = {
  kind: 'sump_rising',
  params,
  modal: ['steps'],
  plan({ params: given, timing, subject }) {
    const wrongDatum = datumMissing(subject);
    if (wrongDatum.length > 0) return { missing: wrongDatum };
    const { station, datastream } = subject;
    const start = datastream.thresholds?.pumpStart;
    if (start === undefined) {
      return { missing: [{ missing: 'threshold', detail: 'the sump has no threshold pumpStart' }] };
    }
    const pumps = station.datastreams.filter(({ property }) => property === 'pump_running');
    if (pumps.length === 0)
      return { missing: [{ missing: 'input', detail: 'no pump says whether it runs' }] };
    const inputs = [inputOf(station, datastream), ...pumps.map(pump => inputOf(station, pump))];
    const measure = measureOf<SumpState>({
      begin: { levels: [], pumpingSince: null, pumps: pumps.map(() => false) },
      step(state, sample, { input, afterGap, isFresh }) {
        if (sample.kind !== 'reading') return { state };
        const { t, v } = sample;
        const next =
          input === 0 ? withLevel(state, { t, v }, afterGap, given.within) : withPump(state, input - 1, t, v);
        const level = next.levels.at(-1);
        if (level === undefined || !isFresh(0) || !pumps.every((_pump, index) => isFresh(index + 1))) {
          return { state: next };
        }
        const since = next.pumpingSince;
        const whilePumping = since === null ? [] : next.levels.filter(point => point.t >= since);
        const value = level.v - Math.min(level.v, ...whilePumping.map(point => point.v));
        const isAboveStart = level.v >= start;
        const gate = { name: 'above the start level', met: isAboveStart, value: level.v, limit: start };
        return { state: next, measured: { values: [value], gate } };
      },
    });
    const steps = given.steps.map(({ severity, riseM, for: forMs }) =>
      withDeadband(
        { severity, measure: 0, name: 'rise while pumping', relation: '>=', limit: riseM, ...holdOf(forMs) },
        0,
      ),
    );
    const measured = [start, given.within];
    const parts = { kind: 'sump_rising', inputs, measure, measured, lookBackMs: given.within, steps };
    return { plan: planOf(parts, timing), missing: [] };
  },
};

function withLevel(
  state: SumpState,
  point: SumpState['levels'][number],
  afterGap: boolean,
  within: number,
): SumpState {
  const kept = afterGap ? [] : state.levels.filter(({ t }) => t >= point.t - within);
  return { ...state, levels: [...kept, point] };
}

function withPump(state: SumpState, pump: number, t: EpochMs, v: number): SumpState {
  const pumps = state.pumps.with(pump, v > 0);
  const isPumping = pumps.includes(true);
  return { ...state, pumps, pumpingSince: isPumping ? (state.pumpingSince ?? t) : null };
}
