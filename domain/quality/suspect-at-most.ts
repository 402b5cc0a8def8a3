/**
 * What floods are read from. A real flood looks like a spike, so no comparison with other readings may withhold such a
 * value from the rules.
 */
const SUSPECT_AT_MOST: ReadonlySet<string> = new Set([
  'water_level',
  'ponding_depth',
  'manhole_level',
  'sump_level',
  'rainfall',
  'rainfall_counter',
]);

/** True where only the sensor's span and the device itself may say FAIL. */
export function isSuspectAtMost(property: string): boolean {
  return SUSPECT_AT_MOST.has(property);
}
