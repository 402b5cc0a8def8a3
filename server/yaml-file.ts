import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { messageOf } from '../domain/errors.ts';

/** What a YAML file holds, or why it cannot be read; never both. */
export type YamlFile =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/**
 * Reads one YAML 1.2 document strictly: duplicate keys, unknown tags and further documents are problems, each with
 * its line. An empty file holds an empty object.
 */
export function readYamlFile(path: string): YamlFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { kind: 'problems', problems: [`cannot be read: ${messageOf(error)}`] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const findings = [...document.errors, ...document.warnings];
  if (findings.length > 0) {
    return {
      kind: 'problems',
      problems: findings.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}`),
    };
  }
  try {
    return { kind: 'value', value: document.toJS() ?? {} };
  } catch (error) {
    // Aliases are counted while they are expanded, so that a small file cannot become a large one.
    return { kind: 'problems', problems: [messageOf(error)] };
  }
}
