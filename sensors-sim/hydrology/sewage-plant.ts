import type { Moment, Outflow, WaterElement } from './element.ts';

/** Mean dry-weather inflow as a share of the design flow. */
const DRY_WEATHER_SHARE = 0.6;
/** Share of the pollution a plant takes out (level 1A of GB 18918 from usual raw sewage). */
const REMOVAL = 0.97;

/** A plant treats up to its design flow; what is more goes around it. The used water of its area comes in all day. */
export class SewagePlant implements WaterElement {
  readonly storageM3 = 0;
  readonly #designM3PerS: number;
  #flowM3PerS = 0;
  #removal = 0;

  constructor(designM3PerS: number) {
    this.#designM3PerS = designM3PerS;
  }

  get removal(): number {
    return this.#removal;
  }

  supplyM3({ stepS, waterUse }: Moment): number {
    return this.#designM3PerS * DRY_WEATHER_SHARE * waterUse * stepS;
  }

  step(inflowM3: number, { stepS }: Moment): Outflow {
    this.#flowM3PerS = inflowM3 / stepS;
    const treatedM3 = Math.min(inflowM3, this.#designM3PerS * stepS);
    this.#removal = inflowM3 > 0 ? (REMOVAL * treatedM3) / inflowM3 : 0;
    return { passedM3: inflowM3, spilledM3: 0, evaporatedM3: 0 };
  }

  value(property: string): number | undefined {
    return property === 'discharge' ? this.#flowM3PerS : undefined;
  }
}
