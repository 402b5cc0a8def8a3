import type { DatastreamSpec, Registry, StationSpec } from '../domain/model/registry.ts';
import type { NetworkMember } from '../domain/quality/quality-network.ts';
import type { QualityParameterFile } from '../domain/quality/quality-parameter-file.ts';
import { resolveParameters } from '../domain/quality/resolve-parameters.ts';
import { fittingTests } from './fitting-tests.ts';

/** The property of gauges that give rainfall of periods. */
const RAINFALL = 'rainfall';

/** Numbers a registered datastream; undefined where it has no number yet. */
export type DatastreamNumber = (station: string, spec: DatastreamSpec) => number | undefined;

/**
 * The registered datastreams as quality control links them. Neighbours measure the same property at the neighbour
 * stations; rain is what gauges of the station itself and of its neighbours give. Datastreams without a number are
 * left out, and so are links to them and to stations that are not registered.
 *
 * @param options.maxReadings tests that look back over more readings are left out
 * @param options.file parameters of the district, over the defaults
 */
export function qualityMembers(
  registry: Registry,
  numberOf: DatastreamNumber,
  options: { readonly maxReadings?: number; readonly file?: QualityParameterFile | undefined } = {},
): readonly NetworkMember[] {
  const { maxReadings = Number.POSITIVE_INFINITY, file } = options;
  const members: NetworkMember[] = [];
  for (const station of registry.things.values()) {
    if (station.kind !== 'station') continue;
    const others = neighboursOf(station, registry);
    const { assetType } = station;
    for (const spec of station.datastreams) {
      const subject = assetType === undefined ? spec : { ...spec, assetType };
      const datastream = numberOf(station.id, spec);
      if (datastream === undefined) continue;
      const isGauge = spec.property === RAINFALL;
      members.push({
        datastream,
        parameters: fittingTests(resolveParameters(subject, file).parameters, spec.intervalMs, maxReadings),
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
