import { OBSERVED_PROPERTIES } from '../model/observed-property.ts';
import type { DatastreamSpec } from '../model/registry.ts';
import type { SourceMark } from '../model/source-mark.ts';
import { DEFAULT_PARAMETERS, DEFAULT_TIME_GAP } from './default-parameters.ts';
import type { Span } from './gross-range.ts';
import type { QualityParameterEntry, QualityParameterFile } from './quality-parameter-file.ts';
import type { QualityParameters } from './quality-parameters.ts';
import { isSuspectAtMost } from './suspect-at-most.ts';

/** A datastream as its quality parameters depend on it. */
export interface QualitySubject extends Pick<
  DatastreamSpec,
  'property' | 'intervalMs' | 'maxGapMs' | 'sensorSpan'
> {
  readonly assetType?: string;
  readonly station?: string;
  /** What the operator believes at this place; goes before that of the property. */
  readonly suspectSpan?: Span;
}

type TestName = Exclude<keyof QualityParameterEntry, 'property' | 'assetTypes' | 'stations'>;

/** The parameters of a datastream, and how well each is founded. */
export interface ResolvedParameters {
  readonly parameters: QualityParameters;
  /** The version of the file; 0 where the defaults stand alone. */
  readonly version: number;
  readonly sources: Readonly<Partial<Record<TestName, SourceMark>>>;
}

/** Everything between the two counts as the span that an operator believes of a level, metres. */
const LEVEL_MARGIN = { belowBottomM: 0.2, aboveCrestM: 2 };

/** The span of believable levels of a river or reservoir, in the datum of both. */
export function believableLevels(bottomM: number, crestM: number): Span {
  return [bottomM - LEVEL_MARGIN.belowBottomM, crestM + LEVEL_MARGIN.aboveCrestM];
}

/**
 * The parameters of one datastream: the defaults, and over them those of the file, test by test; an entry for the station
 * goes before one for the type of its asset, and that before one for any asset. A gap is three intervals where the datastream says nothing.
 */
export function resolveParameters(subject: QualitySubject, file?: QualityParameterFile): ResolvedParameters {
  const { property, assetType, station, intervalMs } = subject;
  const layers = [DEFAULT_PARAMETERS, file?.entries ?? []].flatMap(all => {
    const entries = all.filter(entry => entry.property === property);
    return [
      ...entries.filter(entry => entry.assetTypes === undefined && entry.stations === undefined),
      ...entries.filter(entry => entry.assetTypes?.some(type => type === assetType)),
      ...entries.filter(entry => entry.stations?.some(id => id === station)),
    ];
  });
  const chosen: QualityParameterEntry = Object.assign({ property, timeGap: DEFAULT_TIME_GAP }, ...layers);
  const sources: Partial<Record<TestName, SourceMark>> = {};
  const take = <Name extends TestName>(name: Name): Chosen<Name> | undefined => {
    const test = chosen[name];
    if (test === undefined || test === 'off') return undefined;
    sources[name] = test.source;
    return test as Chosen<Name>;
  };
  const grossRange = take('grossRange');
  const timeGap = take('timeGap');
  const climatology = take('climatology');
  const suspectSpan = subject.suspectSpan ?? grossRange?.suspectSpan;
  const tests = {
    spike: take('spike'),
    rateOfChange: take('rateOfChange'),
    flatLine: take('flatLine'),
    neighbour: take('neighbour'),
    rainIntensity: take('rainIntensity'),
    rainNeighbour: take('rainNeighbour'),
    counterReset: take('counterReset'),
    climatology: climatology && { version: file?.version ?? 0, months: climatology.months },
    timeGap: timeGap && { suspectThresholdMs: timeGap.suspectIntervals * intervalMs },
  };
  const spec = OBSERVED_PROPERTIES.get(property);
  const parameters: QualityParameters = {
    maxGapMs: subject.maxGapMs ?? 3 * intervalMs,
    suspectAtMost: isSuspectAtMost(property),
    ...(spec?.interpolation === 'counter' ? { rainKind: 'counter' } : {}),
    grossRange: {
      failSpan: subject.sensorSpan ?? spec?.sensorSpan ?? ANY,
      ...(suspectSpan === undefined ? {} : { suspectSpan }),
    },
    ...present(tests),
  };
  return { parameters, version: file?.version ?? 0, sources };
}

type Chosen<Name extends TestName> = Exclude<QualityParameterEntry[Name], 'off' | undefined>;

const ANY: Span = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** Leaves out what is not set, so that a test without parameters has no key. */
function present<Fields extends object>(
  fields: Fields,
): { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
