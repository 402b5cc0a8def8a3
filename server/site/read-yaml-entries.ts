import { didYouMean } from '../nearest-name.ts';
import { pathText } from '../schema-problems.ts';
import { readYamlText } from '../yaml-file.ts';
import { isObject } from './field-schemas.ts';
import type { SiteProblems } from './site-problems.ts';
import { LISTS } from './source-entry.ts';
import type { ListName, SourceEntry } from './source-entry.ts';

/** Lists a file may have; datastreams of a YAML file stand in their stations. */
const YAML_LISTS: readonly string[] = LISTS.filter(list => list !== 'datastreams');

/** What every entry of one file needs. */
interface File {
  readonly file: string;
  readonly lineOf: (keys: readonly PropertyKey[]) => number;
  readonly problems: SiteProblems;
}

/** The entries of a YAML file; undefined where it cannot be read at all. */
export function readYamlEntries(
  text: string,
  file: string,
  problems: SiteProblems,
): readonly SourceEntry[] | undefined {
  const read = readYamlText(text);
  if (read.kind === 'problems') {
    for (const { line, message } of read.problems) problems.add({ file, line }, message);
    return undefined;
  }
  if (!isObject(read.value) || Array.isArray(read.value)) {
    problems.add({ file, line: 1 }, `must have lists under their names: ${YAML_LISTS.join(', ')}`);
    return undefined;
  }
  const about: File = { file, lineOf: read.lineOf, problems };
  return Object.entries(read.value).flatMap(([key, list]) => {
    if (!isYamlList(key)) {
      const place = { file, line: read.lineOf([key]), path: key };
      problems.add(place, `is not known.${didYouMean(key, YAML_LISTS)}`);
      return [];
    }
    return membersOf(list, [key], about).flatMap(({ value, keys }) => {
      const entry = entryOf(key, value, { keys, about });
      return key === 'stations' ? withDatastreams(entry, { keys, about }) : [entry];
    });
  });
}

/** The station without its datastreams, and those. */
function withDatastreams(
  station: SourceEntry,
  { keys, about }: { readonly keys: readonly PropertyKey[]; readonly about: File },
): readonly SourceEntry[] {
  const { datastreams, ...value } = station.value;
  const { id } = value;
  return [
    { ...station, value },
    ...(datastreams === undefined ? [] : membersOf(datastreams, [...keys, 'datastreams'], about)).map(
      member => ({
        ...entryOf('datastreams', member.value, { keys: member.keys, about }),
        station: typeof id === 'string' ? id : undefined,
      }),
    ),
  ];
}

function entryOf(
  list: ListName,
  value: SourceEntry['value'],
  { keys, about }: { readonly keys: readonly PropertyKey[]; readonly about: File },
): SourceEntry {
  return {
    list,
    file: about.file,
    value,
    lineOf: inside => about.lineOf([...keys, ...inside]),
    pathOf: inside => pathText([...keys, ...inside]),
  };
}

function membersOf(
  list: unknown,
  keys: readonly PropertyKey[],
  { file, lineOf, problems }: File,
): readonly { readonly value: SourceEntry['value']; readonly keys: readonly PropertyKey[] }[] {
  if (list === null) return [];
  if (!Array.isArray(list)) {
    problems.add({ file, line: lineOf(keys), path: pathText(keys) }, 'must be a list');
    return [];
  }
  return list.flatMap((value: unknown, index) => {
    const own = [...keys, index];
    if (isObject(value) && !Array.isArray(value)) return [{ value, keys: own }];
    problems.add({ file, line: lineOf(own), path: pathText(own) }, 'must be an entry with fields');
    return [];
  });
}

function isYamlList(key: string): key is ListName {
  return YAML_LISTS.includes(key);
}
