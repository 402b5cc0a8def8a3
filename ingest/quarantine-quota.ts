import { HOUR_MS } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';

/** What a quarantined thing is: both kinds have their own quota, so that neither decides about the other. */
export type QuarantinedKind = 'message' | 'reading';

/** Hours of receivedTime remembered for a station: further apart the two lanes hardly ever are. */
const REMEMBERED_HOURS = 72;

/**
 * Bounds what one station may leave in quarantine an hour, so that firmware gone wild cannot fill the disk. Hours are
 * those of receivedTime, not of the moment of processing, and several are remembered: how many are admitted does not
 * depend on the order in which the lanes come to them. A restart begins the hours anew.
 */
export class QuarantineQuota {
  readonly #perHour: number;
  readonly #used = new Map<string, Map<number, Record<QuarantinedKind, number>>>();

  constructor(perHour: number) {
    this.#perHour = perHour;
  }

  /** True while the station may leave bytes; each call uses up one. */
  admit(station: string, kind: QuarantinedKind, received: EpochMs): boolean {
    const hour = Math.floor(received / HOUR_MS);
    let hours = this.#used.get(station);
    if (hours === undefined) {
      hours = new Map();
      this.#used.set(station, hours);
    }
    let used = hours.get(hour);
    if (used === undefined) {
      used = { message: 0, reading: 0 };
      hours.set(hour, used);
      if (hours.size > REMEMBERED_HOURS) hours.delete(Math.min(...hours.keys()));
    }
    used[kind] += 1;
    return used[kind] <= this.#perHour;
  }
}
