import { describe, expect, it } from 'vitest';

import type { AssetAttribute } from '../../domain/model/asset-type.ts';
import { sketchFlow } from '../../test/harness/small-district.ts';
import { drainageAreas } from './drainage-area.ts';
import { firstDownstream, readFlowGraph } from './flow-graph.ts';
import type { FlowGraph } from './flow-graph.ts';
import type { Spot, SpotType } from './spot.ts';

type Attributes = Readonly<Partial<Record<AssetAttribute, number>>>;

function spot(id: string, type: SpotType, attributes: Attributes = {}, reach?: string): Spot {
  const place = { eastKm: 0, northKm: 0 };
  const plain = { id, type, basin: 'b', place, attributes, datastreams: [] };
  return reach === undefined ? plain : { ...plain, reach };
}

function graphOf(spots: readonly Spot[], ...edges: readonly string[]): FlowGraph {
  const flow = edges.map(edge => {
    const [from = '', to = ''] = edge.split('>');
    return sketchFlow(from, to, 60_000);
  });
  return readFlowGraph(spots, flow);
}

const names = (spots: readonly Spot[]) => spots.map(({ id }) => id);

describe('readFlowGraph', () => {
  it('orders spots from upstream to downstream, and sets off even in a cycle', () => {
    const spots = ['c', 'b', 'a'].map(id => spot(id, 'reach'));
    expect(names(graphOf(spots, 'a>b', 'b>c').order)).toEqual(['a', 'b', 'c']);
    expect(names(graphOf(spots, 'a>b', 'b>a', 'b>c').order)).toHaveLength(3);
    expect(names(graphOf(spots, 'a>a', 'a>gone').order)).toHaveLength(3);
  });

  it('tells the ordinary way of a sewer from its tank, its road and a pump that draws from it', () => {
    const spots = [
      spot('m', 'manhole'),
      spot('p', 'pipe'),
      spot('t', 'storage_tank'),
      spot('road', 'ponding_point'),
      spot('lift', 'replenishment_pump'),
    ];
    const ways = graphOf(spots, 'm>p', 'm>t', 'm>road', 'm>lift').waysFrom(spots[0]!);
    expect([ways.main, ways.tanks, ways.roads, ways.intakes].map(names)).toEqual([
      ['p'],
      ['t'],
      ['road'],
      ['lift'],
    ]);
  });

  it('takes a tank that is the only way for the ordinary one', () => {
    const spots = [spot('m', 'manhole'), spot('t', 'storage_tank')];
    const ways = graphOf(spots, 'm>t').waysFrom(spots[0]!);
    expect([ways.main, ways.tanks].map(names)).toEqual([['t'], []]);
  });

  it('lets what has no way on drain to its reach, but not what only stands in it', () => {
    const spots = [
      spot('r', 'reach'),
      spot('o', 'outfall', {}, 'r'),
      spot('g', 'river_gauge', {}, 'r'),
      spot('x', 'outfall', {}, 'gone'),
    ];
    const graph = graphOf(spots);
    expect(spots.map(each => names(graph.waysFrom(each).main))).toEqual([[], ['r'], [], []]);
    expect(names(graph.upstreamOf(spots[0]!))).toEqual(['o']);
  });

  it('leads the inlets of a road into the sewer below and its brim to the river', () => {
    const spots = [
      spot('m', 'manhole'),
      spot('road', 'ponding_point'),
      spot('o', 'outfall'),
      spot('r', 'reach'),
    ];
    const graph = graphOf(spots, 'm>o', 'm>road', 'o>r');
    const ways = graph.waysFrom(spots[1]!);
    expect([ways.main, ways.roads].map(names)).toEqual([['m'], ['r']]);
    expect(names(graph.sewersAbove(spots[1]!))).toEqual(['m']);
    expect(names(graph.upstreamOf(spots[0]!))).toEqual([]);
    // Without a river anywhere its water would go round for ever: it leaves.
    const closed = graphOf(spots, 'm>road');
    expect(names(closed.waysFrom(spots[1]!).main)).toEqual([]);
  });

  it('knows how long a wave takes through a reach', () => {
    const spots = [spot('g', 'river_gauge'), spot('r', 'reach'), spot('s', 'reach'), spot('t', 'reach')];
    const edges = [sketchFlow('g', 't', 900_000), sketchFlow('r', 's', 1_800_000), sketchFlow('s', 'g')];
    const graph = readFlowGraph(spots, edges);
    expect(spots.map(each => graph.travelTimeMs(each))).toEqual([undefined, 1_800_000, undefined, 900_000]);
  });
});

describe('firstDownstream', () => {
  it('finds the nearest along the ways it may take', () => {
    const spots = [
      spot('m', 'manhole'),
      spot('p', 'pipe'),
      spot('s', 'pump_station'),
      spot('near', 'outfall'),
      spot('far', 'outfall'),
    ];
    const graph = graphOf(spots, 'm>s', 's>near', 'm>p', 'p>far', 'far>m');
    const accept = ({ type }: Spot) => type === 'outfall';
    const find = (through: (spot: Spot) => boolean) =>
      firstDownstream(graph, spots[0]!, { accept, through })?.id;
    expect(find(() => true)).toBe('near');
    expect(find(({ type }) => type === 'pipe')).toBe('far');
    expect(find(() => false)).toBeUndefined();
  });
});

describe('drainageAreas', () => {
  it('takes a registered catchment as the whole surface above', () => {
    const spots = [
      spot('up', 'river_gauge', { catchmentKm2: 12 }),
      spot('r', 'reach'),
      spot('low', 'river_gauge', { catchmentKm2: 30 }),
      spot('less', 'river_gauge', { catchmentKm2: 20 }),
    ];
    const areas = drainageAreas(graphOf(spots, 'up>r', 'r>low', 'low>less'), 1);
    expect(spots.map(each => areas.get(each)!.localKm2)).toEqual([12, 0, 18, 0]);
    expect(spots.map(each => areas.get(each)!.totalKm2)).toEqual([12, 12, 30, 30]);
  });

  it('gives a spot at the head of the graph a usual catchment, and one further down none', () => {
    const spots = [spot('head', 'manhole'), spot('next', 'manhole'), spot('bed', 'reach')];
    const areas = drainageAreas(graphOf(spots, 'head>next', 'next>bed'), 1);
    expect(areas.get(spots[0]!)!.localKm2).toBeGreaterThan(0.05);
    expect(areas.get(spots[1]!)!.localKm2).toBe(0);
    expect(areas.get(spots[2]!)!.totalKm2).toBe(areas.get(spots[0]!)!.totalKm2);
  });
});
