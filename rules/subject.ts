import { formatDatastreamName } from '../domain/model/datastream.ts';
import type { Asset, District } from '../domain/model/district.ts';
import type { DatastreamSpec, Registry, StationSpec } from '../domain/model/registry.ts';
import type { LadderStep, RuleInput } from './plan.ts';
import { OBSERVED_PROPERTIES } from '../domain/model/observed-property.ts';
import { durationMs } from '../domain/time/instant.ts';

/** The registry of one version, as rules see it. */
export interface SiteView {
  readonly registry: Pick<Registry, 'version' | 'things'>;
  readonly district: Pick<District, 'assets'>;
}

/** The datastream that a rule judges. */
export interface Subject {
  /** `station/property[.instance]` */
  readonly key: string;
  readonly station: StationSpec;
  readonly datastream: DatastreamSpec;
  /** What the station measures at, where the registry says so. */
  readonly asset?: Asset;
}

/** Which datastreams a rule judges: all named conditions hold. */
export interface SubjectSelector {
  readonly property: string;
  readonly assetTypes?: readonly string[] | undefined;
  readonly basins?: readonly string[] | undefined;
  readonly stations?: readonly string[] | undefined;
}

/** The subjects of a rule, by key. */
export function selectSubjects(
  selector: SubjectSelector,
  { registry, district }: SiteView,
): readonly Subject[] {
  const subjects: Subject[] = [];
  for (const station of registry.things.values()) {
    if (station.kind !== 'station') continue;
    const asset = station.asset === undefined ? undefined : district.assets.get(station.asset);
    const { assetTypes, basins, stations } = selector;
    if (stations !== undefined && !stations.includes(station.id)) continue;
    if (assetTypes !== undefined && !assetTypes.includes(asset?.type ?? '')) continue;
    if (basins !== undefined && !basins.includes(station.basin ?? asset?.basin ?? '')) continue;
    for (const datastream of station.datastreams) {
      if (datastream.property !== selector.property) continue;
      const key = keyOf(station, datastream);
      subjects.push({ key, station, datastream, ...(asset === undefined ? {} : { asset }) });
    }
  }
  return subjects.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The zones whose signals concern a subject: its basin, and the district as a whole. */
export function zonesOf({ station, asset }: Subject): readonly string[] {
  const basin = station.basin ?? asset?.basin;
  return basin === undefined ? ['*'] : [basin, '*'];
}

function keyOf(station: StationSpec, datastream: DatastreamSpec): string {
  return `${station.id}/${formatDatastreamName(datastream)}`;
}

/** A value stands for three intervals where the datastream names no maxGap. */
const INTERVALS_IN_A_GAP = 3;

export function inputOf(station: StationSpec, datastream: DatastreamSpec): RuleInput {
  return {
    key: keyOf(station, datastream),
    maxGapMs: durationMs(datastream.maxGapMs ?? INTERVALS_IN_A_GAP * datastream.intervalMs),
    intervalMs: durationMs(datastream.intervalMs),
    unit: OBSERVED_PROPERTIES.get(datastream.property)?.unit ?? '1',
    ...(datastream.datum === undefined ? {} : { datum: datastream.datum }),
  };
}

/** The limit lets go this much later than it takes hold. */
export function withDeadband(step: Omit<LadderStep, 'clear'>, deadband: number): LadderStep {
  const isUpward = step.relation === '>=' || step.relation === '>';
  return { ...step, clear: isUpward ? step.limit - deadband : step.limit + deadband };
}
