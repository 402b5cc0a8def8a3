/** The dish of a low point is full to its whole surface at this depth, metres. */
const RIM_M = 0.2;
/** A second sensor at the same place stands this much higher than the first, metres. */
const SENSOR_STEP_M = 0.02;

/** Depth of water in a shallow dish whose surface grows with the depth up to `surfaceM2` and then stays, metres. */
export function standingDepthM(volumeM3: number, surfaceM2: number): number {
  const rimM3 = (surfaceM2 * RIM_M) / 2;
  if (volumeM3 <= 0) return 0;
  if (volumeM3 < rimM3) return RIM_M * Math.sqrt(volumeM3 / rimM3);
  return RIM_M + (volumeM3 - rimM3) / surfaceM2;
}

/** Volume of the dish filled to a depth above its rim, m³. */
export function standingVolumeM3(depthM: number, surfaceM2: number): number {
  return surfaceM2 * (depthM - RIM_M / 2);
}

/** What the sensor with this index sees of a depth at the first one, metres. */
export function depthAtSensorM(depthM: number, index: number): number {
  return Math.max(0, depthM - index * SENSOR_STEP_M);
}
