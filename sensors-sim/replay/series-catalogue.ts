import type { DatastreamName } from '../../domain/model/datastream.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { LeftOut, ParsedReading, RowFormat } from './row-format.ts';

interface Series {
  readonly property: string;
  readonly instance: string | undefined;
  readonly measure: string;
  readonly datum: string | undefined;
  firstT: number;
  lastT: number;
  /** Steps to a later time than any before. */
  steps: number;
  /** Every time, where repeats are excluded. */
  readonly times: Set<number> | undefined;
}

/** A datastream of a recording. */
export interface CataloguedSeries {
  readonly name: DatastreamName;
  readonly datum: string | undefined;
  /** Mean span between its times, milliseconds; `undefined` for a single one. */
  readonly meanGapMs: number | undefined;
}

/** A station of a recording. */
export interface CataloguedStation {
  readonly id: ThingId;
  /** What its first row calls it. */
  readonly name: string | undefined;
  readonly series: readonly CataloguedSeries[];
}

interface Station {
  readonly name: string | undefined;
  /** By property, instance and measure. */
  readonly series: Map<string, Series>;
}

/** The stations and series of a recording, gathered from its readings. */
export class SeriesCatalogue {
  readonly #repeats: RowFormat['repeats'];
  readonly #stations = new Map<ThingId, Station>();
  #from = Infinity;
  #to = -Infinity;
  readings = 0;

  constructor(repeats: RowFormat['repeats']) {
    this.#repeats = repeats;
  }

  /** Takes a reading, or answers why it cannot be part of its series. `stationDatum` holds where the row names none. */
  add(reading: ParsedReading, stationDatum: string | undefined): LeftOut | undefined {
    const { station, stationName, property, instance, measure = '', t } = reading;
    const key = keyOf(reading);
    const series = this.#stations.get(station)?.series.get(key);
    const needsDatum = OBSERVED_PROPERTIES.get(property)?.needsDatum ?? false;
    const datum = needsDatum ? (reading.datum ?? series?.datum ?? stationDatum) : undefined;
    if (needsDatum && datum === undefined) {
      return { ok: false, problem: 'datum', detail: `${property} of ${station} has none` };
    }
    if (series !== undefined && series.datum !== datum) {
      return { ok: false, problem: 'datum', detail: `"${datum}" after "${series.datum}"` };
    }
    if (series?.times?.has(t) === true) return { ok: false, exclusion: 'same_datastream_time_twice' };
    this.readings += 1;
    this.#from = Math.min(this.#from, t);
    this.#to = Math.max(this.#to, t);
    if (series === undefined) {
      const times = this.#repeats === 'exclude' ? new Set([t]) : undefined;
      const own = this.#stations.get(station) ?? { name: stationName, series: new Map<string, Series>() };
      own.series.set(key, { property, instance, measure, datum, firstT: t, lastT: t, steps: 0, times });
      this.#stations.set(station, own);
      return undefined;
    }
    series.times?.add(t);
    if (t > series.lastT) {
      series.lastT = t;
      series.steps += 1;
    }
    series.firstT = Math.min(series.firstT, t);
    return undefined;
  }

  get span(): { readonly from: EpochMs; readonly to: EpochMs } | undefined {
    return this.readings === 0 ? undefined : { from: epochMs(this.#from), to: epochMs(this.#to) };
  }

  stations(): readonly CataloguedStation[] {
    return [...this.#stations].map(([id, own]) => ({
      id,
      name: own.name,
      series: [...own.series.values()].map(series => ({
        name: nameIn(own.series, series),
        datum: series.datum,
        meanGapMs:
          series.steps === 0
            ? undefined
            : Math.max(1, Math.round((series.lastT - series.firstT) / series.steps)),
      })),
    }));
  }

  /** The datastream of a reading that `add` took. */
  nameOf(reading: ParsedReading): DatastreamName | undefined {
    const own = this.#stations.get(reading.station)?.series;
    const series = own?.get(keyOf(reading));
    return own === undefined || series === undefined ? undefined : nameIn(own, series);
  }
}

function keyOf({ property, instance = '', measure = '' }: ParsedReading): string {
  return `${property}/${instance}/${measure}`;
}

/** Measures become instances only where a station has several of one property. */
function nameIn(own: ReadonlyMap<string, Series>, series: Series): DatastreamName {
  const { property, instance } = series;
  if (instance !== undefined) return { property, instance };
  const rivals = [...own.values()].filter(
    other => other.property === property && other.instance === undefined,
  );
  if (rivals.length < 2) return { property };
  const slug = slugOf(series.measure);
  const isUnique = slug !== '' && rivals.every(other => other === series || slugOf(other.measure) !== slug);
  return { property, instance: isUnique ? slug : `${slug}${rivals.indexOf(series) + 1}` };
}

/** Leaves room for an ordinal within the 32 characters of an instance. */
const LONGEST_SLUG = 28;

/** A measure such as `Tidal Level-mAOD` as it may stand in an instance: `Tidal-Level-mAOD`. */
function slugOf(measure: string): string {
  const slug = measure.replaceAll(/[^A-Za-z0-9_]+/g, '-').replaceAll(/^-+|-+$/g, '');
  return slug.slice(0, LONGEST_SLUG);
}
