import type { TrackKey } from '../domain/ports/episode-store.ts';
import type { TrackBasis } from './basis-book.ts';
import { trackId } from './track-id.ts';
import { hearsSilence, inputsOf, zonesOf } from './track-slot.ts';
import type { TrackSlot } from './track-slot.ts';

/** Every track, and which of them a datastream or a signal concerns. */
export class TrackTable {
  readonly #slots = new Map<string, TrackSlot>();
  readonly #byInput = new Map<string, TrackSlot[]>();
  readonly #byZone = new Map<string, Set<TrackSlot>>();
  readonly #silenceMinded = new Set<TrackSlot>();

  /** Takes the tracks of a new basis; those that were known keep what they have. */
  set(tracks: Iterable<TrackBasis>): void {
    for (const { rule, subject, basis } of tracks) {
      const id = trackId({ rule, subject });
      const known = this.#slots.get(id);
      if (known !== undefined) {
        // Most plans stay as they are, and so does what they read.
        if (basis.at(-1)?.plan !== basis.at(-2)?.plan) this.#index(known);
        continue;
      }
      const slot: TrackSlot = {
        rule,
        subject,
        basis,
        track: undefined,
        waiting: [],
        revision: 0,
        refill: undefined,
        isRefilled: false,
      };
      this.#slots.set(id, slot);
      this.#index(slot);
    }
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

  /** Those that ask for the official signals of a zone. */
  asking(zone: string): Iterable<TrackSlot> {
    return this.#byZone.get(zone) ?? NOBODY;
  }

  /** Those to which silences and outages of ours mean something. */
  get silenceMinded(): ReadonlySet<TrackSlot> {
    return this.#silenceMinded;
  }

  /** A track goes on hearing what it ever read: late readings are of an earlier basis. */
  #index(slot: TrackSlot): void {
    for (const input of inputsOf(slot)) {
      const hearing = this.#byInput.get(input);
      if (hearing === undefined) this.#byInput.set(input, [slot]);
      else if (!hearing.includes(slot)) hearing.push(slot);
    }
    for (const zone of zonesOf(slot)) {
      const asking = this.#byZone.get(zone) ?? new Set();
      this.#byZone.set(zone, asking.add(slot));
    }
    if (hearsSilence(slot)) this.#silenceMinded.add(slot);
  }
}

const NOBODY: readonly TrackSlot[] = [];
