import type { EpochMs } from '../../domain/time/instant.ts';

/** The total of one period. */
export interface RainTotal {
  /** End of the period. */
  readonly t: EpochMs;
  readonly mm: number;
}

/** Totals whose sum is known; they are read one by one only where a window begins among them. */
interface Block {
  readonly totals: readonly RainTotal[];
  /** Millionths of a millimetre: whole numbers add up exactly, in whatever blocks they lie. */
  readonly sum: number;
  /** The longest time between two periods of the block, milliseconds. */
  readonly widestMs: number;
}

/** Period totals in order of time, of a day at most. Plain data, never changed in place: what a block holds is shared. */
export interface RainTotals {
  readonly blocks: readonly Block[];
  /** The newest; fewer than a block. */
  readonly tail: readonly RainTotal[];
}

export const NO_TOTALS: RainTotals = { blocks: [], tail: [] };

const BLOCK = 64;
const PER_MM = 1e6;

/** Adds the next total, and forgets blocks that end at or before an instant. */
export function withTotal({ blocks, tail }: RainTotals, total: RainTotal, forgetTo: number): RainTotals {
  const first = blocks.findIndex(({ totals }) => (totals.at(-1)?.t ?? 0) > forgetTo);
  const kept = first === 0 ? blocks : blocks.slice(first < 0 ? blocks.length : first);
  const longer = [...tail, total];
  return longer.length < BLOCK
    ? { blocks: kept, tail: longer }
    : { blocks: [...kept, blockOf(longer)], tail: [] };
}

export interface RainWindow {
  /** Only periods that lie whole after it count. */
  readonly start: number;
  /** Length of a period, milliseconds. */
  readonly intervalMs: number;
}

/** Millimetres since the start of a window, and whether totals of all of its periods are there. */
export function rainSince(
  { blocks, tail }: RainTotals,
  { start, intervalMs }: RainWindow,
): { readonly mm: number; readonly isComplete: boolean } {
  const mostMs = 1.5 * intervalMs;
  let sum = 0;
  let coveredTo = start;
  let isComplete = true;
  const add = (totals: readonly RainTotal[]): void => {
    for (const { t, mm } of totals) {
      if (t - intervalMs < start) continue;
      sum += Math.round(mm * PER_MM);
      if (t - coveredTo > mostMs) isComplete = false;
      coveredTo = t;
    }
  };
  for (const { totals, sum: whole, widestMs } of blocks) {
    const [first, last] = [totals[0], totals.at(-1)];
    if (first === undefined || last === undefined || last.t - intervalMs < start) continue;
    if (first.t - intervalMs < start) {
      add(totals);
      continue;
    }
    sum += whole;
    if (Math.max(first.t - coveredTo, widestMs) > mostMs) isComplete = false;
    coveredTo = last.t;
  }
  add(tail);
  return { mm: sum / PER_MM, isComplete };
}

function blockOf(totals: readonly RainTotal[]): Block {
  let sum = 0;
  let widestMs = 0;
  for (const [place, { t, mm }] of totals.entries()) {
    sum += Math.round(mm * PER_MM);
    widestMs = Math.max(widestMs, t - (totals[place - 1]?.t ?? t));
  }
  return { totals, sum, widestMs };
}
