import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../domain/errors.ts';
import { didYouMean } from '../nearest-name.ts';
import { CSV_LISTS, readCsvEntries } from './read-csv-entries.ts';
import type { CsvList } from './read-csv-entries.ts';
import { readGeojsonShapes } from './read-geojson-shapes.ts';
import { readYamlEntries } from './read-yaml-entries.ts';
import { order } from './site-problems.ts';
import type { SiteProblems } from './site-problems.ts';
import type { SourceEntry, SourceShape } from './source-entry.ts';

/** The file that names the site. */
export const SITE_FILE = 'site.yaml';

/** Largest file that is read: some half a million rows. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** Everything that stands in a site folder, not checked yet. */
export interface SiteSource {
  /** Undefined where there is no `site.yaml` that could be read. */
  readonly siteFile: string | undefined;
  readonly entries: readonly SourceEntry[];
  readonly shapes: readonly SourceShape[];
  /**
   * Every word of the files that could not be read. What such a file may describe is not told to be missing: one
   * mistake would look like hundreds.
   */
  readonly unreadWords: ReadonlySet<string>;
}

/** Reads every file of a site folder; what cannot be read is a problem and does not keep the others from being read. */
export function readSiteFolder(folder: string, problems: SiteProblems): SiteSource {
  let siteFile: string | undefined;
  const entries: SourceEntry[] = [];
  const shapes: SourceShape[] = [];
  const unreadWords = new Set<string>();
  const files = filesIn(folder, '', { problems, readFolders: new Set() });
  for (const file of files.toSorted(order)) {
    const kind = fileKind(file);
    if (kind === undefined) {
      problems.add({ file }, unknownFile(file));
      continue;
    }
    const bytes = readBytes(folder, file, problems);
    if (bytes === undefined) continue;
    const text = decode(bytes);
    if (text === undefined) {
      problems.add({ file }, 'is not UTF-8 (GB18030 or UTF-16, perhaps); save it as UTF-8');
    } else if (kind.format === 'site') siteFile = text;
    else if (kind.format === 'geojson') {
      for (const shape of readGeojsonShapes(text, file, problems) ?? []) shapes.push(shape);
      continue;
    }
    const read = text === undefined ? undefined : entriesOf(text, { file, kind }, problems);
    if (read !== undefined) for (const entry of read) entries.push(entry);
    else for (const [word] of bytes.toString('latin1').matchAll(/[\w-]+/g)) unreadWords.add(word);
  }
  return { siteFile, entries, shapes, unreadWords };
}

type FileKind =
  { readonly format: 'site' | 'yaml' | 'geojson' } | { readonly format: 'csv'; readonly list: CsvList };

function entriesOf(
  text: string,
  { file, kind }: { readonly file: string; readonly kind: FileKind },
  problems: SiteProblems,
): readonly SourceEntry[] | undefined {
  switch (kind.format) {
    case 'yaml':
      return readYamlEntries(text, file, problems);
    case 'csv':
      return readCsvEntries(text, { file, list: kind.list }, problems);
    case 'site':
    case 'geojson':
      return [];
  }
}

interface Walk {
  readonly problems: SiteProblems;
  /** Real paths of the folders that were entered: links may lead back to one of them. */
  readonly readFolders: Set<string>;
}

/** Paths relative to the folder, with `/`. */
function filesIn(folder: string, inside: string, walk: Walk): readonly string[] {
  const { problems, readFolders } = walk;
  let names: readonly string[];
  try {
    const realPath = realpathSync(join(folder, inside));
    if (readFolders.has(realPath)) {
      problems.add({ file: inside }, 'leads to a folder that is read already');
      return [];
    }
    readFolders.add(realPath);
    names = readdirSync(realPath);
  } catch (error) {
    problems.add({ file: inside === '' ? SITE_FILE : inside }, `cannot be read: ${messageOf(error)}`);
    return [];
  }
  if (inside === '' && !names.includes(SITE_FILE)) problems.add({ file: SITE_FILE }, 'is missing');
  return names.flatMap(name => {
    if (name.startsWith('.') || name.startsWith('README')) return [];
    const path = inside === '' ? name : `${inside}/${name}`;
    switch (nodeKind(folder, path, problems)) {
      case 'folder':
        return filesIn(folder, path, walk);
      case 'file':
        return [path];
      case undefined:
        return [];
    }
  });
}

/** Follows links: configuration that is mounted into a container is made of them. Undefined where it was told why. */
function nodeKind(folder: string, path: string, problems: SiteProblems): 'folder' | 'file' | undefined {
  try {
    const found = statSync(join(folder, path));
    if (found.isDirectory()) return 'folder';
    if (found.isFile()) {
      if (found.size <= FILE_BYTES_MAX) return 'file';
      problems.add({ file: path }, `has ${found.size} bytes; split what is over ${FILE_BYTES_MAX}`);
    }
    // A pipe or a device may never end.
    else problems.add({ file: path }, 'is no regular file');
  } catch (error) {
    problems.add({ file: path }, `cannot be read: ${messageOf(error)}`);
  }
  return undefined;
}

function fileKind(file: string): FileKind | undefined {
  if (file === SITE_FILE) return { format: 'site' };
  if (file.endsWith('.yaml')) return { format: 'yaml' };
  if (file.endsWith('.geojson')) return { format: 'geojson' };
  const list = csvListOf(file);
  return CSV_LISTS.some(known => known === list) ? { format: 'csv', list: list as CsvList } : undefined;
}

/** `south.assets.csv` and `assets.csv` say `assets`. */
function csvListOf(file: string): string | undefined {
  return /(?:^|[./])([^./]+)\.csv$/.exec(file)?.[1];
}

function unknownFile(file: string): string {
  const list = csvListOf(file);
  if (list === undefined) return 'is no file of a site: *.yaml, *.csv, *.geojson or README';
  return `must say what it lists: <name>.${CSV_LISTS.join('|')}.csv.${didYouMean(list, CSV_LISTS)}`;
}

function readBytes(folder: string, file: string, problems: SiteProblems): Buffer | undefined {
  try {
    return readFileSync(join(folder, file));
  } catch (error) {
    problems.add({ file }, `cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

/** Text without its byte order mark; undefined where it is not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
