import type { Reading } from '../rules/sample.ts';
import type { TrackRunner } from './track-runner.ts';
import type { TrackTable } from './track-table.ts';

interface Held {
  readonly reading: Reading;
  /** How many tracks have heard it. */
  readonly heardBy: number;
}

/** Some minutes of a large district. Beyond it readings wait outside. */
const MOST_HELD = 100_000;

/** Keeps what is read between a new basis and its coming into force, for the tracks that are new with it. */
export class HeldReadings {
  #held: Held[] | undefined;
  #released: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;

  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Resolves once there is room; undefined where there is. */
  get room(): Promise<void> | undefined {
    return (this.#held?.length ?? 0) < MOST_HELD ? undefined : this.#released;
  }

  /** Keeps all that comes from now on. */
  begin(): void {
    if (this.#held !== undefined) return;
    this.#held = [];
    this.#released = new Promise(resolve => {
      this.#release = resolve;
    });
  }

  note(reading: Reading, heardBy: number): void {
    this.#held?.push({ reading, heardBy });
  }

  /** Gives what was kept to the tracks that hear it by now and did not then. */
  release(table: Pick<TrackTable, 'hearing'>, tracks: Pick<TrackRunner, 'give'>): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { reading, heardBy } of held) {
      // Whoever hears of an input is appended.
      for (const slot of table.hearing(reading.input).slice(heardBy)) tracks.give(slot, reading);
    }
    this.#release();
  }
}
