import { HOUR_MS } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';

/**
 * Bounds what one station may leave in quarantine an hour, so that firmware gone wild cannot fill the disk. Hours are
 * those of receivedTime, not of the moment of processing: a replay of the arrival log decides alike.
 */
export class QuarantineQuota {
  readonly #perHour: number;
  readonly #used = new Map<string, { hour: number; count: number }>();

  constructor(perHour: number) {
    this.#perHour = perHour;
  }

  /** True while the station may leave bytes; each call uses up one. */
  admit(station: string, received: EpochMs): boolean {
    const hour = Math.floor(received / HOUR_MS);
    const used = this.#used.get(station);
    if (used === undefined || used.hour !== hour) {
      this.#used.set(station, { hour, count: 1 });
      return this.#perHour > 0;
    }
    used.count += 1;
    return used.count <= this.#perHour;
  }
}
