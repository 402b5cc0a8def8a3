/** Manning's n of concrete pipe. */
const ROUGHNESS = 0.013;
/** Slope where none is known: a usual one of main sewers. */
const SLOPE = 0.002;
/** Depth of flow in a part-full pipe, d/D ≈ (Q/Qfull)^0.6. */
const PART_FULL_EXPONENT = 0.6;

/** Discharge of a full circular pipe after Manning, Q = 0.312 D^(8/3) √S / n, m³/s. */
export function fullPipeM3PerS(diameterM: number): number {
  return (0.312 * diameterM ** (8 / 3) * Math.sqrt(SLOPE)) / ROUGHNESS;
}

/** Depth of flow as a share of the diameter, 0 to 1; a pipe that passes nothing is full. */
export function pipeDepthShare(flowM3PerS: number, fullM3PerS: number): number {
  return fullM3PerS > 0 ? Math.min(1, flowM3PerS / fullM3PerS) ** PART_FULL_EXPONENT : 1;
}
