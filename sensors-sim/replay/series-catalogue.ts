import type { DatastreamName } from '../../domain/model/datastream.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { RowOutcome } from './row-format.ts';
import { needsDatum } from './row-format.ts';
import type { ParsedRow } from './row-format.ts';

interface Series {
  readonly property: string;
  readonly instance: string | undefined;
  readonly measure: string;
  readonly datum: string | undefined;
  firstT: number;
  lastT: number;
  /** Steps to a later time than any before. */
  steps: number;
}

/** A datastream of a recording. */
export interface CataloguedSeries {
  readonly name: DatastreamName;
  readonly datum: string | undefined;
  /** Mean span between its times, milliseconds; `undefined` for a single one. */
  readonly meanGapMs: number | undefined;
}

/** The stations and series of a recording, gathered from its rows. */
export class SeriesCatalogue {
  /** By station, then by property, instance and measure. */
  readonly #stations = new Map<ThingId, Map<string, Series>>();
  #from = Infinity;
  #to = -Infinity;
  rows = 0;

  /** Takes a row, or answers why it cannot be part of its series. `stationDatum` holds where the row names none. */
  add(row: ParsedRow, stationDatum: string | undefined): (RowOutcome & { readonly ok: false }) | undefined {
    const { station, property, instance, measure = '', t } = row;
    const key = keyOf(row);
    const series = this.#stations.get(station)?.get(key);
    const datum = needsDatum(property) ? (row.datum ?? series?.datum ?? stationDatum) : undefined;
    if (needsDatum(property) && datum === undefined) {
      return { ok: false, problem: 'datum', detail: `${property} of ${station} has none` };
    }
    if (series !== undefined && series.datum !== datum) {
      return { ok: false, problem: 'datum', detail: `"${datum}" after "${series.datum}"` };
    }
    this.rows += 1;
    this.#from = Math.min(this.#from, t);
    this.#to = Math.max(this.#to, t);
    if (series === undefined) {
      const own = this.#stations.get(station) ?? new Map<string, Series>();
      own.set(key, { property, instance, measure, datum, firstT: t, lastT: t, steps: 0 });
      this.#stations.set(station, own);
      return undefined;
    }
    if (t > series.lastT) {
      series.lastT = t;
      series.steps += 1;
    }
    series.firstT = Math.min(series.firstT, t);
    return undefined;
  }

  get span(): { readonly from: EpochMs; readonly to: EpochMs } | undefined {
    return this.rows === 0 ? undefined : { from: epochMs(this.#from), to: epochMs(this.#to) };
  }

  stations(): readonly { readonly id: ThingId; readonly series: readonly CataloguedSeries[] }[] {
    return [...this.#stations].map(([id, own]) => ({
      id,
      series: [...own.values()].map(series => ({
        name: nameIn(own, series),
        datum: series.datum,
        meanGapMs:
          series.steps === 0
            ? undefined
            : Math.max(1, Math.round((series.lastT - series.firstT) / series.steps)),
      })),
    }));
  }

  /** The datastream of a row that `add` took. */
  nameOf(row: ParsedRow): DatastreamName | undefined {
    const own = this.#stations.get(row.station);
    const series = own?.get(keyOf(row));
    return own === undefined || series === undefined ? undefined : nameIn(own, series);
  }
}

function keyOf({ property, instance = '', measure = '' }: ParsedRow): string {
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
