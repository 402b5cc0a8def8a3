import type { Observation } from '../../domain/model/observation.ts';
import { compareCandidates } from '../../domain/model/winner.ts';
import type { ReadingColumns } from '../../domain/ports/telemetry-store.ts';
import { observationAt } from './reading-columns.ts';

/**
 * The readings that were taken and not yet durable when a read began. A read takes it before it asks the file: what
 * becomes durable in between is then seen twice, and merging an identity with itself changes nothing.
 */
export class Overlay {
  readonly #parts: readonly ReadingColumns[];

  constructor(parts: readonly ReadingColumns[]) {
    this.#parts = parts;
  }

  /** The best staged candidate of every identity of these datastreams with t < before, in no order. */
  winners(datastreams: ReadonlySet<number>, before: number): Observation[] {
    const byDatastream = new Map<number, Map<number, Observation>>();
    for (const part of this.#parts) {
      for (let row = 0; row < part.count; row += 1) {
        const datastream = part.datastream[row] ?? 0;
        if (!datastreams.has(datastream) || (part.t[row] ?? 0) >= before) continue;
        const candidate = observationAt(part, row);
        let byTime = byDatastream.get(datastream);
        if (byTime === undefined) {
          byTime = new Map();
          byDatastream.set(datastream, byTime);
        }
        const known = byTime.get(candidate.t);
        if (known === undefined || compareCandidates(candidate, known) > 0)
          byTime.set(candidate.t, candidate);
      }
    }
    return [...byDatastream.values()].flatMap(byTime => [...byTime.values()]);
  }

  /** Calls `visit` for every staged reading. */
  each(visit: (columns: ReadingColumns, at: number) => void): void {
    for (const part of this.#parts) for (let row = 0; row < part.count; row += 1) visit(part, row);
  }
}
