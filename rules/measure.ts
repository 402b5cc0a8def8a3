import type { QualityClass } from '../domain/assessment/quality-class.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Reading, SilenceDecision, OwnOutage } from './sample.ts';

/** Something that must be true beside the limit: rain for a backflow, a running pump for a rising sump. */
export interface Gate {
  readonly name: string;
  readonly met: boolean;
  readonly value: number;
  readonly limit: number;
}

/** An input that decided a class of water quality, by its place among the inputs. */
export interface DecidingInput {
  readonly input: number;
  /** In the unit of the input. */
  readonly value: number;
  readonly class: QualityClass;
}

/** What a kind has measured at a sample. */
export interface Measured {
  /** By measure; null where that one is unknown. */
  readonly values: readonly (number | null)[];
  readonly gate?: Gate;
  /** Where the condition began before the sample that shows it. */
  readonly since?: EpochMs;
  /** Where only some of several inputs decide: which. */
  readonly deciding?: readonly DecidingInput[];
  /** Where other readings than the sample itself decide: one of them is not suspect. */
  readonly isGood?: boolean;
}

export interface MeasureContext {
  /** Place of the sample's datastream among the inputs of the plan. */
  readonly input: number;
  /** That datastream was silent for longer than its maxGap before this reading. */
  readonly afterGap: boolean;
  /** Whether the last usable reading of an input still stands at this sample. */
  readonly isFresh: (input: number) => boolean;
}

/** What a measure sees; readings come usable only. */
export type MeasureSample = (Reading & { readonly v: number }) | SilenceDecision | OwnOutage;

/** The new state, and what was measured; without `measured` the condition is unknown. */
export interface MeasureResult<State> {
  readonly state: State;
  readonly measured?: Measured;
}

/** A left fold over the samples of a subject. The state is plain data and never changed in place. */
export interface MeasureOf<State> {
  readonly begin: State;
  readonly step: (state: State, sample: MeasureSample, context: MeasureContext) => MeasureResult<State>;
  /** Silence decisions and own outages are measured too; else they only decide about blind points. */
  readonly seesSilence?: boolean;
  /** Its values go up and down with the readings of the first input, so that a line through them may be prolonged. */
  readonly followsReading?: boolean;
}

/** A measure whose state only it understands. */
export type Measure = MeasureOf<unknown>;

/** Hides the type of the state, so that plans of all kinds stand in one list. */
export function measureOf<State>(measure: MeasureOf<State>): Measure {
  return { ...measure, step: (state, sample, context) => measure.step(state as State, sample, context) };
}

/** The value of a single datastream as it is. */
export const VALUE_ITSELF: Measure = measureOf<null>({
  begin: null,
  followsReading: true,
  step: (state, sample) =>
    sample.kind === 'reading' ? { state, measured: { values: [sample.v] } } : { state },
});
