import type { Observation, QualityFlag } from '../../domain/model/observation.ts';
import { compareCandidates } from '../../domain/model/winner.ts';
import type { ReadingColumns, RequalifiedColumns, StoreBatch } from '../../domain/ports/telemetry-store.ts';
import { standingAfterAgain } from './identity-events.ts';
import type { IdentityEvent } from './identity-events.ts';
import { observationAt } from './reading-columns.ts';

type Part = Pick<StoreBatch, 'readings' | 'requalified'>;

/** What is staged of one identity. */
export class StagedIdentity {
  readonly datastream: number;
  readonly t: number;
  #best: Observation | undefined;
  /** Everything in order; only where a flag is among it, and then the best alone is not enough. */
  readonly #events: IdentityEvent[] | undefined;

  constructor(datastream: number, t: number, hasFlags: boolean) {
    this.datastream = datastream;
    this.t = t;
    this.#events = hasFlags ? [] : undefined;
  }

  take(event: IdentityEvent): void {
    if (this.#events !== undefined) this.#events.push(event);
    else if (typeof event !== 'number' && isBetter(event, this.#best)) this.#best = event;
  }

  /** Who stands, given what the file holds; undefined for a flag whose reading nobody has. */
  standing(stored: Observation | undefined): Observation | undefined {
    if (this.#events !== undefined) return standingAfterAgain(stored, this.#events);
    return this.#best !== undefined && isBetter(this.#best, stored) ? this.#best : stored;
  }
}

function isBetter(candidate: Observation, known: Observation | undefined): boolean {
  return known === undefined || compareCandidates(candidate, known) > 0;
}

/**
 * The readings and flags that were taken and not yet durable when a read began. A read takes it before it asks the file:
 * what becomes durable in between is then seen twice, and merging an identity with itself changes nothing.
 */
export class Overlay {
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** The staged identities for whose datastream `within` answers a stretch [from, to) that holds their time; in no order. */
  identities(
    within: (datastream: number) => { readonly from: number; readonly to: number } | undefined,
  ): StagedIdentity[] {
    const isWithin = (datastream: number, t: number): boolean => {
      const span = within(datastream);
      return span !== undefined && t >= span.from && t < span.to;
    };
    const flagged = new Map<number, Set<number>>();
    for (const { requalified } of this.#parts) {
      eachFlag(requalified, (datastream, t) => {
        if (!isWithin(datastream, t)) return;
        const times = flagged.get(datastream) ?? new Set();
        flagged.set(datastream, times.add(t));
      });
    }
    const found = new Map<number, Map<number, StagedIdentity>>();
    const take = (datastream: number, t: number, event: IdentityEvent): void => {
      let byTime = found.get(datastream);
      if (byTime === undefined) {
        byTime = new Map();
        found.set(datastream, byTime);
      }
      let identity = byTime.get(t);
      if (identity === undefined) {
        identity = new StagedIdentity(datastream, t, flagged.get(datastream)?.has(t) === true);
        byTime.set(t, identity);
      }
      identity.take(event);
    };
    for (const { readings, requalified } of this.#parts) {
      for (let row = 0; row < readings.count; row += 1) {
        const datastream = readings.datastream[row] ?? 0;
        const t = readings.t[row] ?? 0;
        if (isWithin(datastream, t)) take(datastream, t, observationAt(readings, row));
      }
      eachFlag(requalified, (datastream, t, quality) => {
        if (isWithin(datastream, t)) take(datastream, t, quality);
      });
    }
    return [...found.values()].flatMap(byTime => [...byTime.values()]);
  }

  /** Calls the visitors for every staged reading and flag, in the order in which they were taken. */
  each(
    visitReading: (columns: ReadingColumns, at: number) => void,
    visitFlag: (datastream: number, t: number, quality: QualityFlag) => void,
  ): void {
    for (const { readings, requalified } of this.#parts) {
      for (let row = 0; row < readings.count; row += 1) visitReading(readings, row);
      eachFlag(requalified, visitFlag);
    }
  }
}

/** Calls `visit` for every row. */
export function eachFlag(
  columns: RequalifiedColumns | undefined,
  visit: (datastream: number, t: number, quality: QualityFlag) => void,
): void {
  if (columns === undefined) return;
  for (let row = 0; row < columns.count; row += 1) {
    visit(columns.datastream[row] ?? 0, columns.t[row] ?? 0, (columns.quality[row] ?? 0) as QualityFlag);
  }
}
