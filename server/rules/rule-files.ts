import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, messageOf } from '../../domain/errors.ts';
import { ruleCaseSchema } from '../../rules/rule-case.ts';
import type { RuleCase } from '../../rules/rule-case.ts';
import { parseRuleSet } from '../../rules/schema.ts';
import type { RuleSet } from '../../rules/schema.ts';
import { pathText, schemaProblems } from '../schema-problems.ts';
import { SiteProblems } from '../site/site-problems.ts';
import { readYamlDocuments } from '../yaml-file.ts';
import type { YamlText } from '../yaml-file.ts';

/** A file, and what it is called before people: as they typed it. */
export interface RuleFile {
  readonly path: string;
  readonly name: string;
}

export interface RuleCases {
  readonly file: string;
  readonly cases: readonly RuleCase[];
}

type YamlValue = YamlText & { readonly kind: 'value' };

/** The rule set of a folder. */
const FILE_OF_FOLDER = 'default.yaml';

/** The file that `WW_RULES` names, or that lies in the folder it names. */
export function configuredRuleFile(path: string): RuleFile {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const file = isFolder ? join(path, FILE_OF_FOLDER) : path;
  return { path: file, name: file };
}

/** A rule set as text, and what it is called before people. */
export interface RuleText {
  readonly name: string;
  readonly text: string;
}

/**
 * Reads the file of a rule set; what it says is not looked at.
 *
 * @throws AppError `rules_invalid` where it cannot be read
 */
export function readRuleSetFile({ path, name }: RuleFile): RuleText {
  const problems = new SiteProblems();
  const text = readText({ path, name }, problems);
  if (text === undefined) throw refusedRuleSet(name, problems);
  return { name, text };
}

/** @throws AppError `rules_invalid` with every problem, each with its line */
export function parseRuleText({ name, text }: RuleText): RuleSet {
  const problems = new SiteProblems();
  const documents = documentsOf({ name, text }, problems);
  const [document, ...further] = documents ?? [];
  if (documents !== undefined && document === undefined) problems.add({ file: name }, 'holds no rule set');
  if (further.length > 0) problems.add({ file: name }, 'holds more than one document');
  if (document !== undefined) {
    const outcome = parseRuleSet(document.value);
    if (outcome.ok && further.length === 0) return outcome.ruleSet;
    for (const { keys, message } of outcome.ok ? [] : outcome.found) {
      problems.add({ file: name, line: document.lineOf(keys), path: pathText(keys) }, message);
    }
  }
  throw refusedRuleSet(name, problems);
}

function refusedRuleSet(name: string, problems: SiteProblems): AppError {
  return new AppError('rules_invalid', `The rule set ${name} was refused.`, { problems: problems.texts() });
}

/**
 * Reads files of rule cases: YAML, one document a case.
 *
 * @throws AppError `rules_invalid` with every problem of all files, each with file and line
 */
export function readRuleCaseFiles(files: readonly RuleFile[]): readonly RuleCases[] {
  const problems = new SiteProblems();
  const read = files.map(file => ({ file: file.name, cases: readCases(file, problems) }));
  const texts = problems.texts();
  if (texts.length === 0) return read;
  throw new AppError('rules_invalid', 'The rule cases were refused; none was run.', { problems: texts });
}

function readCases(file: RuleFile, problems: SiteProblems): readonly RuleCase[] {
  const text = readText(file, problems);
  const documents = text === undefined ? undefined : documentsOf({ name: file.name, text }, problems);
  if (documents?.length === 0) problems.add({ file: file.name }, 'holds no case');
  return (documents ?? []).flatMap(({ value, lineOf }) => {
    const parsed = ruleCaseSchema.safeParse(value);
    if (parsed.success) return [parsed.data];
    for (const { keys, path, message } of schemaProblems(parsed.error, ruleCaseSchema)) {
      problems.add({ file: file.name, line: lineOf(keys), path }, message);
    }
    return [];
  });
}

/** Undefined where it was told why. */
function readText({ path, name }: RuleFile, problems: SiteProblems): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    problems.add({ file: name }, `cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

/** Undefined where it was told why. */
function documentsOf({ name, text }: RuleText, problems: SiteProblems): readonly YamlValue[] | undefined {
  const documents = readYamlDocuments(text);
  const values = documents.filter(document => document.kind === 'value');
  if (values.length === documents.length) return values;
  for (const document of documents) {
    if (document.kind === 'value') continue;
    for (const { line, message } of document.problems) problems.add({ file: name, line }, message);
  }
  return undefined;
}
