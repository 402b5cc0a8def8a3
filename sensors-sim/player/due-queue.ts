import type { EpochMs } from '../../domain/time/instant.ts';
import type { SimulatedDevice } from './simulated-device.ts';

interface Due {
  readonly at: EpochMs;
  readonly index: number;
  readonly device: SimulatedDevice;
}

/** A binary heap of devices by the time of their next event; of equal ones the first of the list leads. */
export class DueQueue {
  readonly #heap: Due[] = [];

  constructor(devices: readonly SimulatedDevice[]) {
    for (const [index, device] of devices.entries()) this.put(device, index);
  }

  put(device: SimulatedDevice, index: number): void {
    const at = device.next;
    if (at === undefined) return;
    const due = { at, index, device };
    let place = this.#heap.push(due) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isBefore(parent, due)) break;
      this.#heap[place] = parent;
      place = above;
    }
    this.#heap[place] = due;
  }

  take(): Due | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      const [left, right] = [this.#heap[below], this.#heap[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) below += 1;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (isBefore(last, child)) break;
      this.#heap[place] = child;
      place = below;
    }
    this.#heap[place] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.index < b.index);
}
