import { HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { Random } from '../random.ts';

/** Rain is given as depths of five-minute periods, the resolution of tipping bucket networks. */
export const RAIN_PERIOD_MS = 5 * MINUTE_MS;

/** A point of the district, kilometres east and north of its reference point. */
export interface Place {
  readonly eastKm: number;
  readonly northKm: number;
}

interface Storm {
  readonly beginMs: number;
  readonly durationMs: number;
  /** Share of the duration before the peak. */
  readonly rise: number;
  readonly peakMmPerH: number;
  readonly centre: Place;
  readonly radiusKm: number;
  readonly driftKmPerH: Place;
}

/** Storms arrive as a Poisson process with this mean spacing: a wet day of the flood season. */
const MEAN_SPACING_H = 7;
const LONGEST_H = 5;
/** Storm centres lie within this distance of the reference point. */
const DISTRICT_KM = 15;

/**
 * Seeded convective storms: arrivals per hour, a triangular hyetograph with its peak in the first half (Yen and Chow,
 * 1980), a Gaussian footprint that drifts, and multiplicative noise per period and place. A pure function of seed,
 * time and place, so that every start of the simulator sees the same weather.
 */
export class StormField {
  readonly #seed: number;
  readonly #byHour = new Map<number, readonly Storm[]>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Depth over the five-minute period that contains `at` in (start, end], millimetres; the place has an own noise. */
  periodDepthMm(at: EpochMs, place: Place, label: string): number {
    const period = Math.ceil(at / RAIN_PERIOD_MS);
    const middleMs = (period - 0.5) * RAIN_PERIOD_MS;
    let mmPerH = 0;
    for (const storm of this.#stormsAround(epochMs(middleMs))) mmPerH += intensity(storm, middleMs, place);
    if (mmPerH < 0.05) return 0;
    const noise = Math.exp(0.35 * new Random(this.#seed, `rain/${label}/${period}`).normal() - 0.06);
    return mmPerH * noise * (RAIN_PERIOD_MS / HOUR_MS);
  }

  #stormsAround(at: EpochMs): readonly Storm[] {
    const hour = Math.floor(at / HOUR_MS);
    const storms: Storm[] = [];
    for (let back = 0; back <= LONGEST_H; back++) storms.push(...this.#stormsOf(hour - back));
    return storms;
  }

  #stormsOf(hour: number): readonly Storm[] {
    const known = this.#byHour.get(hour);
    if (known !== undefined) return known;
    const random = new Random(this.#seed, `storms/${hour}`);
    const storms: Storm[] = [];
    // Gaps of a Poisson process that fall into this hour.
    for (let at = random.exponential(MEAN_SPACING_H); at < 1; at += random.exponential(MEAN_SPACING_H)) {
      storms.push({
        beginMs: (hour + at) * HOUR_MS,
        durationMs: Math.min(LONGEST_H - 1, 0.4 + random.exponential(1)) * HOUR_MS,
        rise: random.between(0.2, 0.5),
        peakMmPerH: Math.min(140, 6 + random.exponential(28)),
        centre: { eastKm: random.between(-1, 1) * DISTRICT_KM, northKm: random.between(-1, 1) * DISTRICT_KM },
        radiusKm: random.between(4, 14),
        driftKmPerH: { eastKm: random.between(-12, 12), northKm: random.between(-12, 12) },
      });
    }
    if (this.#byHour.size > 1_000) this.#byHour.clear();
    this.#byHour.set(hour, storms);
    return storms;
  }
}

function intensity(storm: Storm, atMs: number, place: Place): number {
  const elapsed = (atMs - storm.beginMs) / storm.durationMs;
  if (elapsed <= 0 || elapsed >= 1) return 0;
  const height = elapsed < storm.rise ? elapsed / storm.rise : (1 - elapsed) / (1 - storm.rise);
  const hours = (atMs - storm.beginMs) / HOUR_MS;
  const east = place.eastKm - storm.centre.eastKm - storm.driftKmPerH.eastKm * hours;
  const north = place.northKm - storm.centre.northKm - storm.driftKmPerH.northKm * hours;
  return storm.peakMmPerH * height * Math.exp(-(east * east + north * north) / (2 * storm.radiusKm ** 2));
}
