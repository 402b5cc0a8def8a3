import { mkdir, mkdtemp, rename, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';

import { AppError, isAppError, messageOf } from '../../domain/errors.ts';
import type { Registry, StationSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { ExportFormat, ExportQuery } from '../../storage/duckdb/observation-export.ts';
import { isVacant, removeFolder, syncPath, writeDurably } from '../backup/durable-files.ts';
import { dataDictionary, stationsGeoJson } from './export-documents.ts';

/** What to export: from ≤ phenomenonTime < to. */
export interface ExportRequest {
  /** Absolute; where nothing is, or an empty folder. */
  readonly target: string;
  readonly format: ExportFormat;
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** All where absent. */
  readonly stations?: readonly string[];
}

export interface ExportSummary {
  readonly folder: string;
  readonly rows: number;
  readonly stations: number;
  /** Size of the file of observations. */
  readonly bytes: number;
  readonly elapsedMs: number;
}

/**
 * Writes observations, the stations they are of, and what the columns mean into a folder, which appears under its name
 * when all of it is on stable storage.
 *
 * @throws AppError `invalid_request` or `not_found` for what cannot be asked, `conflict` where the target holds
 * something, `export_failed` where it could not be written; then nothing is left behind
 */
export async function makeExport(
  request: ExportRequest,
  parts: {
    readonly registry: Registry;
    readonly clock: Clock;
    /** Answers the rows written. */
    readonly exportStore: (query: ExportQuery) => Promise<number>;
  },
): Promise<ExportSummary> {
  const { clock, exportStore } = parts;
  const beganMs = clock.monotonicMs();
  const stations = chosenStations(request, parts.registry);
  const { target, format, from, to } = request;
  let folder: string | undefined;
  try {
    if (!(await isVacant(target)))
      throw new AppError('conflict', `${target} is not empty; it stays as it is.`);
    await mkdir(dirname(target), { recursive: true });
    folder = await mkdtemp(join(dirname(target), `.${basename(target)}.part-`));
    const file = `observations.${format}`;
    const path = join(folder, file);
    const ids = request.stations === undefined ? {} : { stations: request.stations };
    const rows = await exportStore({ path, format, from, to, ...ids });
    await syncPath(path);
    await writeDurably(join(folder, 'stations.geojson'), stationsGeoJson(stations));
    await writeDurably(
      join(folder, 'dictionary.json'),
      dataDictionary({ file, rows, from, to, madeAt: clock.now() }),
    );
    const { size } = await stat(path);
    await syncPath(folder);
    await rename(folder, target);
    await syncPath(dirname(target));
    const elapsedMs = Math.round(clock.monotonicMs() - beganMs);
    return { folder: target, rows, stations: stations.length, bytes: size, elapsedMs };
  } catch (error) {
    if (folder !== undefined) await removeFolder(folder);
    if (isAppError(error) && error.code !== 'worker_failed') throw error;
    throw new AppError('export_failed', messageOf(error), { cause: error, retryable: true });
  }
}

function chosenStations(
  { target, from, to, stations }: ExportRequest,
  registry: Registry,
): readonly StationSpec[] {
  if (!isAbsolute(target)) throw new AppError('invalid_request', `${target} is no absolute path.`);
  if (from >= to) throw new AppError('invalid_request', 'The range ends before it begins.');
  const all = [...registry.things.values()].filter(thing => thing.kind === 'station');
  if (stations === undefined) return all;
  const chosen = all.filter(({ id }) => stations.includes(id));
  const unknown = stations.filter(id => !chosen.some(station => station.id === id));
  if (unknown.length === 0) return chosen;
  throw new AppError('not_found', 'Some of the stations are not registered.', {
    problems: unknown.map(id => `no station "${id}"`),
  });
}
