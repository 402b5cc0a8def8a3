import type { DatastreamSpec, Registry, StationSpec } from '../domain/model/registry.ts';
import type { NetworkMember } from '../domain/quality/quality-network.ts';
import { ParameterBook } from './parameter-book.ts';

/** The property of gauges that give rainfall of periods. */
const RAINFALL = 'rainfall';

/** Numbers a registered datastream; undefined where it has no number yet. */
export type DatastreamNumber = (station: string, spec: DatastreamSpec) => number | undefined;

/**
 * The registered datastreams as quality control links them. Neighbours measure the same property at the neighbour
 * stations; rain is what gauges of the station itself and of its neighbours give. Datastreams without a number are
 * left out, and so are links to them and to stations that are not registered.
 */
export function qualityMembers(
  registry: Registry,
  numberOf: DatastreamNumber,
  parameters = new ParameterBook(),
): readonly NetworkMember[] {
  const members: NetworkMember[] = [];
  for (const station of registry.things.values()) {
    if (station.kind !== 'station') continue;
    const others = neighboursOf(station, registry);
    for (const spec of station.datastreams) {
      const datastream = numberOf(station.id, spec);
      if (datastream === undefined) continue;
      const isGauge = spec.property === RAINFALL;
      members.push({
        datastream,
        parameters: parameters.of(spec, station),
        neighbours: numbersOf(others, spec.property, numberOf),
        rain: isGauge ? [] : numbersOf([station, ...others], RAINFALL, numberOf),
      });
    }
  }
  return members;
}

/** Each once, and never the station itself: a list in the registry may name it. */
function neighboursOf(station: StationSpec, registry: Registry): readonly StationSpec[] {
  return [...new Set<string>(station.neighbours)].flatMap(id => {
    const other = registry.things.get(id);
    return other?.kind === 'station' && other.id !== station.id ? [other] : [];
  });
}

function numbersOf(
  stations: readonly StationSpec[],
  property: string,
  numberOf: DatastreamNumber,
): readonly number[] {
  return stations.flatMap(({ id, datastreams }) =>
    datastreams
      .filter(spec => spec.property === property)
      .flatMap(spec => {
        const number = numberOf(id, spec);
        return number === undefined ? [] : [number];
      }),
  );
}
