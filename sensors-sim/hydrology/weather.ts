import type { EpochMs } from '../../domain/time/instant.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/time/instant.ts';
import { Random } from '../random.ts';
import { FloodSeasonClimate } from './climate.ts';
import type { LocalPlane, Place } from './place.ts';
import { cellIntensityMmPerH } from './storm-cell.ts';
import type { StormCell } from './storm-cell.ts';

/** One storm of a scenario. */
export interface StormPlan {
  readonly begin: EpochMs;
  readonly durationMs: number;
  /** Rain below the centre over the whole duration, millimetres. */
  readonly depthMm: number;
  /** Share of the duration before the peak, above 0 and below 1; 0.4 where absent. */
  readonly peakShare?: number;
  /** Where the centre is in the middle of the duration; WGS-84, degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Distance from the centre at which 61 % of the rain falls: the standard deviation of the footprint. */
  readonly radiusKm: number;
  readonly driftKmPerH?: readonly [east: number, north: number];
}

/** What falls from the sky. Everything is optional; without a plan there are ordinary days of the flood season. */
export interface WeatherPlan {
  /** The showers beside the planned storms; `dry` has none. */
  readonly climate?: 'dry' | 'flood_season';
  readonly storms?: readonly StormPlan[];
}

/** Less than this is no rain. */
const DRIZZLE_MM_PER_H = 0.05;
/** Spread of the rain inside a cell: logarithmic standard deviation, over five minutes and two kilometres. */
const TEXTURE_SPREAD = 0.35;
const TEXTURE_MS = 5 * MINUTE_MS;
const TEXTURE_KM = 2;

/** Rain at any place and time: a pure function of seed and plan, so that every start sees the same weather. */
export class Weather {
  readonly #seed: number;
  readonly #climate: FloodSeasonClimate | undefined;
  readonly #planned: readonly StormCell[];
  /** The texture of one period, by square. */
  readonly #texture = new Map<string, number>();
  #texturePeriod = Number.NaN;

  constructor(seed: number, plan: WeatherPlan, plane: LocalPlane) {
    this.#seed = seed;
    this.#climate = plan.climate === 'dry' ? undefined : new FloodSeasonClimate(seed);
    this.#planned = (plan.storms ?? []).map(storm => ({
      beginMs: storm.begin,
      durationMs: storm.durationMs,
      depthMm: storm.depthMm,
      peakShare: storm.peakShare ?? 0.4,
      centre: plane.placeOf(storm),
      radiusKm: storm.radiusKm,
      driftKmPerH: { eastKm: storm.driftKmPerH?.[0] ?? 0, northKm: storm.driftKmPerH?.[1] ?? 0 },
    }));
  }

  /** The cells that may rain at this time; empty means dry everywhere. */
  cellsAt(atMs: number): readonly StormCell[] {
    const planned = this.#planned.filter(
      ({ beginMs, durationMs }) => beginMs < atMs && atMs < beginMs + durationMs,
    );
    return [...planned, ...(this.#climate?.cellsAt(atMs) ?? [])];
  }

  /** The rain of these cells at a place, mm/s. Places in one cell of the texture differ by the footprint alone. */
  rainMmPerS(cells: readonly StormCell[], atMs: number, place: Place): number {
    let mmPerH = 0;
    for (const cell of cells) mmPerH += cellIntensityMmPerH(cell, atMs, place);
    if (mmPerH < DRIZZLE_MM_PER_H) return 0;
    return (mmPerH * this.#textureAt(atMs, place) * 1_000) / HOUR_MS;
  }

  /** A factor of mean 1. */
  #textureAt(atMs: number, { eastKm, northKm }: Place): number {
    const period = Math.floor(atMs / TEXTURE_MS);
    if (period !== this.#texturePeriod) {
      this.#texturePeriod = period;
      this.#texture.clear();
    }
    const east = Math.floor(eastKm / TEXTURE_KM);
    const north = Math.floor(northKm / TEXTURE_KM);
    const square = `${east}/${north}`;
    const known = this.#texture.get(square);
    if (known !== undefined) return known;
    const normal = new Random(this.#seed, `rain/${period}/${square}`).normal();
    const factor = Math.exp(TEXTURE_SPREAD * normal - TEXTURE_SPREAD ** 2 / 2);
    this.#texture.set(square, factor);
    return factor;
  }
}
