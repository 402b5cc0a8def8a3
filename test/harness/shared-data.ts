import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The path of a file of measured data, which is kept beside the repository and not in it; undefined, with one line on
 * stderr, where it is absent. A suite that needs it is skipped then: `describe.skipIf(path === undefined)`. Throws
 * where WW_SHARED_DATA names a folder without the file, since a folder that was named is meant.
 *
 * @param file relative to the data folder, e.g. `river-flood-uk/ea-readings-2021-05-07.csv.gz`
 * @param folder default WW_SHARED_DATA, else `../shared/data` as seen from the repository
 */
export function sharedData(file: string, folder = process.env['WW_SHARED_DATA']): string | undefined {
  const path = resolve(folder ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)), file);
  if (existsSync(path)) return path;
  if (folder !== undefined) throw new Error(`WW_SHARED_DATA is set, but ${path} is absent.`);
  console.warn(`SKIPPED: measured data is absent: ${path}. Set WW_SHARED_DATA to its folder.`);
  return undefined;
}
