import { AppError, isAppError, messageOf } from '../../domain/errors.ts';
import { loadConfig } from '../config/load.ts';
import type { CliHost, Command, Invocation } from './command.ts';
import { parseCommandLine } from './command-line.ts';
import type { CommandLine } from './command-line.ts';
import { helpFor, usageOf } from './help.ts';
import { printable } from './text-table.ts';

/** 0: all is well. 1: it failed, or the answer is bad news. 2: it was typed wrongly. */
export type ExitCode = 0 | 1 | 2;

/** Runs one command line to its end. Never rejects. */
export async function runCli(
  args: readonly string[],
  commands: readonly Command[],
  host: CliHost,
): Promise<ExitCode> {
  const line = parseCommandLine(args, commands);
  switch (line.kind) {
    case 'version': {
      const { version } = host.program;
      host.out(`${line.json ? JSON.stringify({ version }) : `waterwarden ${version}`}\n`);
      return 0;
    }
    case 'help': {
      const { lines, isKnown } = helpFor(line.topic, commands);
      if (isKnown) host.out(text(lines));
      else host.err(text(lines));
      return isKnown ? 0 : 2;
    }
    case 'usage':
      tellUsage(line, host);
      return 2;
    case 'run':
      return await run(line, host);
  }
}

async function run(line: CommandLine & { readonly kind: 'run' }, host: CliHost): Promise<ExitCode> {
  try {
    const outcome = await line.command.run(invocation(line, host));
    if (outcome === undefined) return 0;
    host.out(line.json ? `${JSON.stringify(outcome.data)}\n` : text(outcome.lines));
    return outcome.failed === true ? 1 : 0;
  } catch (error) {
    tellError(error, line.json, host);
    return 1;
  }
}

function invocation(line: CommandLine & { readonly kind: 'run' }, host: CliHost): Invocation {
  const { options, json, arguments: given } = line;
  return {
    host,
    json,
    arguments: given,
    text: option => options.get(option),
    number: option => {
      const value = options.get(option);
      return value === undefined ? undefined : Number(value);
    },
    isSet: option => options.has(option),
    config: () =>
      loadConfig(host.env, { workingFolder: host.workingFolder, programFolder: host.program.folder }),
  };
}

function tellUsage(
  { problems, command, json }: CommandLine & { readonly kind: 'usage' },
  host: CliHost,
): void {
  if (json) {
    host.err(`${JSON.stringify({ error: { code: 'usage', message: problems.join(' '), problems } })}\n`);
    return;
  }
  const hint = command === undefined ? 'See: ww help' : `Usage: ${usageOf(command)}`;
  host.err(text([...problems.map(problem => `ww: ${printable(problem)}`), hint]));
}

/** What went wrong, with its code and every single problem; the unexpected with its stack, to be reported. */
function tellError(error: unknown, json: boolean, host: CliHost): void {
  const known = isAppError(error) ? error : new AppError('internal_error', messageOf(error));
  const { code, message, problems } = known;
  if (json) {
    host.err(`${JSON.stringify({ error: { code, message, problems } })}\n`);
    return;
  }
  const stack =
    isAppError(error) || !(error instanceof Error) ? [] : (error.stack ?? '').split('\n').slice(1);
  host.err(
    text([
      `ww: ${printable(message)} (${code})`,
      ...problems.map(problem => `  - ${printable(problem)}`),
      ...stack,
    ]),
  );
}

function text(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('');
}
