import { z } from 'zod';

import type { EpochMs } from '../domain/time/instant.ts';
import { ClockOffsetTracker } from './clock-offset.ts';
import type { ClockOffset } from './clock-offset.ts';
import { SequenceTracker } from './sequence-tracker.ts';
import type { SequenceState } from './sequence-tracker.ts';

/** What is known of a station beside its readings. */
export interface StationTrack {
  readonly station: string;
  readonly lastReceived: EpochMs;
  readonly sequence: SequenceState | undefined;
  readonly clock: ClockOffset | undefined;
}

interface Track {
  readonly sequence: SequenceTracker;
  readonly clock: ClockOffsetTracker;
  lastReceived: EpochMs;
  /** Whether its state has to be kept with the next batch. */
  changed: boolean;
  /** The revision in which it was observed last. */
  revision: number;
}

const KEPT = z.object({
  lastReceived: z.number(),
  sequence: z.object({ highest: z.number(), gaps: z.number(), resets: z.number() }).optional(),
});
const FROM_JSON = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('Not JSON.');
    return z.NEVER;
  }
});
const KEPT_TEXT = FROM_JSON.pipe(KEPT);

/** Sequence gaps and clock offsets per station. The sequence state is kept with the store, clock samples are not. */
export class StationTrackers {
  readonly #tracks = new Map<string, Track>();
  #revision = 0;

  /** Grows with every message observed; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** @param kept `isExact`: no message was consumed after the states were kept */
  adopt(
    states: readonly { readonly station: string; readonly state: string }[],
    kept: { readonly isExact: boolean },
  ): void {
    for (const { station, state } of states) {
      const known = KEPT_TEXT.safeParse(state);
      // A state of another version only informs; starting anew loses no reading.
      if (!known.success) continue;
      this.#revision += 1;
      this.#tracks.set(station, {
        sequence: new SequenceTracker(known.data.sequence, kept),
        clock: new ClockOffsetTracker(),
        lastReceived: known.data.lastReceived as EpochMs,
        changed: false,
        revision: this.#revision,
      });
    }
  }

  observe(
    station: string,
    message: { seq: number | undefined; sent: number; received: EpochMs; live: boolean },
  ): void {
    let track = this.#tracks.get(station);
    if (track === undefined) {
      track = {
        sequence: new SequenceTracker(),
        clock: new ClockOffsetTracker(),
        lastReceived: message.received,
        changed: true,
        revision: 0,
      };
      this.#tracks.set(station, track);
    }
    if (message.seq !== undefined) track.sequence.observe(message.seq);
    // What was buffered says nothing about the path's delay.
    if (message.live) track.clock.observe(message.sent, message.received);
    if (message.received > track.lastReceived) track.lastReceived = message.received;
    track.changed = true;
    this.#revision += 1;
    track.revision = this.#revision;
  }

  all(): StationTrack[] {
    return this.observedSince(0);
  }

  /** The stations observed after that revision; after 0 all of them. */
  observedSince(revision: number): StationTrack[] {
    const observed: StationTrack[] = [];
    if (revision >= this.#revision) return observed;
    for (const [station, track] of this.#tracks) {
      if (track.revision <= revision) continue;
      observed.push({
        station,
        lastReceived: track.lastReceived,
        sequence: track.sequence.state(),
        clock: track.clock.estimate(),
      });
    }
    return observed;
  }

  /** States that changed since the last call, to be kept with the next batch. */
  takeChanged(): { station: string; state: string }[] {
    const changed: { station: string; state: string }[] = [];
    for (const [station, track] of this.#tracks) {
      if (!track.changed) continue;
      track.changed = false;
      const state = { lastReceived: track.lastReceived, sequence: track.sequence.state() };
      changed.push({ station, state: JSON.stringify(state) });
    }
    return changed;
  }
}
