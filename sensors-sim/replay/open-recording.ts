import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { AppError, messageOf } from '../../domain/errors.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { csvFields } from './csv-fields.ts';
import { RECORDING_FORMATS } from './recording-formats.ts';
import type { Exclusion, MissingKind, RecordedReading, Recording, RecordingProblem } from './recording.ts';
import { RECORDING_PROBLEMS } from './recording.ts';
import type { LeftOut, ParsedReading, ReadingOutcome, RowFormat } from './row-format.ts';
import { SeriesCatalogue } from './series-catalogue.ts';
import type { StationRow } from './station-table.ts';
import { textLines } from './text-lines.ts';

export interface OpenRecordingOptions {
  /** `refuse`: one bad row and nothing is replayed. `skip`: bad rows are left out and counted by reason. */
  readonly onProblem: 'refuse' | 'skip';
}

/** Problems that are told one by one; further ones are only counted. */
const MOST_TOLD = 100;

/**
 * Opens a file of recorded readings in one of the formats of `RECORDING_FORMATS`, plain or `.gz`, with its table of
 * stations where one lies beside it. Reads the whole file once to know its stations. Rejects with `recording_invalid`
 * and every problem (up to 100) with its line; the known defects of a published data set are excluded and counted.
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
  const account = new Account();
  const format = await formatOf(path);
  const stations = await stationsBeside(path, format, account);
  const catalogue = new SeriesCatalogue(format.repeats);
  const datumOf = (reading: ParsedReading): string | undefined => stations.get(reading.station)?.datum;
  for await (const { line, outcomes } of rowsOf(path, format)) {
    account.rows += 1;
    for (const outcome of outcomes) {
      const leftOut = outcome.ok ? catalogue.add(outcome.reading, datumOf(outcome.reading)) : outcome;
      if (leftOut !== undefined) account.leaveOut(`${basename(path)} line ${line}`, leftOut);
      else if (outcome.ok) account.take(outcome.reading);
    }
  }
  if (options.onProblem === 'refuse' && account.problems > 0) {
    throw new AppError('recording_invalid', `${basename(path)} has ${account.problems} problems.`, {
      problems: account.told,
    });
  }
  return {
    stations: stationSpecs(catalogue, stations, format),
    rows: account.rows,
    readingCount: catalogue.readings,
    span: catalogue.span,
    skipped: account.skipped,
    excluded: account.excluded,
    missing: account.missing,
    problems: account.told,
    readings: () => readingsOf({ path, format, catalogue, datumOf }),
  };
}

async function* readingsOf(source: {
  readonly path: string;
  readonly format: RowFormat;
  readonly catalogue: SeriesCatalogue;
  readonly datumOf: (reading: ParsedReading) => string | undefined;
}): AsyncGenerator<RecordedReading> {
  // Whether a reading fits its series depends on those before it, so the second pass judges as the first one did.
  const again = new SeriesCatalogue(source.format.repeats);
  for await (const { line, outcomes } of rowsOf(source.path, source.format)) {
    for (const outcome of outcomes) {
      if (!outcome.ok || again.add(outcome.reading, source.datumOf(outcome.reading)) !== undefined) continue;
      const { station, t, v, f } = outcome.reading;
      const name = source.catalogue.nameOf(outcome.reading);
      if (name === undefined) continue;
      yield { station, p: formatDatastreamName(name), t, v, ...(f === undefined ? {} : { f }), line };
    }
  }
}

async function formatOf(path: string): Promise<RowFormat> {
  const fileName = basename(path);
  for await (const { text } of textLines(path)) {
    const header = csvFields(text ?? '') ?? [];
    const format = RECORDING_FORMATS.find(({ recognises }) => recognises(header));
    if (format !== undefined) return format.open({ fileName, header });
    const known = RECORDING_FORMATS.map(({ title }) => title).join('; ');
    throw new AppError('recording_invalid', `${fileName}: the header is not known; known are ${known}.`);
  }
  throw new AppError('recording_invalid', `${fileName} is empty.`);
}

async function* rowsOf(
  path: string,
  format: RowFormat,
): AsyncGenerator<{ readonly line: number; readonly outcomes: readonly ReadingOutcome[] }> {
  for await (const { number, text } of textLines(path)) {
    if (number === 1 || text === '') continue;
    yield { line: number, outcomes: outcomesOf(text, format) };
  }
}

function outcomesOf(text: string | undefined, format: RowFormat): readonly ReadingOutcome[] {
  if (text === undefined) return [{ ok: false, problem: 'long_line', detail: 'left out' }];
  const fields = csvFields(text);
  return fields === undefined
    ? [{ ok: false, problem: 'columns', detail: 'a quote is not closed' }]
    : format.readings(fields);
}

async function stationsBeside(
  path: string,
  { stationTable }: RowFormat,
  account: Account,
): Promise<ReadonlyMap<string, StationRow>> {
  const beside = stationTable?.files
    .map(name => join(dirname(path), name))
    .find(candidate => existsSync(candidate));
  if (stationTable === undefined || beside === undefined) return new Map();
  return stationTable.read(beside, (line, detail) =>
    account.leaveOut(`${basename(beside)} line ${line}`, { ok: false, problem: 'station_row', detail }),
  );
}

function stationSpecs(
  catalogue: SeriesCatalogue,
  stations: ReadonlyMap<string, StationRow>,
  format: RowFormat,
): readonly StationSpec[] {
  return catalogue.stations().map(({ id, name: nameInRow = id, series }): StationSpec => {
    const { name = nameInRow, nameEn, latitude, longitude, basin } = stations.get(id) ?? {};
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

/** Where the rows of a file went. */
class Account {
  rows = 0;
  problems = 0;
  readonly told: string[] = [];
  readonly skipped: Partial<Record<RecordingProblem, number>> = {};
  readonly excluded: Partial<Record<Exclusion, number>> = {};
  readonly missing: Partial<Record<MissingKind, number>> = {};

  take({ v, missing = 'empty' }: ParsedReading): void {
    if (v === null) this.missing[missing] = (this.missing[missing] ?? 0) + 1;
  }

  leaveOut(place: string, leftOut: LeftOut): void {
    if ('exclusion' in leftOut) {
      this.excluded[leftOut.exclusion] = (this.excluded[leftOut.exclusion] ?? 0) + 1;
      return;
    }
    const { problem, detail } = leftOut;
    this.problems += 1;
    this.skipped[problem] = (this.skipped[problem] ?? 0) + 1;
    if (this.told.length < MOST_TOLD) this.told.push(`${place}: ${RECORDING_PROBLEMS[problem]} (${detail})`);
  }
}
