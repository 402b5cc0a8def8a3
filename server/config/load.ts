import { basename, resolve } from 'node:path';
import type { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { didYouMean } from '../nearest-name.ts';
import { scenarioPath } from '../scenario-path.ts';
import { schemaProblems } from '../schema-problems.ts';
import { readYamlFile } from '../yaml-file.ts';
import { CONFIG_OPTIONS } from './documented-options.ts';
import type { PlacedOption } from './documented-options.ts';
import { CONFIG_FILE_ENV, DEFAULT_RULES, DEFAULT_SITE, ENV_PREFIX, configSchema } from './schema.ts';
import type { Config } from './schema.ts';

export interface LoadConfigOptions {
  /** Relative paths of the configuration start here. */
  readonly workingFolder: string;
  /** Where the program lies; the demo site is in it. */
  readonly programFolder: string;
}

/** What the file holds; `name` is how messages name it, absent where no file is used. */
interface ConfigFile {
  readonly name: string | undefined;
  readonly value: unknown;
}

/**
 * Reads the configuration: defaults, below the YAML file named by `WW_CONFIG`, below the environment. Opens no
 * connection and reads no file but that one.
 *
 * @throws AppError `config_invalid` with every problem
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  options: LoadConfigOptions,
): Config {
  const problems: string[] = [];
  const file = readFile(env[CONFIG_FILE_ENV], options.workingFolder, problems);
  const fromEnv = readEnvironment(env, problems);
  const raw = [...fromEnv].reduce(
    (value, [option, text]) => withValue(value, option.keys, valueOf(option, text)),
    file.value,
  );
  const result = configSchema.safeParse(raw);
  if (!result.success) {
    for (const { keys, path, message } of schemaProblems(result.error, configSchema)) {
      const option = CONFIG_OPTIONS.find(candidate => isSamePath(candidate.keys, keys));
      problems.push(
        `${nameOf({ path, option, file, isFromEnv: option !== undefined && fromEnv.has(option) })} ${message}`,
      );
    }
  }
  if (problems.length > 0 || !result.success) {
    throw new AppError('config_invalid', 'The configuration was refused.', { problems });
  }
  return withAbsolutePaths(result.data, options);
}

function readFile(named: string | undefined, workingFolder: string, problems: string[]): ConfigFile {
  if (named === undefined || named === '') return { name: undefined, value: {} };
  const path = resolve(workingFolder, named);
  const name = basename(path);
  const file = readYamlFile(path);
  if (file.kind === 'value') return { name, value: file.value };
  problems.push(...file.problems.map(problem => `${path}: ${problem}`));
  return { name, value: {} };
}

/** The options that are set by the environment; variables of ours that no option knows are problems. */
function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): ReadonlyMap<PlacedOption, string> {
  const found = new Map<PlacedOption, string>();
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || text === undefined) continue;
    const option = CONFIG_OPTIONS.find(candidate => candidate.env === name);
    if (text.trim() === '') problems.push(`${name} is empty: give it a value, or do not set it.`);
    else if (option !== undefined) found.set(option, text);
    else if (name !== CONFIG_FILE_ENV) problems.push(`${name} is not known.${didYouMean(name, VARIABLES)}`);
  }
  return found;
}

const VARIABLES: readonly string[] = [...CONFIG_OPTIONS.map(option => option.env), CONFIG_FILE_ENV];
const INTEGER = /^-?\d{1,15}$/;

/** What is no integer stays a text, and the schema refuses it. */
function valueOf(option: PlacedOption, text: string): string | number {
  const trimmed = text.trim();
  return option.reads === 'integer' && INTEGER.test(trimmed) ? Number(trimmed) : trimmed;
}

/** A copy with the value at the path; unchanged where something else than an object is in the way. */
function withValue(into: unknown, keys: readonly string[], value: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (typeof into !== 'object' || into === null || Array.isArray(into)) return into;
  const inside = (into as Record<string, unknown>)[key];
  return { ...into, [key]: withValue(rest.length > 0 ? (inside ?? {}) : inside, rest, value) };
}

function isSamePath(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}

/** How a message names the place of a problem: by where its value came from. */
function nameOf(place: {
  readonly path: string;
  readonly option: PlacedOption | undefined;
  readonly file: ConfigFile;
  readonly isFromEnv: boolean;
}): string {
  const { path, option, file, isFromEnv } = place;
  if (option !== undefined && (isFromEnv || file.name === undefined)) return `${option.env} (${path})`;
  return [file.name, path].filter(part => part !== undefined && part !== '').join(': ');
}

function withAbsolutePaths(config: z.output<typeof configSchema>, options: LoadConfigOptions): Config {
  const absolute = (path: string): string => resolve(options.workingFolder, path);
  const absoluteOr = (own: string, path: string): string =>
    path === own ? resolve(options.programFolder, own) : absolute(path);
  const { scenario, quality, ...rest } = config;
  const { tls, ...mqtt } = config.mqtt;
  return {
    ...rest,
    ...(scenario === undefined ? {} : { scenario: scenarioPath(scenario, options) }),
    ...(quality === undefined ? {} : { quality: absolute(quality) }),
    dataDir: absolute(config.dataDir),
    site: absoluteOr(DEFAULT_SITE, config.site),
    rules: absoluteOr(DEFAULT_RULES, config.rules),
    mqtt: {
      ...mqtt,
      ...(tls === undefined
        ? {}
        : {
            tls: {
              port: tls.port,
              certificateFile: absolute(tls.certificateFile),
              keyFile: absolute(tls.keyFile),
              caFile: absolute(tls.caFile),
            },
          }),
    },
  };
}
