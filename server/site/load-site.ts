import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { DistrictName, RegistryPart } from '../../domain/model/district.ts';
import { schemaProblems } from '../schema-problems.ts';
import { readYamlText } from '../yaml-file.ts';
import { assembleParts, digestOf } from './assemble-parts.ts';
import { checkDatastreams } from './check-datastreams.ts';
import { checkFlow } from './check-flow.ts';
import { checkPlaces } from './check-places.ts';
import { checkReferences } from './check-references.ts';
import { ENTRY_SCHEMAS } from './entry-schemas.ts';
import { name } from './field-schemas.ts';
import { SITE_FILE, readSiteFolder } from './read-site-folder.ts';
import { SiteIndex } from './site-index.ts';
import { SiteProblems } from './site-problems.ts';
import { placeIn } from './source-entry.ts';
import type { SourceEntry } from './source-entry.ts';

/** What a site folder describes. */
export interface Site {
  readonly name: string;
  readonly nameEn?: string;
  /** A demo site plays with made-up data: the simulator is on, and the first password may be shown. */
  readonly isDemo: boolean;
  /** By kind and id, the district's name first. */
  readonly parts: readonly RegistryPart[];
  /** SHA-256 over the parts, hexadecimal: equal for folders that describe the same. */
  readonly digest: string;
}

const siteSchema = z.strictObject({
  name,
  nameEn: name.exactOptional(),
  demo: z.boolean().default(false),
});

/**
 * Reads and checks a site folder: `site.yaml`, and lists of parts in YAML, CSV and GeoJSON. Opens no connection.
 *
 * @throws AppError `site_invalid` with every problem, each with its file and, where it has one, its line
 */
export async function loadSite(folder: string): Promise<Site> {
  const problems = new SiteProblems();
  const source = readSiteFolder(folder, problems);
  const site = source.siteFile === undefined ? undefined : readSiteFile(source.siteFile, problems);
  const index = new SiteIndex(source);
  const parsed = new Map(source.entries.map(entry => [entry, parseEntry(entry, problems)]));
  index.tellDuplicates(problems);
  checkReferences(index, problems);
  checkDatastreams(index, problems);
  checkFlow(index, problems);
  const shapes = checkPlaces(index, source.shapes, problems);
  const texts = problems.texts();
  if (texts.length > 0 || site === undefined) {
    throw new AppError('site_invalid', `The site folder ${folder} was refused.`, { problems: texts });
  }
  const { demo, ...names } = site;
  const district: DistrictName = { kind: 'district', id: 'district', ...names };
  const parts = [district, ...assembleParts(index, parsed, shapes)];
  return { ...names, isDemo: demo, parts, digest: digestOf(parts) };
}

function readSiteFile(text: string, problems: SiteProblems): z.output<typeof siteSchema> | undefined {
  const read = readYamlText(text);
  if (read.kind === 'problems') {
    for (const { line, message } of read.problems) problems.add({ file: SITE_FILE, line }, message);
    return undefined;
  }
  const result = siteSchema.safeParse(read.value);
  if (result.success) return result.data;
  for (const { keys, path, message } of schemaProblems(result.error, siteSchema)) {
    problems.add({ file: SITE_FILE, line: read.lineOf(keys), path }, message);
  }
  return undefined;
}

/** What the schema of its list makes of an entry; undefined where it is wrong. */
function parseEntry(entry: SourceEntry, problems: SiteProblems): unknown {
  const schema = ENTRY_SCHEMAS[entry.list];
  const result = schema.safeParse(entry.value);
  if (result.success) return result.data;
  for (const { keys, message } of schemaProblems(result.error, schema)) {
    if (entry.told === 'all' || entry.told?.has(String(keys[0])) === true) continue;
    problems.add(placeIn(entry, keys), message);
  }
  return undefined;
}
