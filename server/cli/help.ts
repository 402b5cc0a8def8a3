import { commandOf, unknownCommand, COMMON_OPTIONS } from './command-line.ts';
import type { ArgumentSpec, Command, OptionSpec } from './command.ts';
import { labelled } from './text-table.ts';

/** The help for a topic, which is a command, the first word of several, or nothing. */
export function helpFor(
  topic: readonly string[],
  commands: readonly Command[],
): { readonly lines: readonly string[]; readonly isKnown: boolean } {
  if (topic.length === 0) return { lines: overview(commands), isKnown: true };
  const command = commandOf(topic, commands);
  if (command !== undefined) return { lines: commandHelp(command), isKnown: true };
  const group = commands.filter(({ name }) => name.startsWith(`${topic[0] ?? ''} `));
  if (group.length > 0) return { lines: list(group), isKnown: true };
  return { lines: [unknownCommand(topic, commands)], isKnown: false };
}

/** `ww station enrol <id> [--json]` */
export function usageOf({ name, arguments: given = [], options = {} }: Command): string {
  const words = Object.entries(options).map(([option, spec]) => {
    const text = optionText(option, spec);
    return spec.required === true ? text : `[${text}]`;
  });
  return ['ww', name, ...given.map(argumentText), ...words, '[--json]'].join(' ');
}

function overview(commands: readonly Command[]): readonly string[] {
  return [
    'ww runs waterwarden and administers it.',
    '',
    ...list(commands),
    '',
    ...indented(
      labelled([
        ['help [command]', 'This list, or what a command does.'],
        ['version', 'Which version this is.'],
      ]),
    ),
    '',
    'Every command knows --json and --help. It exits with 0 when all is well, 1 when it failed, 2 when it was typed',
    'wrongly. Settings come from WW_… variables and the file WW_CONFIG names: docs/reference/config.md.',
    'WW_DATA_DIR says which server is meant.',
  ];
}

function list(commands: readonly Command[]): readonly string[] {
  return indented(
    labelled(
      commands.map(({ name, arguments: given = [], summary }) => [
        [name, ...given.map(argumentText)].join(' '),
        summary,
      ]),
    ),
  );
}

function commandHelp(command: Command): readonly string[] {
  const { arguments: given = [], options = {}, summary, details = [] } = command;
  return [
    usageOf(command),
    '',
    summary,
    ...details,
    '',
    ...indented(
      labelled([
        ...given.map(argument => [argumentText(argument), argument.description] as const),
        ...Object.entries({ ...options, ...COMMON_OPTIONS }).map(
          ([name, spec]) => [optionText(name, spec), describe(spec)] as const,
        ),
      ]),
    ),
  ];
}

function describe({ description, choices }: OptionSpec): string {
  return choices === undefined ? description : `${description} One of: ${choices.join(', ')}.`;
}

function argumentText({ name, repeats, mayBeAbsent }: ArgumentSpec): string {
  if (repeats === true) return `[${name}…]`;
  return mayBeAbsent === true ? `[${name}]` : `<${name}>`;
}

function optionText(name: string, { value }: OptionSpec): string {
  return value === undefined ? `--${name}` : `--${name} <${value}>`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map(line => `  ${line}`);
}
