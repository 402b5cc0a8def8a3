import { HOUR_MS } from '../../domain/time/instant.ts';
import { Random } from '../random.ts';
import type { StormCell } from './storm-cell.ts';

/** Cells arrive as a Poisson process with this mean spacing: a wet day of the flood season. */
const MEAN_SPACING_H = 7;
const LONGEST_H = 4;
/** Centres lie within this distance of the reference point. */
const DISTRICT_KM = 15;
const HOURS_KEPT = 1_000;

/** Seeded convective cells of ordinary flood-season days. A pure function of seed and time. */
export class FloodSeasonClimate {
  readonly #seed: number;
  readonly #byHour = new Map<number, readonly StormCell[]>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The cells that may rain at this time. */
  cellsAt(atMs: number): readonly StormCell[] {
    const hour = Math.floor(atMs / HOUR_MS);
    const cells: StormCell[] = [];
    for (let back = 0; back <= LONGEST_H; back++) {
      for (const cell of this.#cellsOf(hour - back)) {
        if (cell.beginMs < atMs && atMs < cell.beginMs + cell.durationMs) cells.push(cell);
      }
    }
    return cells;
  }

  #cellsOf(hour: number): readonly StormCell[] {
    const known = this.#byHour.get(hour);
    if (known !== undefined) return known;
    const random = new Random(this.#seed, `storms/${hour}`);
    const cells: StormCell[] = [];
    // Gaps of a Poisson process that fall into this hour.
    for (let at = random.exponential(MEAN_SPACING_H); at < 1; at += random.exponential(MEAN_SPACING_H)) {
      const durationH = Math.min(LONGEST_H, 0.4 + random.exponential(1));
      const peakMmPerH = Math.min(140, 6 + random.exponential(28));
      cells.push({
        beginMs: (hour + at) * HOUR_MS,
        durationMs: durationH * HOUR_MS,
        depthMm: (peakMmPerH * durationH) / 2,
        peakShare: random.between(0.2, 0.5),
        centre: { eastKm: random.between(-1, 1) * DISTRICT_KM, northKm: random.between(-1, 1) * DISTRICT_KM },
        radiusKm: random.between(4, 14),
        driftKmPerH: { eastKm: random.between(-12, 12), northKm: random.between(-12, 12) },
      });
    }
    if (this.#byHour.size > HOURS_KEPT) this.#byHour.clear();
    this.#byHour.set(hour, cells);
    return cells;
  }
}
