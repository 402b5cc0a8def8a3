import type { DatastreamSpec, StationSpec } from '../domain/model/registry.ts';
import type { QualityParameterFile } from '../domain/quality/quality-parameter-file.ts';
import type { QualityParameters } from '../domain/quality/quality-parameters.ts';
import { resolveParameters } from '../domain/quality/resolve-parameters.ts';
import { fittingTests } from './fitting-tests.ts';

export interface ParameterBookOptions {
  /** Tests that look back over more readings are left out. */
  readonly maxReadings?: number;
  /** Parameters of the district, over the defaults. */
  readonly file?: QualityParameterFile | undefined;
}

/** The quality parameters of datastreams; those that are alike share one object, also over changes of the registry. */
export class ParameterBook {
  readonly #options: ParameterBookOptions;
  readonly #known = new Map<string, QualityParameters>();
  /** Those that the file names. */
  readonly #placed: ReadonlySet<string>;

  constructor(options: ParameterBookOptions = {}) {
    this.#options = options;
    this.#placed = new Set(options.file?.entries.flatMap(({ stations = [] }) => stations));
  }

  of(spec: DatastreamSpec, { id, assetType }: Pick<StationSpec, 'id' | 'assetType'>): QualityParameters {
    const { property, intervalMs, maxGapMs, sensorSpan } = spec;
    const station = this.#placed.has(id) ? id : undefined;
    const key = JSON.stringify([property, assetType, station, intervalMs, maxGapMs, sensorSpan]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { file, maxReadings = Number.POSITIVE_INFINITY } = this.#options;
    const subject = {
      ...spec,
      ...(assetType === undefined ? {} : { assetType }),
      ...(station === undefined ? {} : { station }),
    };
    const parameters = fittingTests(resolveParameters(subject, file).parameters, intervalMs, maxReadings);
    this.#known.set(key, parameters);
    return parameters;
  }
}
