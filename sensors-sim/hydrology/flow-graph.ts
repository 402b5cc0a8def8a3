import type { FlowEdge } from '../../domain/model/district.ts';
import type { Spot, SpotType } from './spot.ts';

/** Spots a spot leads to, by the way the water takes; see `Outlets`. */
export interface Ways {
  readonly main: readonly Spot[];
  readonly intakes: readonly Spot[];
  readonly tanks: readonly Spot[];
  readonly roads: readonly Spot[];
}

export interface FlowGraph {
  /** Upstream before downstream. In a cycle somebody is first: what comes back to it waits for the next step. */
  readonly order: readonly Spot[];
  waysFrom(spot: Spot): Ways;
  /** Spots whose main way leads to this one. */
  upstreamOf(spot: Spot): readonly Spot[];
  /** Sewers that overflow onto this low point. */
  sewersAbove(spot: Spot): readonly Spot[];
  /** How long a wave takes through a spot, where an edge at its end or its begin says so, milliseconds. */
  travelTimeMs(spot: Spot): number | undefined;
}

const NO_WAYS: Ways = { main: [], intakes: [], tanks: [], roads: [] };

/** What drains to the reach it stands at when no edge says where its water goes. */
const DRAINS_TO_ITS_REACH = new Set<SpotType>([
  'outfall',
  'pump_station',
  'sewage_plant',
  'treatment_unit',
  'wetland',
  'reservoir',
  'manhole',
  'pipe',
  'replenishment_pipe',
  'storage_tank',
]);

const takesTime = ({ type }: Spot): boolean => type === 'reach' || type === 'pipe';
const isLowPoint = ({ type }: Spot): boolean => type === 'ponding_point' || type === 'underpass';

/** Reads the edges: which way is the ordinary one follows from the types at both ends. */
export function readFlowGraph(spots: readonly Spot[], edges: readonly FlowEdge[]): FlowGraph {
  const byId = new Map(spots.map(spot => [spot.id, spot]));
  const targets = new Map<Spot, Spot[]>();
  const travel = new Map<Spot, number>();
  for (const { from, to, travelTimeMs } of edges) {
    const [begin, end] = [byId.get(from), byId.get(to)];
    if (begin === undefined || end === undefined) continue;
    targets.set(begin, [...(targets.get(begin) ?? []), end]);
    const side = takesTime(begin) || !takesTime(end) ? begin : end;
    if (travelTimeMs !== undefined) travel.set(side, Math.max(travel.get(side) ?? 0, travelTimeMs));
  }
  const ways = new Map(spots.map(spot => [spot, sortWays(spot, targets.get(spot) ?? [], byId)]));
  const sewers = new Map<Spot, Spot[]>();
  for (const [spot, { roads }] of ways) {
    for (const road of roads) sewers.set(road, [...(sewers.get(road) ?? []), spot]);
  }
  const order = topologicalOrder(spots, spot => Object.values(ways.get(spot) ?? NO_WAYS).flat());
  for (const spot of spots.filter(isLowPoint)) {
    const sewer = sewers.get(spot)?.find(({ type }) => type === 'manhole');
    ways.set(spot, waysOfLowPoint(spot, ways.get(spot) ?? NO_WAYS, { sewer, byId, ways }));
  }
  const upstream = new Map<Spot, Spot[]>();
  for (const [spot, { main }] of ways) {
    if (isLowPoint(spot)) continue;
    for (const next of main) upstream.set(next, [...(upstream.get(next) ?? []), spot]);
  }
  return {
    order,
    waysFrom: spot => ways.get(spot) ?? NO_WAYS,
    upstreamOf: spot => upstream.get(spot) ?? [],
    sewersAbove: spot => sewers.get(spot) ?? [],
    travelTimeMs: spot => travel.get(spot),
  };
}

function sortWays(spot: Spot, targets: readonly Spot[], byId: ReadonlyMap<string, Spot>): Ways {
  const roads = isLowPoint(spot) ? [] : targets.filter(isLowPoint);
  const intakes = targets.filter(({ type }) => type === 'replenishment_pump');
  const tanks = targets.filter(({ type }) => type === 'storage_tank');
  const aside = new Set([...roads, ...intakes, ...tanks]);
  const main = targets.filter(target => !aside.has(target));
  if (main.length > 0) return { main, intakes, tanks, roads };
  // A tank that is the only way on lies in the way of all the water.
  if (tanks.length > 0) return { main: tanks, intakes, tanks: [], roads };
  const reach = spot.reach === undefined ? undefined : byId.get(spot.reach);
  const isDrained = reach !== undefined && DRAINS_TO_ITS_REACH.has(spot.type);
  return { main: isDrained ? [reach] : [], intakes, tanks, roads };
}

/**
 * The inlets of a low point lead into the sewer below where no edge says otherwise: against the order, so that water
 * arrives a step later. What the low point cannot hold runs to the river; it must not come back through that sewer.
 */
function waysOfLowPoint(
  spot: Spot,
  own: Ways,
  given: {
    readonly sewer: Spot | undefined;
    readonly byId: ReadonlyMap<string, Spot>;
    readonly ways: ReadonlyMap<Spot, Ways>;
  },
): Ways {
  const { sewer, byId, ways } = given;
  const reach = spot.reach === undefined ? undefined : byId.get(spot.reach);
  if (own.main.length > 0) return reach === undefined ? own : { ...own, roads: [reach] };
  const river = reach ?? (sewer === undefined ? undefined : firstRiver(ways, sewer));
  if (river === undefined) return own;
  return { ...own, main: [sewer ?? river], roads: [river] };
}

function firstRiver(ways: ReadonlyMap<Spot, Ways>, from: Spot): Spot | undefined {
  const waysFrom = (spot: Spot): Ways => ways.get(spot) ?? NO_WAYS;
  const accept = ({ type }: Spot): boolean => type === 'reach' || type === 'river_gauge';
  return firstDownstream({ waysFrom }, from, { accept, through: () => true });
}

/** Kahn (1962); what is left in cycles follows in the order given. */
function topologicalOrder(spots: readonly Spot[], next: (spot: Spot) => readonly Spot[]): readonly Spot[] {
  const waitsFor = new Map(spots.map(spot => [spot, 0]));
  for (const spot of spots) for (const to of next(spot)) waitsFor.set(to, (waitsFor.get(to) ?? 0) + 1);
  const ready = spots.filter(spot => waitsFor.get(spot) === 0);
  // The list grows while it is walked.
  for (const spot of ready) {
    for (const to of next(spot)) {
      const left = (waitsFor.get(to) ?? 0) - 1;
      waitsFor.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  const placed = new Set(ready);
  return [...ready, ...spots.filter(spot => !placed.has(spot))];
}

/** The nearest spot downstream along the main ways that is accepted; the way there may lead through all spots `through`. */
export function firstDownstream(
  graph: Pick<FlowGraph, 'waysFrom'>,
  from: Spot,
  question: { readonly accept: (spot: Spot) => boolean; readonly through: (spot: Spot) => boolean },
): Spot | undefined {
  const seen = new Set([from]);
  // The list grows while it is walked.
  const queue = [from];
  for (const spot of queue) {
    for (const next of graph.waysFrom(spot).main) {
      if (seen.has(next)) continue;
      if (question.accept(next)) return next;
      seen.add(next);
      if (question.through(next)) queue.push(next);
    }
  }
  return undefined;
}
