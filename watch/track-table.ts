import type { TrackKey } from '../domain/ports/episode-store.ts';
import type { TrackBasis } from './basis-book.ts';
import { trackId } from './track-id.ts';
import { hearsSilence, inputsOf } from './track-slot.ts';
import type { TrackSlot } from './track-slot.ts';

/** Every track, and which of them a datastream concerns. */
export class TrackTable {
  readonly #slots = new Map<string, TrackSlot>();
  #byInput: ReadonlyMap<string, readonly TrackSlot[]> = new Map();
  #silenceMinded: ReadonlySet<TrackSlot> = new Set();

  /** Takes the tracks of a new basis; those that were known keep what they have. */
  set(tracks: Iterable<TrackBasis>): void {
    for (const { rule, subject, basis } of tracks) {
      const id = trackId({ rule, subject });
      if (this.#slots.has(id)) continue;
      this.#slots.set(id, {
        rule,
        subject,
        basis,
        track: undefined,
        waiting: [],
        revision: 0,
        refill: undefined,
        isRefilled: false,
      });
    }
    const byInput = new Map<string, TrackSlot[]>();
    for (const slot of this.#slots.values()) {
      for (const input of inputsOf(slot)) {
        const hearing = byInput.get(input);
        if (hearing === undefined) byInput.set(input, [slot]);
        else hearing.push(slot);
      }
    }
    this.#byInput = byInput;
    this.#silenceMinded = new Set([...this.#slots.values()].filter(hearsSilence));
  }

  get(key: TrackKey): TrackSlot | undefined {
    return this.#slots.get(trackId(key));
  }

  all(): Iterable<TrackSlot> {
    return this.#slots.values();
  }

  hearing(input: string): readonly TrackSlot[] {
    return this.#byInput.get(input) ?? NOBODY;
  }

  /** Those to which silences and outages of ours mean something. */
  get silenceMinded(): ReadonlySet<TrackSlot> {
    return this.#silenceMinded;
  }
}

const NOBODY: readonly TrackSlot[] = [];
