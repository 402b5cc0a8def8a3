import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { AppError, messageOf } from '../../domain/errors.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { csvFields } from './csv-fields.ts';
import type { Recording, RecordedReading, RecordingProblem } from './recording.ts';
import { RECORDING_PROBLEMS } from './recording.ts';
import { rowFormat } from './row-format.ts';
import type { ParsedRow, RowFormat, RowOutcome } from './row-format.ts';
import { SeriesCatalogue } from './series-catalogue.ts';
import { readStationTable } from './station-table.ts';
import type { StationRow } from './station-table.ts';
import { textLines } from './text-lines.ts';

export interface OpenRecordingOptions {
  /** `refuse`: one bad row and nothing is replayed. `skip`: bad rows are left out and counted by reason. */
  readonly onProblem: 'refuse' | 'skip';
}

/** Problems that are told one by one; further ones are only counted. */
const MOST_TOLD = 100;

/**
 * Opens a file of recorded readings: the documented CSV form or a day of the Environment Agency, plain or `.gz`, with
 * its table of stations where one lies beside it. Reads the whole file once to know its stations. Rejects with
 * `recording_invalid` and every problem (up to 100) with its line.
 */
export async function openRecording(path: string, options: OpenRecordingOptions): Promise<Recording> {
  try {
    return await scan(path, options);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('recording_invalid', `${basename(path)} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function scan(path: string, options: OpenRecordingOptions): Promise<Recording> {
  const problems = new ProblemList();
  const format = await formatOf(path);
  const stations = await stationsBeside(path, format, problems);
  const catalogue = new SeriesCatalogue();
  const datumOf = (row: ParsedRow): string | undefined => stations.get(row.station)?.datum;
  for await (const { line, outcome } of rowsOf(path, format)) {
    const told = outcome.ok ? catalogue.add(outcome.row, datumOf(outcome.row)) : outcome;
    if (told !== undefined) problems.tell(`${basename(path)} line ${line}`, told.problem, told.detail);
  }
  if (options.onProblem === 'refuse' && problems.total > 0) {
    throw new AppError('recording_invalid', `${basename(path)} has ${problems.total} problems.`, {
      problems: problems.told,
    });
  }
  return {
    stations: stationSpecs(catalogue, stations, format),
    rows: catalogue.rows,
    span: catalogue.span,
    skipped: problems.counts,
    problems: problems.told,
    readings: () => readingsOf({ path, format, catalogue, datumOf }),
  };
}

async function* readingsOf(source: {
  readonly path: string;
  readonly format: RowFormat;
  readonly catalogue: SeriesCatalogue;
  readonly datumOf: (row: ParsedRow) => string | undefined;
}): AsyncGenerator<RecordedReading> {
  // Whether a row fits its series depends on the rows before it, so the second reading judges as the first one did.
  const again = new SeriesCatalogue();
  for await (const { line, outcome } of rowsOf(source.path, source.format)) {
    if (!outcome.ok || again.add(outcome.row, source.datumOf(outcome.row)) !== undefined) continue;
    const { row } = outcome;
    const name = source.catalogue.nameOf(row);
    if (name === undefined) continue;
    const flag = row.f === undefined ? {} : { f: row.f };
    yield { station: row.station, p: formatDatastreamName(name), t: row.t, v: row.v, ...flag, line };
  }
}

async function formatOf(path: string): Promise<RowFormat> {
  for await (const { text } of textLines(path)) {
    const format = rowFormat(csvFields(text ?? '') ?? []);
    if (format !== undefined) return format;
    const known = 'station,property,t,v[,flag][,datum]';
    throw new AppError('recording_invalid', `${basename(path)}: the header is not known; expected ${known}.`);
  }
  throw new AppError('recording_invalid', `${basename(path)} is empty.`);
}

async function* rowsOf(
  path: string,
  format: RowFormat,
): AsyncGenerator<{ readonly line: number; readonly outcome: RowOutcome }> {
  for await (const { number, text } of textLines(path)) {
    if (number === 1 || text === '') continue;
    if (text === undefined) {
      yield { line: number, outcome: { ok: false, problem: 'long_line', detail: 'left out' } };
      continue;
    }
    const fields = csvFields(text);
    const outcome: RowOutcome =
      fields === undefined
        ? { ok: false, problem: 'columns', detail: 'a quote is not closed' }
        : format.row(fields);
    yield { line: number, outcome };
  }
}

async function stationsBeside(
  path: string,
  format: RowFormat,
  problems: ProblemList,
): Promise<ReadonlyMap<string, StationRow>> {
  const beside = [`${format.stationTable}.csv`, `${format.stationTable}.csv.gz`]
    .map(name => join(dirname(path), name))
    .find(candidate => existsSync(candidate));
  if (beside === undefined) return new Map();
  return readStationTable(beside, format.stationColumns, (line, detail) =>
    problems.tell(`${basename(beside)} line ${line}`, 'station_row', detail),
  );
}

function stationSpecs(
  catalogue: SeriesCatalogue,
  stations: ReadonlyMap<string, StationRow>,
  format: RowFormat,
): readonly StationSpec[] {
  return catalogue.stations().map(({ id, series }): StationSpec => {
    const { name = id, nameEn, latitude, longitude, basin } = stations.get(id) ?? {};
    return {
      kind: 'station',
      id,
      name,
      ...(nameEn === undefined ? {} : { nameEn }),
      ...(basin === undefined ? {} : { basin }),
      ...(latitude === undefined || longitude === undefined ? {} : { latitude, longitude }),
      simulated: true,
      datastreams: series.map(({ name, datum, meanGapMs }) => ({
        ...name,
        ...(datum === undefined ? {} : { datum }),
        intervalMs: format.hasFixedInterval ? format.usualIntervalMs : (meanGapMs ?? format.usualIntervalMs),
      })),
    };
  });
}

class ProblemList {
  readonly told: string[] = [];
  readonly counts: Partial<Record<RecordingProblem, number>> = {};
  total = 0;

  tell(place: string, problem: RecordingProblem, detail: string): void {
    this.total += 1;
    this.counts[problem] = (this.counts[problem] ?? 0) + 1;
    if (this.told.length < MOST_TOLD) this.told.push(`${place}: ${RECORDING_PROBLEMS[problem]} (${detail})`);
  }
}
