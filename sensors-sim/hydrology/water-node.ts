import type { Catchment } from './catchment.ts';
import type { Moment, WaterElement } from './element.ts';
import { CLEAN, emptyParcel, mixtureOf } from './pollution.ts';
import type { Mixture, Parcel } from './pollution.ts';
import type { BasinLedger } from './water-balance.ts';
import type { WaterQuality } from './water-quality.ts';

/** Where the water of a node goes. */
export interface Outlets {
  /** Ways the water is to take, in equal parts; none: it leaves the model. */
  readonly main: readonly WaterNode[];
  /** Pumps that draw from it first, as much as they can. */
  readonly intakes: readonly WaterNode[];
  /** Tanks that take what it cannot pass, as long as they have room. */
  readonly tanks: readonly WaterNode[];
  /** Low points of the road below, for what is still too much; without one it runs down the street along `main`. */
  readonly roads: readonly WaterNode[];
}

const NO_OUTLETS: Outlets = { main: [], intakes: [], tanks: [], roads: [] };

/** One node of the flow graph: catchment and element, what the water carries, and where it goes. */
export class WaterNode {
  readonly ledger: BasinLedger;
  readonly element: WaterElement;
  readonly #catchment: Catchment | undefined;
  /** What arrived since the last step: water that goes against the order of the steps waits here. */
  readonly #inbox = emptyParcel();
  /** What the water in the element carries. */
  readonly #held = emptyParcel();
  #mixture: Mixture = CLEAN;
  #quality: WaterQuality | undefined;
  #outlets: Outlets = NO_OUTLETS;

  constructor(options: {
    readonly ledger: BasinLedger;
    readonly element: WaterElement;
    readonly catchment: Catchment | undefined;
  }) {
    this.ledger = options.ledger;
    this.element = options.element;
    this.#catchment = options.catchment;
  }

  leadTo(outlets: Outlets): void {
    this.#outlets = outlets;
  }

  /** Follows the quality of the water from now on. */
  watchQuality(quality: WaterQuality): void {
    this.#quality = quality;
  }

  get quality(): WaterQuality | undefined {
    return this.#quality;
  }

  get storageM3(): number {
    return this.element.storageM3 + this.#inbox.volumeM3 + (this.#catchment?.storageM3 ?? 0);
  }

  step(moment: Moment): void {
    const { ledger, element } = this;
    const inbox = this.#inbox;
    const runoff = this.#catchment?.step(moment, inbox);
    const suppliedM3 = element.supplyM3?.(moment) ?? 0;
    inbox.volumeM3 += suppliedM3;
    inbox.sewageM3 += suppliedM3;
    const totalM3 = element.storageM3 + inbox.volumeM3;
    const { passedM3, spilledM3, evaporatedM3 } = element.step(inbox.volumeM3, moment);
    if (runoff !== undefined) {
      ledger.rainM3 += runoff.rainM3;
      ledger.baseflowInM3 += runoff.seepageM3;
      ledger.evaporationM3 += runoff.evaporatedM3;
      ledger.infiltrationM3 += runoff.percolatedM3;
    }
    ledger.baseflowInM3 += suppliedM3;
    ledger.evaporationM3 += evaporatedM3;
    this.#mix(totalM3);
    if (passedM3 > 0) this.#pass(this.#take(passedM3, totalM3, element.removal ?? 0), moment.stepS);
    if (spilledM3 > 0) this.#spill(this.#take(spilledM3, totalM3, 0), moment.stepS);
    this.#quality?.step(moment.at, moment.stepS, this.#mixture);
  }

  /** What the node would still take of the water offered to it in this step, m³; ordinary nodes take all. */
  #roomM3(stepS: number): number {
    return Math.max(0, (this.element.roomM3?.(stepS) ?? Infinity) - this.#inbox.volumeM3);
  }

  /** The water of the step and the water that was there become one. */
  #mix(totalM3: number): void {
    const [held, inbox] = [this.#held, this.#inbox];
    held.dirtKg += inbox.dirtKg;
    held.sewageM3 += inbox.sewageM3;
    held.stormM3 += inbox.stormM3;
    inbox.volumeM3 = 0;
    inbox.dirtKg = 0;
    inbox.sewageM3 = 0;
    inbox.stormM3 = 0;
    if (totalM3 <= 0) return;
    held.volumeM3 = totalM3;
    const removal = this.element.removal ?? 0;
    const { dirtMgPerL, sewageShare, stormShare } = mixtureOf(held);
    const left = 1 - removal;
    this.#mixture = { dirtMgPerL: dirtMgPerL * left, sewageShare: sewageShare * left, stormShare };
  }

  #take(volumeM3: number, totalM3: number, removal: number): Parcel {
    const held = this.#held;
    const share = Math.min(1, volumeM3 / totalM3);
    const parcel = {
      volumeM3,
      dirtKg: held.dirtKg * share * (1 - removal),
      sewageM3: held.sewageM3 * share * (1 - removal),
      stormM3: held.stormM3 * share,
    };
    held.dirtKg -= held.dirtKg * share;
    held.sewageM3 -= held.sewageM3 * share;
    held.stormM3 -= held.stormM3 * share;
    return parcel;
  }

  #pass(parcel: Parcel, stepS: number): void {
    const { main, intakes } = this.#outlets;
    this.#sendAll(this.#fill(intakes, parcel, stepS), main);
  }

  #spill(parcel: Parcel, stepS: number): void {
    const { tanks, roads, main } = this.#outlets;
    this.#sendAll(this.#fill(tanks, parcel, stepS), roads.length > 0 ? roads : main);
  }

  /** Gives each node what it has room for; answers what is left. */
  #fill(nodes: readonly WaterNode[], parcel: Parcel, stepS: number): Parcel {
    let left = parcel;
    for (const node of nodes) {
      const takenM3 = Math.min(left.volumeM3, node.#roomM3(stepS));
      if (takenM3 <= 0) continue;
      const share = takenM3 / left.volumeM3;
      this.#send(portion(left, share, takenM3), node);
      left = portion(left, 1 - share, left.volumeM3 - takenM3);
    }
    return left;
  }

  #sendAll(parcel: Parcel, nodes: readonly WaterNode[]): void {
    if (nodes.length === 0) {
      this.ledger.outflowM3 += parcel.volumeM3;
      return;
    }
    const share = 1 / nodes.length;
    for (const node of nodes) this.#send(portion(parcel, share, parcel.volumeM3 * share), node);
  }

  #send(parcel: Parcel, node: WaterNode): void {
    const inbox = node.#inbox;
    inbox.volumeM3 += parcel.volumeM3;
    inbox.dirtKg += parcel.dirtKg;
    inbox.sewageM3 += parcel.sewageM3;
    inbox.stormM3 += parcel.stormM3;
    if (node.ledger === this.ledger) return;
    this.ledger.transferInM3 -= parcel.volumeM3;
    node.ledger.transferInM3 += parcel.volumeM3;
  }
}

function portion(parcel: Parcel, share: number, volumeM3: number): Parcel {
  return {
    volumeM3,
    dirtKg: parcel.dirtKg * share,
    sewageM3: parcel.sewageM3 * share,
    stormM3: parcel.stormM3 * share,
  };
}
