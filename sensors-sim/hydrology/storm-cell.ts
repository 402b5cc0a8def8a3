import { HOUR_MS } from '../../domain/time/instant.ts';
import type { Place } from './place.ts';

/** One moving cell of rain. */
export interface StormCell {
  readonly beginMs: number;
  readonly durationMs: number;
  /** What a point below the centre gets, moving with it: millimetres over the whole duration. */
  readonly depthMm: number;
  /** Share of the duration before the peak. */
  readonly peakShare: number;
  /** Where the centre is in the middle of the duration. */
  readonly centre: Place;
  /** Standard deviation of the footprint. */
  readonly radiusKm: number;
  readonly driftKmPerH: Place;
}

/**
 * Rain of a cell at a place, mm/h: a triangular hyetograph (Yen and Chow, 1980) times a Gaussian footprint that drifts.
 * The triangle over the duration has the cell's depth as its area.
 */
export function cellIntensityMmPerH(cell: StormCell, atMs: number, place: Place): number {
  const elapsed = (atMs - cell.beginMs) / cell.durationMs;
  if (elapsed <= 0 || elapsed >= 1) return 0;
  const { peakShare } = cell;
  const height = elapsed < peakShare ? elapsed / peakShare : (1 - elapsed) / (1 - peakShare);
  const durationH = cell.durationMs / HOUR_MS;
  const driftH = (elapsed - 0.5) * durationH;
  const eastKm = place.eastKm - cell.centre.eastKm - cell.driftKmPerH.eastKm * driftH;
  const northKm = place.northKm - cell.centre.northKm - cell.driftKmPerH.northKm * driftH;
  const footprint = Math.exp(-(eastKm * eastKm + northKm * northKm) / (2 * cell.radiusKm ** 2));
  return ((2 * cell.depthMm) / durationH) * height * footprint;
}
