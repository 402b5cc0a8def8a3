import type { FlowEdge } from '../../domain/model/district.ts';
import { Random } from '../random.ts';
import { Catchment } from './catchment.ts';
import { createElement } from './create-element.ts';
import { drainageAreas } from './drainage-area.ts';
import type { DrainageArea } from './drainage-area.ts';
import type { Moment, StageSource } from './element.ts';
import { firstDownstream, readFlowGraph } from './flow-graph.ts';
import type { FlowGraph } from './flow-graph.ts';
import { Gate } from './gate.ts';
import { Manhole } from './manhole.ts';
import { Outfall } from './outfall.ts';
import { Passage } from './passage.ts';
import { PondingBasin } from './ponding-basin.ts';
import type { RainField } from './rain-field.ts';
import { Reservoir } from './reservoir.ts';
import type { Spot } from './spot.ts';
import { BasinLedger } from './water-balance.ts';
import { WaterNode } from './water-node.ts';

/** The nodes of a district, linked, upstream before downstream. */
export interface WaterNetwork {
  readonly nodes: readonly WaterNode[];
  readonly bySpot: ReadonlyMap<Spot, WaterNode>;
  readonly ledgers: ReadonlyMap<string, BasinLedger>;
}

const isRiver = ({ type }: Spot): boolean => type === 'reach' || type === 'river_gauge' || type === 'section';
const isSewer = ({ type }: Spot): boolean =>
  type === 'manhole' || type === 'pipe' || type === 'flood_barrier';
const isGauge = ({ type }: Spot): boolean => type === 'river_gauge';

export function buildNetwork(options: {
  readonly spots: readonly Spot[];
  readonly edges: readonly FlowEdge[];
  readonly rain: RainField;
  readonly seed: number;
  readonly stepS: number;
}): WaterNetwork {
  const { spots, edges, rain, seed, stepS } = options;
  const graph = readFlowGraph(spots, edges);
  const areas = drainageAreas(graph, seed);
  const ledgers = new Map(spots.map(({ basin }) => [basin, new BasinLedger()]));
  const bySpot = new Map<Spot, WaterNode>();
  for (const spot of graph.order) {
    const area = areas.get(spot) ?? { totalKm2: 0, localKm2: 0, imperviousShare: 0 };
    const ledger = ledgers.get(spot.basin) ?? new BasinLedger();
    const isFed = edges.some(({ to }) => to === spot.id);
    const travelTimeMs = graph.travelTimeMs(spot);
    const element = createElement({ spot, area, seed, stepS, travelTimeMs, isFed });
    const catchment = area.localKm2 > 0 ? createCatchment(spot, area, { rain, seed }) : undefined;
    bySpot.set(spot, new WaterNode({ ledger, element, catchment }));
  }
  linkNodes(graph, bySpot);
  linkStages(graph, bySpot);
  return { nodes: [...bySpot.values()], bySpot, ledgers };
}

/** Fills what begins with a level rather than empty. */
export function beginNetwork(network: WaterNetwork, moment: Moment): void {
  for (const { element } of network.nodes) if (element instanceof Reservoir) element.begin(moment);
}

/** Water held now, by basin, m³. */
export function storedByBasin(network: WaterNetwork): ReadonlyMap<BasinLedger, number> {
  const stored = new Map<BasinLedger, number>();
  for (const { ledger, storageM3 } of network.nodes) {
    stored.set(ledger, (stored.get(ledger) ?? 0) + storageM3);
  }
  return stored;
}

function createCatchment(
  spot: Spot,
  { localKm2, imperviousShare }: DrainageArea,
  { rain, seed }: { readonly rain: RainField; readonly seed: number },
): Catchment {
  const random = new Random(seed, `${spot.id}/catchment`);
  const shape = {
    areaKm2: localKm2,
    imperviousShare,
    seepageM3PerSKm2: random.between(0.004, 0.008),
    baseflowM3PerSKm2: random.between(0.005, 0.02),
    // Hills above a reservoir are a protected zone.
    sewageShare: spot.type === 'reservoir' ? 0.001 : random.between(0.004, 0.03),
    dirtShare: random.between(0.4, 0.9),
  };
  return new Catchment(shape, rain.sampleAt(spot.place, localKm2));
}

function linkNodes(graph: FlowGraph, bySpot: ReadonlyMap<Spot, WaterNode>): void {
  const nodesOf = (spots: readonly Spot[]): readonly WaterNode[] =>
    spots.flatMap(spot => bySpot.get(spot) ?? []);
  for (const [spot, node] of bySpot) {
    const { main, intakes, tanks, roads } = graph.waysFrom(spot);
    node.leadTo({
      main: nodesOf(main),
      intakes: nodesOf(intakes),
      tanks: nodesOf(tanks),
      roads: nodesOf(roads),
    });
  }
}

/** Tells sewers their outfall, outfalls and barriers their river, and low points the sewer below. */
function linkStages(graph: FlowGraph, bySpot: ReadonlyMap<Spot, WaterNode>): void {
  const elementAt = (spot: Spot | undefined): unknown =>
    spot === undefined ? undefined : bySpot.get(spot)?.element;
  const riverAt = (spot: Spot): StageSource | undefined => {
    const gauge =
      firstDownstream(graph, spot, { accept: isGauge, through: () => true }) ??
      graph.order.find(other => isGauge(other) && other.reach !== undefined && other.reach === spot.reach);
    const element = elementAt(gauge);
    return element instanceof Passage ? element : undefined;
  };
  for (const [spot, { element }] of bySpot) {
    if (element instanceof Outfall) {
      const river = riverAt(spot);
      if (river !== undefined) element.standsAt(river);
    } else if (element instanceof Manhole) {
      const accept = ({ type }: Spot): boolean => type === 'outfall';
      const outfall = elementAt(firstDownstream(graph, spot, { accept, through: isSewer }));
      if (outfall instanceof Outfall) element.drainsTo(outfall);
    } else if (element instanceof PondingBasin) {
      for (const sewer of graph.sewersAbove(spot)) {
        const above = elementAt(sewer);
        if (above instanceof Manhole) element.liesAbove(above);
      }
    } else if (element instanceof Gate && spot.type === 'flood_barrier') {
      const river = riverAt(spot);
      // A gate across a river would dam it.
      if (river !== undefined && !graph.upstreamOf(spot).some(isRiver)) element.shutsAgainst(river);
    }
  }
}
