import { flatLineSpanMs } from '../domain/quality/flat-line.ts';
import type { QualityParameters } from '../domain/quality/quality-parameters.ts';

/** Of the time that fits into memory a test may look back over so much: late readings need the rest. */
const SHARE = 0.75;

/**
 * The parameters without the tests that look back over more readings than are kept: at one reading a second half a day
 * of standing still is nothing that could be held in memory.
 */
export function fittingTests(
  parameters: QualityParameters,
  intervalMs: number,
  maxReadings: number,
): QualityParameters {
  const longestMs = SHARE * maxReadings * intervalMs;
  const { flatLine, rainIntensity, rainNeighbour, neighbour, ...rest } = parameters;
  const limits = (rainIntensity?.limits ?? []).filter(({ overMs }) => overMs <= longestMs);
  return {
    ...rest,
    ...(flatLine !== undefined && flatLineSpanMs(flatLine) <= longestMs ? { flatLine } : {}),
    ...(limits.length > 0 ? { rainIntensity: { limits } } : {}),
    ...(rainNeighbour !== undefined && rainNeighbour.overMs <= longestMs ? { rainNeighbour } : {}),
    ...(neighbour !== undefined && neighbour.overMs <= longestMs ? { neighbour } : {}),
  };
}
