import type { EpochMs } from '../../domain/time/instant.ts';

/** A step of the model. */
export interface Moment {
  /** The end of the step. */
  readonly at: EpochMs;
  readonly stepS: number;
  /** From open water, millimetres per second. */
  readonly evaporationMmPerS: number;
  /** Used water now as a share of its daily mean. */
  readonly waterUse: number;
}

/** What left an element in a step, cubic metres. */
export interface Outflow {
  /** Along the way it is built for. */
  readonly passedM3: number;
  /** Over the edge: to a tank, onto the road, or down the street. */
  readonly spilledM3: number;
  readonly evaporatedM3: number;
}

/**
 * One body of water of the flow graph. Every element keeps its balance: inflow = what left + change of storage.
 */
export interface WaterElement {
  readonly storageM3: number;
  step(inflowM3: number, moment: Moment): Outflow;
  /** Water that comes from outside the model in this step, m³: used water, ground water. */
  supplyM3?(moment: Moment): number;
  /** What the element may still be given in a step beside its ordinary inflow, m³. */
  roomM3?(stepS: number): number;
  /** Share of the pollution that the last step took out of the water that passed. */
  readonly removal?: number;
  /** What a sensor would see without its error; `index` counts instances. `undefined` where it sees nothing of the kind. */
  value(property: string, index: number): number | undefined;
}

/** A water surface somebody downstream or beside may be held up by. */
export interface StageSource {
  readonly stageM: number;
  readonly bedM: number;
  /** Depth as a share of the bank's height; above 1 the river is out of its banks. */
  readonly bankShare: number;
}
