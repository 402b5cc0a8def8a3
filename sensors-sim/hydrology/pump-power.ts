const EFFICIENCY = 0.7;

/** What a motor takes to lift a flow by a head, P = ρ g Q H / η, kW. */
export function pumpPowerKw(flowM3PerS: number, headM: number): number {
  return (9.81 * flowM3PerS * headM) / EFFICIENCY;
}
