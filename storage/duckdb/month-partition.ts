import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';

/** A month of phenomenonTime in UTC, counted from year 0: year × 12 + month of the year from 0. */
export type Month = number;

const OBSERVATION_TABLE = /^observation_(\d{4})_(\d{2})$/;

function monthOf(t: number): Month {
  const date = new Date(t);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The first instant of the month. */
export function monthStart(month: Month): EpochMs {
  return epochMs(Date.UTC(Math.floor(month / 12), month % 12));
}

export function observationTable(month: Month): string {
  return `observation_${suffix(month)}`;
}

export function correctionTable(month: Month): string {
  return `correction_${suffix(month)}`;
}

/** The month of an observation table; `undefined` for any other table. */
export function monthOfTable(table: string): Month | undefined {
  const match = OBSERVATION_TABLE.exec(table);
  return match === null ? undefined : Number(match[1]) * 12 + Number(match[2]) - 1;
}

function suffix(month: Month): string {
  return `${String(Math.floor(month / 12)).padStart(4, '0')}_${String((month % 12) + 1).padStart(2, '0')}`;
}

/** Tells the month of many instants; neighbours mostly share one, so the last answer is remembered. */
export class MonthFinder {
  #month: Month = 0;
  #from = 0;
  #to = 0;

  of(t: number): Month {
    if (t < this.#from || t >= this.#to) {
      this.#month = monthOf(t);
      this.#from = monthStart(this.#month);
      this.#to = monthStart(this.#month + 1);
    }
    return this.#month;
  }
}

/** A condition that spares most of a table where the values lie close together. */
export function between(column: string, values: readonly number[]): string {
  let [low = 0] = values;
  let high = low;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return `${column} BETWEEN ${low} AND ${high}`;
}
