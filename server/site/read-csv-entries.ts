import { CsvError, parse } from 'csv-parse/sync';
import { messageOf } from '../../domain/errors.ts';
import { didYouMean } from '../nearest-name.ts';
import { pathText } from '../schema-problems.ts';
import { columnsOf, readCell } from './csv-columns.ts';
import type { Column } from './csv-columns.ts';
import { ENTRY_SCHEMAS } from './entry-schemas.ts';
import type { SiteProblems } from './site-problems.ts';
import { idOf } from './source-entry.ts';
import type { ListName, SourceEntry } from './source-entry.ts';

/** Lists that can be written as rows. */
export const CSV_LISTS = [
  'organisations',
  'persons',
  'streets',
  'communities',
  'reaches',
  'assets',
  'flow',
  'stations',
  'datastreams',
] as const satisfies readonly ListName[];
export type CsvList = (typeof CSV_LISTS)[number];

/** The column that says whose datastream a row is. */
const STATION: Column = { keys: ['station'], kind: 'text', isRequired: true };

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/** The head of one file, looked up once. */
interface Head {
  readonly list: CsvList;
  readonly file: string;
  /** Undefined for a column that nothing is read from. */
  readonly columns: readonly (Column | undefined)[];
  /** The columns' names by where their values go. */
  readonly names: ReadonlyMap<string, string>;
  /** Fields that were told to have no column. */
  readonly missing: ReadonlySet<string>;
}

/** The entries of a CSV file, whose first row names the fields; undefined where it cannot be read at all. */
export function readCsvEntries(
  text: string,
  { file, list }: { readonly file: string; readonly list: CsvList },
  problems: SiteProblems,
): readonly SourceEntry[] | undefined {
  const rows = readRows(text, file, problems);
  if (rows === undefined) return undefined;
  const [first, ...rest] = rows;
  if (first === undefined) {
    problems.add({ file, line: 1 }, 'is empty: the first row names the fields');
    return undefined;
  }
  const head = readHead(first, { list, file, problems });
  return rest.map(row => readRow(row, head, problems));
}

function readRows(text: string, file: string, problems: SiteProblems): readonly Row[] | undefined {
  // A quote that is never closed is noticed at the end only: it stands after the last whole record.
  let line = 0;
  const rows: Row[] = [];
  try {
    // One kind of line break, so that lines are counted as an editor counts them.
    parse(text.replaceAll(/\r\n?/g, '\n'), {
      delimiter: ',',
      record_delimiter: '\n',
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
      on_record: (cells: string[], { lines }) => {
        const inside = cells.reduce((count, cell) => count + cell.split('\n').length - 1, 0);
        rows.push({ cells, line: lines - inside });
        line = lines;
        return null;
      },
    });
    return rows;
  } catch (error) {
    const isOpen = error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED';
    problems.add(
      { file, line: error instanceof CsvError && !isOpen ? Number(error['lines']) : line + 1 },
      isOpen ? 'begins a quote that is never closed' : messageOf(error),
    );
    return undefined;
  }
}

function readHead(
  { cells, line }: Row,
  {
    list,
    file,
    problems,
  }: { readonly list: CsvList; readonly file: string; readonly problems: SiteProblems },
): Head {
  const known = new Map(columnsOf(ENTRY_SCHEMAS[list]));
  if (list === 'datastreams') known.set('station', STATION);
  const columns = cells.map((name, index) => {
    const column = known.get(name);
    if (column === undefined) {
      problems.add({ file, line, path: name }, `is not known.${didYouMean(name, known.keys())}`);
    } else if (cells.indexOf(name) < index) {
      problems.add({ file, line, path: name }, 'stands in the head twice');
      return undefined;
    }
    return column;
  });
  const missing = [...known].flatMap(([name, { isRequired }]) =>
    isRequired && !cells.includes(name) ? [name] : [],
  );
  for (const name of missing) problems.add({ file, line, path: name }, 'is missing in the head');
  return {
    list,
    file,
    columns,
    names: new Map([...known].map(([name, { keys }]) => [pathText(keys), name])),
    missing: new Set(missing),
  };
}

function readRow({ cells, line }: Row, head: Head, problems: SiteProblems): SourceEntry {
  const { values, faults } = readCells(cells, head);
  const { station, ...own } = values;
  const isDatastream = head.list === 'datastreams';
  const owner = typeof station === 'string' ? station : undefined;
  const place = { file: head.file, line, id: isDatastream ? owner : idOf(values, head.list) };
  const entry = {
    list: head.list,
    file: head.file,
    station: owner,
    lineOf: () => line,
    pathOf: (keys: readonly PropertyKey[]) => head.names.get(pathText(keys)) ?? pathText(keys),
  };
  if (cells.length !== head.columns.length) {
    // Which cell is missing or too much is not known, so that nothing is said of the others.
    problems.add(place, `has ${cells.length} cells where the head has ${head.columns.length}`);
    return { ...entry, value: 'id' in own ? { id: own['id'] } : {}, told: 'all' };
  }
  for (const { path, message } of faults) {
    problems.add({ ...place, path: head.names.get(path) ?? path }, message);
  }
  if (isDatastream && owner === undefined && !head.missing.has('station')) {
    problems.add({ ...place, path: 'station' }, 'is missing');
  }
  return {
    ...entry,
    value: isDatastream ? own : values,
    told:
      faults.length === 0 ? head.missing : new Set([...head.missing, ...faults.map(({ field }) => field)]),
  };
}

interface Cells {
  readonly values: Readonly<Record<string, unknown>>;
  readonly faults: readonly { readonly path: string; readonly field: string; readonly message: string }[];
}

function readCells(cells: readonly string[], { columns }: Head): Cells {
  const values: Record<string, unknown> = {};
  const faults: Cells['faults'][number][] = [];
  for (const [index, column] of columns.entries()) {
    const text = cells[index] ?? '';
    if (column === undefined || text === '') continue;
    const cell = readCell(text, column.kind);
    if ('value' in cell) put(values, column.keys, cell.value);
    else faults.push({ path: pathText(column.keys), field: String(column.keys[0]), message: cell.problem });
  }
  return { values, faults };
}

/** Puts a value under its keys; a number among them makes a list. */
function put(fields: Record<string, unknown>, keys: Column['keys'], value: unknown): void {
  let inside: Record<string | number, unknown> = fields;
  for (const [index, key] of keys.slice(0, -1).entries()) {
    inside[key] ??= typeof keys[index + 1] === 'number' ? [undefined, undefined] : {};
    inside = inside[key] as Record<string | number, unknown>;
  }
  inside[keys.at(-1) ?? ''] = value;
}
