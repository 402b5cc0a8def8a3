import { isThingId } from '../../domain/model/identifier.ts';
import { csvFields } from './csv-fields.ts';
import { textLines } from './text-lines.ts';

/** What a table of stations says of one. */
export interface StationRow {
  readonly name: string;
  readonly nameEn?: string;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly basin?: string;
  readonly datum?: string;
}

/** A table of stations that may lie beside a recording. */
export interface StationTable {
  /** The names it may have, the first that is there is read. */
  readonly files: readonly string[];
  /** By station id. A row that cannot be used is told with its line and left out. */
  readonly read: (
    path: string,
    tell: (line: number, detail: string) => void,
  ) => Promise<ReadonlyMap<string, StationRow>>;
}

export interface StationColumns {
  readonly id: string;
  readonly name: string;
  readonly nameEn?: string;
  readonly latitude: string;
  readonly longitude: string;
  readonly basin?: string;
  readonly datum?: string;
}

/**
 * A table `<name>.csv` or `<name>.csv.gz`. Columns that are not in `columns` are ignored. `idOf` makes an id of what
 * the table calls the station, where that need not be one.
 */
export function csvStationTable(
  name: string,
  columns: StationColumns,
  idOf: (text: string) => string = text => text,
): StationTable {
  return {
    files: [`${name}.csv`, `${name}.csv.gz`],
    read: (path, tell) => readRows(path, { columns, idOf }, tell),
  };
}

async function readRows(
  path: string,
  { columns, idOf }: { readonly columns: StationColumns; readonly idOf: (text: string) => string },
  tell: (line: number, detail: string) => void,
): Promise<ReadonlyMap<string, StationRow>> {
  const rows = new Map<string, StationRow>();
  let header: readonly string[] | undefined;
  for await (const { number, text } of textLines(path)) {
    if (text === '') continue;
    const fields = text === undefined ? undefined : csvFields(text);
    if (header === undefined) {
      header = fields ?? [];
      if (header.includes(columns.id)) continue;
      tell(number, `there is no column "${columns.id}"`);
      return rows;
    }
    if (fields?.length !== header.length) {
      tell(number, `${fields?.length ?? 0} fields instead of ${header.length}`);
      continue;
    }
    const at = header;
    const field = (name: string | undefined): string =>
      name === undefined ? '' : (fields[at.indexOf(name)] ?? '');
    const id = idOf(field(columns.id));
    const problem = !isThingId(id)
      ? `"${field(columns.id)}" is no station id`
      : rows.has(id)
        ? `${id} stands twice`
        : undefined;
    const place = parsePlace(field(columns.latitude), field(columns.longitude));
    if (problem !== undefined || place === undefined) {
      tell(number, problem ?? 'the coordinates are no degrees');
      continue;
    }
    rows.set(id, {
      name: field(columns.name) === '' ? id : field(columns.name),
      ...optional('nameEn', field(columns.nameEn)),
      ...place,
      ...optional('basin', field(columns.basin)),
      ...optional('datum', field(columns.datum)),
    });
  }
  return rows;
}

function optional<K extends string>(key: K, text: string): { readonly [P in K]?: string } {
  return text === '' ? {} : ({ [key]: text } as { readonly [P in K]: string });
}

/** Empty where both are empty, `undefined` where they are no place on earth. */
function parsePlace(
  latitude: string,
  longitude: string,
): { readonly latitude: number; readonly longitude: number } | Record<string, never> | undefined {
  if (latitude === '' && longitude === '') return {};
  const place = { latitude: Number(latitude), longitude: Number(longitude) };
  const isUsable =
    latitude !== '' && longitude !== '' && Math.abs(place.latitude) <= 90 && Math.abs(place.longitude) <= 180;
  return isUsable ? place : undefined;
}
