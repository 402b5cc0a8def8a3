import type { Observation } from '../domain/model/observation.ts';
import { compareCandidates } from '../domain/model/winner.ts';

/** The newest accepted observation of every datastream, also while the store is busy or blocked. */
export class LatestTable {
  readonly #byDatastream = new Map<number, Observation>();

  offer(observation: Observation): void {
    const known = this.#byDatastream.get(observation.datastream);
    if (
      known === undefined ||
      observation.t > known.t ||
      (observation.t === known.t && compareCandidates(observation, known) > 0)
    ) {
      this.#byDatastream.set(observation.datastream, observation);
    }
  }

  all(): Observation[] {
    return [...this.#byDatastream.values()];
  }
}
