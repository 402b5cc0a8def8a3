import { Random } from '../random.ts';
import type { FlowGraph } from './flow-graph.ts';
import type { Spot, SpotType } from './spot.ts';

/** Surface that drains to a spot, km². */
export interface DrainageArea {
  /** With everything upstream. */
  readonly totalKm2: number;
  /** Directly, without what comes through spots upstream. */
  readonly localKm2: number;
  readonly imperviousShare: number;
}

/** Catchment of a spot that says none, km², and its sealed share. `headOnly`: none when water comes from upstream. */
interface Usual {
  readonly km2: number;
  readonly imperviousShare: number;
  readonly headOnly: boolean;
}

const NONE: Usual = { km2: 0, imperviousShare: 0.5, headOnly: true };
const USUAL: Readonly<Partial<Record<SpotType, Usual>>> = {
  river_gauge: { km2: 30, imperviousShare: 0.45, headOnly: true },
  section: { km2: 20, imperviousShare: 0.45, headOnly: true },
  reservoir: { km2: 10, imperviousShare: 0.03, headOnly: false },
  manhole: { km2: 0.1, imperviousShare: 0.7, headOnly: true },
  outfall: { km2: 0.2, imperviousShare: 0.7, headOnly: true },
  pump_station: { km2: 0.3, imperviousShare: 0.7, headOnly: true },
  ponding_point: { km2: 0.01, imperviousShare: 0.85, headOnly: false },
  underpass: { km2: 0.012, imperviousShare: 0.9, headOnly: false },
  sluice_gate: { km2: 5, imperviousShare: 0.4, headOnly: true },
  flood_barrier: { km2: 1, imperviousShare: 0.6, headOnly: true },
};

/**
 * Areas of all spots. A registered catchment is the whole surface above a spot, so what drains to it directly is that
 * minus what its upstream spots have.
 */
export function drainageAreas(graph: FlowGraph, seed: number): ReadonlyMap<Spot, DrainageArea> {
  const areas = new Map<Spot, DrainageArea>();
  for (const spot of graph.order) {
    const above = graph.upstreamOf(spot);
    const upstreamKm2 = above.reduce(
      (sum, other) => sum + (areas.get(other)?.totalKm2 ?? 0) / graph.waysFrom(other).main.length,
      0,
    );
    const usual = USUAL[spot.type] ?? NONE;
    const { catchmentKm2, imperviousShare, surfaceM2 } = spot.attributes;
    const drawnKm2 = usual.km2 * new Random(seed, `${spot.id}/area`).between(0.7, 1.3);
    const usualKm2 = usual.headOnly && above.length > 0 ? 0 : drawnKm2;
    const localKm2 = catchmentKm2 === undefined ? usualKm2 : Math.max(0, catchmentKm2 - upstreamKm2);
    // Rain on the pool itself runs nowhere.
    const pool = spot.type === 'reservoir' && localKm2 > 0 ? (surfaceM2 ?? 0) / 1e6 / localKm2 : 0;
    areas.set(spot, {
      totalKm2: upstreamKm2 + localKm2,
      localKm2,
      imperviousShare: Math.min(1, (imperviousShare ?? usual.imperviousShare) + pool),
    });
  }
  return areas;
}
