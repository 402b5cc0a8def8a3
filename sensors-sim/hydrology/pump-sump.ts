import type { Moment, Outflow, WaterElement } from './element.ts';
import { pumpPowerKw } from './pump-power.ts';
import { depthAtSensorM, standingDepthM, standingVolumeM3 } from './standing-water.ts';

/** A sump and its pumps. Levels are metres in one datum. */
export interface SumpShape {
  readonly floorM: number;
  /** Up to here the walls are upright; above stands the road, or the water leaves over the edge. */
  readonly brimM: number;
  readonly areaM2: number;
  /** Surface of the road above, m², where water can stand: an underpass. */
  readonly roadM2?: number;
  /** Each pump starts at its level and runs until the water has sunk to its stop level. */
  readonly pumps: readonly { readonly startM: number; readonly stopM: number }[];
  readonly pumpM3PerS: number;
  /** Ground water or used water that comes in all day, mean, m³/s. */
  readonly seepageM3PerS: number;
  /** What one motor takes at most, kW. */
  readonly motorKw?: number;
}

/** Start levels spread evenly from `startM` up to below `highM`, stop levels a little above `stopM`. */
export function stagedPumps(
  count: number,
  levels: { readonly stopM: number; readonly startM: number; readonly highM: number },
): SumpShape['pumps'] {
  const { stopM, startM, highM } = levels;
  return Array.from({ length: count }, (_, index) => ({
    startM: startM + ((highM - startM) * 0.8 * index) / count,
    stopM: stopM + ((startM - stopM) * 0.3 * index) / count,
  }));
}

/** The water moves by at most this within one look of the pump controller, metres. */
const FINEST_M = 0.05;
const MOST_SUBSTEPS = 10;
/** Head lost in the rising main, metres. */
const LOST_HEAD_M = 3;
/** An underpass is a bowl as deep as this, metres. */
const BOWL_M = 3;

/** The level of a sump under inflow and pumps with hysteresis. */
export class PumpSump implements WaterElement {
  readonly #shape: SumpShape;
  readonly #running: boolean[];
  #volumeM3 = 0;
  #pumpedM3PerS = 0;

  constructor(shape: SumpShape) {
    this.#shape = shape;
    this.#running = shape.pumps.map(() => false);
  }

  get storageM3(): number {
    return this.#volumeM3;
  }

  get levelM(): number {
    const { floorM, brimM, areaM2, roadM2 } = this.#shape;
    if (this.#volumeM3 <= this.#pitM3) return floorM + this.#volumeM3 / areaM2;
    return roadM2 === undefined ? brimM : brimM + standingDepthM(this.#volumeM3 - this.#pitM3, roadM2);
  }

  supplyM3({ stepS, waterUse }: Moment): number {
    return this.#shape.seepageM3PerS * waterUse * stepS;
  }

  step(inflowM3: number, { stepS }: Moment): Outflow {
    const { pumpM3PerS, pumps, areaM2 } = this.#shape;
    const fastestM = (Math.max(inflowM3, pumps.length * pumpM3PerS * stepS) / areaM2) * 2;
    const substeps = Math.min(MOST_SUBSTEPS, Math.max(1, Math.ceil(fastestM / FINEST_M)));
    let passedM3 = 0;
    let spilledM3 = 0;
    for (let substep = 0; substep < substeps; substep++) {
      this.#switchPumps();
      const capacityM3 = (this.#runningCount * pumpM3PerS * stepS) / substeps;
      const availableM3 = this.#volumeM3 + inflowM3 / substeps;
      const pumpedM3 = Math.min(availableM3, capacityM3);
      const overM3 = Math.max(0, availableM3 - pumpedM3 - this.#pitM3 - this.#bowlM3);
      passedM3 += pumpedM3;
      spilledM3 += overM3;
      this.#volumeM3 = availableM3 - pumpedM3 - overM3;
    }
    // The lamps of the panel show what the level asks for now, not what it asked for before the step.
    this.#switchPumps();
    this.#pumpedM3PerS = passedM3 / stepS;
    return { passedM3, spilledM3, evaporatedM3: 0 };
  }

  value(property: string, index: number): number | undefined {
    switch (property) {
      case 'sump_level':
      case 'water_level':
        return this.levelM;
      case 'pump_running':
        return Number(this.#running[index] ?? false);
      case 'pump_power':
        return (this.#running[index] ?? false) ? this.#powerKw : 0;
      case 'discharge':
        return this.#pumpedM3PerS;
      case 'ponding_depth':
        return this.#shape.roadM2 === undefined
          ? undefined
          : depthAtSensorM(this.levelM - this.#shape.brimM, index);
      default:
        return undefined;
    }
  }

  #switchPumps(): void {
    const level = this.levelM;
    for (const [index, pump] of this.#shape.pumps.entries()) {
      if (level >= pump.startM) this.#running[index] = true;
      else if (level <= pump.stopM) this.#running[index] = false;
    }
  }

  get #runningCount(): number {
    let count = 0;
    for (const isRunning of this.#running) if (isRunning) count += 1;
    return count;
  }

  get #pitM3(): number {
    return (this.#shape.brimM - this.#shape.floorM) * this.#shape.areaM2;
  }

  get #bowlM3(): number {
    const { roadM2 } = this.#shape;
    return roadM2 === undefined ? 0 : standingVolumeM3(BOWL_M, roadM2);
  }

  /** A lower sump costs more. */
  get #powerKw(): number {
    const { brimM, pumpM3PerS, motorKw } = this.#shape;
    const headM = Math.max(1, brimM - this.levelM) + LOST_HEAD_M;
    return Math.min(motorKw ?? Infinity, pumpPowerKw(pumpM3PerS, headM));
  }
}
