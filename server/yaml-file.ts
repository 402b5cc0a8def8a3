import { readFileSync } from 'node:fs';
import { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseAllDocuments, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { messageOf } from '../domain/errors.ts';

/** What a YAML file holds, or why it cannot be read; never both. */
export type YamlFile =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/** What a YAML text holds and where, or why it cannot be read. */
export type YamlText =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      /** The line, from 1, of the value under these keys, or of the nearest thing around it. */
      readonly lineOf: (keys: readonly PropertyKey[]) => number;
    }
  | {
      readonly kind: 'problems';
      readonly problems: readonly { readonly line?: number; readonly message: string }[];
    };

/** Reads one YAML file as `readYamlText` does; problems begin with their line. */
export function readYamlFile(path: string): YamlFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { kind: 'problems', problems: [`cannot be read: ${messageOf(error)}`] };
  }
  const read = readYamlText(text);
  if (read.kind === 'value') return { kind: 'value', value: read.value };
  return {
    kind: 'problems',
    problems: read.problems.map(({ line, message }) =>
      line === undefined ? message : `line ${line}: ${message}`,
    ),
  };
}

/**
 * Reads one YAML 1.2 document strictly: duplicate keys, unknown tags and further documents are problems, each with
 * its line. An empty text holds an empty object.
 */
export function readYamlText(text: string): YamlText {
  const lines = new LineCounter();
  return contentOf(parseDocument(text, { ...STRICT, lineCounter: lines }), lines);
}

/** Reads the documents of a YAML text, each as strictly as `readYamlText`; an empty one is none. */
export function readYamlDocuments(text: string): readonly YamlText[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { ...STRICT, lineCounter: lines });
  if ('empty' in documents) return [];
  return documents
    .filter(({ contents, errors }) => !(errors.length === 0 && isScalar(contents) && contents.value === null))
    .map(document => contentOf(document, lines));
}

const STRICT = { prettyErrors: false, uniqueKeys: true } as const;

function contentOf(document: Document.Parsed, lines: LineCounter): YamlText {
  const findings = [...document.errors, ...document.warnings];
  if (findings.length > 0) {
    return {
      kind: 'problems',
      problems: findings.map(({ message, pos }) => ({ line: lines.linePos(pos[0]).line, message })),
    };
  }
  try {
    return {
      kind: 'value',
      value: document.toJS() ?? {},
      lineOf: keys => lines.linePos(offsetOf(document, keys)).line,
    };
  } catch (error) {
    // Aliases are counted while they are expanded, so that a small file cannot become a large one.
    return { kind: 'problems', problems: [{ message: messageOf(error) }] };
  }
}

/** Where the value under these keys begins: at its key in a map, at itself in a list. */
function offsetOf(document: Document.Parsed, keys: readonly PropertyKey[]): number {
  let inside: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const key of keys) {
    if (isAlias(inside)) inside = inside.resolve(document);
    if (isMap(inside)) {
      const pair = inside.items.find(item => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      inside = pair.value;
    } else if (isSeq(inside)) {
      inside = inside.items[Number(key)];
      if (!isNode(inside)) return offset;
      offset = inside.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
