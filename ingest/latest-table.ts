import type { Observation } from '../domain/model/observation.ts';
import { compareCandidates } from '../domain/model/winner.ts';

interface LatestEntry {
  observation: Observation;
  /** The revision of the table in which it came. */
  revision: number;
}

/** The newest accepted observation of every datastream, also while the store is busy or blocked. */
export class LatestTable {
  readonly #byDatastream = new Map<number, LatestEntry>();
  #revision = 0;

  /** Grows with every change; 0 while the table is empty. */
  get revision(): number {
    return this.#revision;
  }

  offer(observation: Observation): void {
    const entry = this.#byDatastream.get(observation.datastream);
    if (entry === undefined) {
      this.#revision += 1;
      this.#byDatastream.set(observation.datastream, { observation, revision: this.#revision });
      return;
    }
    const known = entry.observation;
    if (observation.t < known.t) return;
    if (observation.t === known.t && compareCandidates(observation, known) <= 0) return;
    this.#revision += 1;
    entry.observation = observation;
    entry.revision = this.#revision;
  }

  /** Takes another flag of the newest observation; of any other it is no news. */
  requalify(observation: Observation): void {
    const entry = this.#byDatastream.get(observation.datastream);
    if (entry === undefined || entry.observation.t !== observation.t) return;
    if (compareCandidates(observation, entry.observation) !== 0) return;
    this.#revision += 1;
    entry.observation = observation;
    entry.revision = this.#revision;
  }

  all(): Observation[] {
    return this.changedSince(0);
  }

  /** What came after that revision; after 0 everything. */
  changedSince(revision: number): Observation[] {
    const changed: Observation[] = [];
    if (revision >= this.#revision) return changed;
    for (const entry of this.#byDatastream.values()) {
      if (entry.revision > revision) changed.push(entry.observation);
    }
    return changed;
  }
}
