import { parseArgs } from 'node:util';
import { didYouMean } from '../nearest-name.ts';
import type { Command, OptionSpec } from './command.ts';

/** What was typed. */
export type CommandLine =
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly arguments: readonly string[];
      readonly options: ReadonlyMap<string, string>;
      readonly json: boolean;
    }
  | { readonly kind: 'help'; readonly topic: readonly string[] }
  | { readonly kind: 'version'; readonly json: boolean }
  /** It cannot be run as it was typed. */
  | {
      readonly kind: 'usage';
      readonly problems: readonly string[];
      readonly command?: Command;
      readonly json: boolean;
    };

/** Options of every command. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  json: { description: 'Answer in JSON, for programs.' },
  help: { description: 'Show what the command does.' },
};

interface TypedOption {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly isInline: boolean;
}

/** Reads the arguments of the process. Options may stand anywhere; all problems are told at once. */
export function parseCommandLine(args: readonly string[], commands: readonly Command[]): CommandLine {
  const { words, typed } = split(args, commands);
  const has = (name: string): boolean => typed.some(option => option.name === name);
  const json = has('json');
  if (has('version') && words.length === 0) return { kind: 'version', json };
  const [first, ...topic] = words;
  if (first === 'version') return { kind: 'version', json };
  if (first === 'help') return { kind: 'help', topic };
  if (has('help')) return { kind: 'help', topic: words };
  const command = commandOf(words, commands);
  if (command === undefined) return { kind: 'usage', problems: [unknownCommand(words, commands)], json };
  const given = words.slice(command.name.split(' ').length);
  const options = new Map<string, string>();
  const problems = [...argumentProblems(command, given), ...optionProblems(command, typed, options)];
  if (problems.length > 0) return { kind: 'usage', problems, command, json };
  return { kind: 'run', command, arguments: given, options, json };
}

/** The command whose name the words begin with. */
export function commandOf(words: readonly string[], commands: readonly Command[]): Command | undefined {
  return commands.find(({ name }) => {
    const own = name.split(' ');
    return own.every((word, index) => words[index] === word);
  });
}

/** Words and options in the order they were typed. Which options take a value is the same for every command. */
function split(
  args: readonly string[],
  commands: readonly Command[],
): { readonly words: readonly string[]; readonly typed: readonly TypedOption[] } {
  const specs = Object.assign({}, ...commands.map(({ options }) => options ?? {})) as Record<
    string,
    OptionSpec
  >;
  const options = Object.fromEntries(
    Object.entries({ ...specs, ...COMMON_OPTIONS }).map(([name, { value }]) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(name === 'help' ? { short: 'h' } : {}),
      },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  return {
    words: tokens.flatMap(token => (token.kind === 'positional' ? [token.value] : [])),
    typed: tokens.flatMap(token =>
      token.kind === 'option'
        ? [
            {
              name: token.name,
              rawName: token.rawName,
              value: token.value,
              isInline: token.inlineValue === true,
            },
          ]
        : [],
    ),
  };
}

/** What to say to words that are no command. */
export function unknownCommand(words: readonly string[], commands: readonly Command[]): string {
  const [first] = words;
  if (first === undefined) return 'No command was given.';
  const names = commands.map(({ name }) => name);
  const inside = names.filter(name => name.startsWith(`${first} `));
  if (inside.length > 0) {
    const second = words[1];
    const known = inside.map(name => name.slice(first.length + 1));
    return second === undefined
      ? `"${first}" needs one of: ${known.join(', ')}.`
      : `"${first}" has no command "${second}".${didYouMean(second, known)} It has: ${known.join(', ')}.`;
  }
  const firsts = [...new Set(names.map(name => name.split(' ')[0] ?? '')), 'help', 'version'];
  return `There is no command "${first}".${didYouMean(first, firsts)}`;
}

const NOT_EMPTY = /\S/;

function argumentProblems(command: Command, given: readonly string[]): readonly string[] {
  const wanted = command.arguments ?? [];
  const last = wanted.at(-1);
  const repeated = last?.repeats === true ? last : undefined;
  const missing = wanted
    .slice(given.length)
    .filter(spec => spec !== repeated && spec.mayBeAbsent !== true)
    .map(({ name }) => `<${name}> is missing.`);
  const surplus =
    repeated === undefined ? given.slice(wanted.length).map(word => `"${word}" is too much.`) : [];
  const malformed = given.flatMap((word, index) => {
    const spec = wanted[index] ?? repeated;
    if (spec === undefined || (spec.pattern ?? NOT_EMPTY).test(word)) return [];
    return [`<${spec.name}> cannot be "${word}": ${spec.description}`];
  });
  return [...missing, ...surplus, ...malformed];
}

/** Checks what was typed, and puts the good values into `options`. */
function optionProblems(
  command: Command,
  typed: readonly TypedOption[],
  options: Map<string, string>,
): readonly string[] {
  const specs = { ...command.options, ...COMMON_OPTIONS };
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const option of typed) {
    const spec = Object.hasOwn(specs, option.name) ? specs[option.name] : undefined;
    const problem = spec === undefined ? unknownOption(option, specs) : valueProblem(option, spec);
    if (problem !== undefined) problems.push(problem);
    else if (seen.has(option.name)) problems.push(`${option.rawName} was given twice.`);
    else options.set(option.name, option.value ?? '');
    seen.add(option.name);
  }
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.required === true && !seen.has(name))
      problems.push(`--${name} <${spec.value ?? ''}> is missing.`);
  }
  return problems;
}

function unknownOption({ name, rawName }: TypedOption, specs: Readonly<Record<string, OptionSpec>>): string {
  const known = Object.keys(specs).map(option => `--${option}`);
  return `There is no option ${rawName}.${didYouMean(`--${name}`, known)}`;
}

function valueProblem({ rawName, value, isInline }: TypedOption, spec: OptionSpec): string | undefined {
  if (spec.value === undefined) return value === undefined ? undefined : `${rawName} takes no value.`;
  // `--station --json` is a forgotten value; a value that begins with a dash can be written with `=`.
  if (value === undefined || value === '' || (!isInline && value.startsWith('-'))) {
    return `${rawName} needs a value: ${rawName} <${spec.value}>.`;
  }
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    return `${rawName} "${value}" is not one of ${spec.choices.join(', ')}.${didYouMean(value, spec.choices)}`;
  }
  if (spec.pattern !== undefined && !spec.pattern.test(value)) {
    return `${rawName} cannot be "${value}": ${spec.description}`;
  }
  if (spec.range !== undefined) {
    const [min, max] = spec.range;
    const number = Number(value);
    if (!/^\d{1,15}$/.test(value) || number < min || number > max) {
      return `${rawName} "${value}" is not a whole number from ${min} to ${max}.`;
    }
  }
  return undefined;
}
