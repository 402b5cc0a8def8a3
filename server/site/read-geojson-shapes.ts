import { messageOf } from '../../domain/errors.ts';
import { didYouMean } from '../nearest-name.ts';
import { pathText } from '../schema-problems.ts';
import { isObject } from './field-schemas.ts';
import type { ProblemPlace, SiteProblems } from './site-problems.ts';
import type { SourceShape } from './source-entry.ts';

/** The only datum of positions; maps of Chinese providers are in GCJ-02, some hundred metres away. */
const DATUM = 'WGS-84';

/** What may have a shape, by the first word of a feature's id. */
const LIST_OF = { basin: 'basins', reach: 'reaches', asset: 'assets' } as const;

/** The shapes of a GeoJSON file; undefined where it cannot be read at all. */
export function readGeojsonShapes(
  text: string,
  file: string,
  problems: SiteProblems,
): readonly SourceShape[] | undefined {
  let collection: unknown;
  try {
    collection = JSON.parse(text);
  } catch (error) {
    problems.add({ file, line: lineOfFault(text, messageOf(error)) }, messageOf(error));
    return undefined;
  }
  if (
    !isObject(collection) ||
    collection['type'] !== 'FeatureCollection' ||
    !Array.isArray(collection['features'])
  ) {
    problems.add({ file, line: 1 }, 'is no FeatureCollection');
    return undefined;
  }
  const { datum } = collection;
  if (datum !== DATUM) {
    const given =
      datum === undefined ? 'is missing' : typeof datum === 'string' ? `is "${datum}"` : 'is no text';
    problems.add({ file, line: 1, path: 'datum' }, `${given}: must be "${DATUM}", and the positions in it`);
  }
  const lines = new FeatureLines(text);
  return collection['features'].flatMap((feature: unknown, index) => {
    const id = isObject(feature) ? feature['id'] : undefined;
    const path = pathText(['features', index]);
    const place: ProblemPlace = { file, line: lines.next(id), path };
    if (typeof id !== 'string' || !isObject(feature) || feature['type'] !== 'Feature') {
      problems.add(place, 'must be a Feature with an id such as "basin:b1"');
      return [];
    }
    const [, word = '', part = ''] = /^([^:]*):(.*)$/.exec(id) ?? [];
    if (!Object.hasOwn(LIST_OF, word)) {
      const hint = didYouMean(word, Object.keys(LIST_OF));
      problems.add(
        { ...place, path: `${path}.id` },
        `"${id}" must begin with basin:, reach: or asset:.${hint}`,
      );
      return [];
    }
    const list = LIST_OF[word as keyof typeof LIST_OF];
    return [{ list, id: part, geometry: feature['geometry'], place: { ...place, id: part } }];
  });
}

/** The lines on which the features of a text stand: JSON itself keeps none, but an id is found again in order. */
class FeatureLines {
  readonly #text: string;
  #offset = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  next(id: unknown): number | undefined {
    if (typeof id !== 'string') return undefined;
    const found = this.#text.indexOf(JSON.stringify(id), this.#offset);
    if (found < 0) return undefined;
    this.#line += lineBreaks(this.#text.slice(this.#offset, found));
    this.#offset = found + 1;
    return this.#line;
  }
}

/** The parser says the offset in its message only, and none at the end of the text. */
function lineOfFault(text: string, message: string): number {
  const [, offset] = /at position (\d+)/.exec(message) ?? [];
  return 1 + lineBreaks(offset === undefined ? text.trimEnd() : text.slice(0, Number(offset)));
}

function lineBreaks(text: string): number {
  return text.split('\n').length - 1;
}
