/** A property of the load stations and how its values wander. */
export interface LoadProperty {
  readonly property: string;
  readonly datum?: string;
  /** Values stay in this range, in the property's unit; inside the sensor span. */
  readonly range: readonly [low: number, high: number];
  /** Decimals the sensor reports. */
  readonly decimals: number;
}

/** In the order in which a plan takes them. */
export const LOAD_PROPERTIES: readonly LoadProperty[] = [
  { property: 'water_level', datum: 'gauge zero', range: [0.2, 6], decimals: 3 },
  { property: 'rainfall', range: [0, 12], decimals: 1 },
  { property: 'water_temperature', range: [12, 31], decimals: 2 },
  { property: 'dissolved_oxygen', range: [2, 11], decimals: 2 },
  { property: 'turbidity', range: [2, 300], decimals: 1 },
  { property: 'battery_voltage', range: [11.2, 13.8], decimals: 2 },
];
