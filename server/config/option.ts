import { z } from 'zod';
import { durationMs } from '../../domain/time/instant.ts';
import type { DurationMs } from '../../domain/time/instant.ts';

/** What an option says of itself beside its schema. */
export interface OptionNotes {
  readonly env: string;
  readonly description: string;
  readonly unit?: string;
  readonly range?: string;
  /** In words where the default depends on something else; absent where there is none. */
  readonly default?: unknown;
  /** How the text of an environment variable becomes a value. */
  readonly reads: 'integer' | 'text';
}

/** The notes of every option, by its schema. */
export const OPTION_NOTES = z.registry<OptionNotes>();

interface NumberSpec {
  readonly env: string;
  readonly description: string;
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly unit?: string;
}

/** A whole number in [min, max]. */
export function integer(spec: NumberSpec): z.ZodDefault<z.ZodInt> {
  return wholeNumber(spec.min, spec.max)
    .default(spec.default)
    .register(OPTION_NOTES, notesOf(spec, { default: spec.default }));
}

/** A span of time, milliseconds. */
export function duration(
  spec: Omit<NumberSpec, 'unit'>,
): z.ZodPipe<z.ZodPrefault<z.ZodInt>, z.ZodTransform<DurationMs, number>> {
  return wholeNumber(spec.min, spec.max)
    .prefault(spec.default)
    .transform(durationMs)
    .register(OPTION_NOTES, notesOf({ ...spec, unit: 'ms' }, { default: spec.default }));
}

const PORT_MAX = 65_535;

/** A TCP port; 0 takes a free one. */
export function port(spec: { env: string; description: string; default: number }): z.ZodDefault<z.ZodInt> {
  return integer({ ...spec, min: 0, max: PORT_MAX });
}

/** A TCP port without a default. */
export function requiredPort(spec: { env: string; description: string }): z.ZodInt {
  return wholeNumber(0, PORT_MAX).register(OPTION_NOTES, notesOf({ ...spec, min: 0, max: PORT_MAX }));
}

interface ChoiceSpec<Value extends string> {
  readonly env: string;
  readonly description: string;
  readonly values: readonly [Value, ...Value[]];
  /** Words that other versions know; the message says so. */
  readonly unsupported?: readonly string[];
}

/** One of a few words. */
export function choice<Value extends string>(
  spec: ChoiceSpec<Value> & { readonly default: Value },
): z.ZodDefault<z.ZodType<Value>> {
  return oneOf(spec)
    .default(spec.default as never)
    .register(OPTION_NOTES, choiceNotes(spec, spec.default));
}

/** One of a few words, or nothing: then the default in words says what happens. */
export function optionalChoice<Value extends string>(
  spec: ChoiceSpec<Value> & { readonly defaultInWords: string },
): z.ZodOptional<z.ZodType<Value>> {
  return oneOf(spec).optional().register(OPTION_NOTES, choiceNotes(spec, spec.defaultInWords));
}

interface TextSpec {
  readonly env: string;
  readonly description: string;
  readonly pattern?: { readonly regex: RegExp; readonly words: string };
}

/** A text that is not empty. */
export function text(spec: TextSpec & { readonly default: string }): z.ZodDefault<z.ZodString> {
  return someText(spec)
    .default(spec.default)
    .register(OPTION_NOTES, { ...textNotes(spec), default: spec.default });
}

/** A text that has to be given. */
export function requiredText(spec: TextSpec): z.ZodString {
  return someText(spec).register(OPTION_NOTES, textNotes(spec));
}

function wholeNumber(min: number, max: number): z.ZodInt {
  const error = expected(`a whole number from ${min} to ${max}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

function oneOf<Value extends string>({ values, unsupported = [] }: ChoiceSpec<Value>): z.ZodType<Value> {
  const unexpected = expected(`one of ${values.join(', ')}`);
  return z.enum(values, {
    error: issue =>
      unsupported.some(word => word === issue.input)
        ? `"${String(issue.input)}" is not supported by this version; it knows ${values.join(', ')}`
        : unexpected(issue),
  });
}

function someText({ pattern }: TextSpec): z.ZodString {
  const error = expected(pattern?.words ?? 'a text that is not empty');
  return z.string({ error }).regex(pattern?.regex ?? /^[^\0]+$/, { error });
}

/** The one message of an option, whatever is wrong with its value. */
function expected(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) =>
    input === undefined ? `is missing; expected ${what}` : `expected ${what}, got ${JSON.stringify(input)}`;
}

function notesOf(
  spec: Omit<NumberSpec, 'default'>,
  rest: Pick<OptionNotes, 'default'> = {},
): OptionNotes & { readonly reads: 'integer' } {
  const { env, description, min, max, unit } = spec;
  return {
    env,
    description,
    range: `${min} … ${max}`,
    ...(unit === undefined ? {} : { unit }),
    ...rest,
    reads: 'integer',
  };
}

function choiceNotes(spec: ChoiceSpec<string>, fallback: string): OptionNotes {
  const { env, description, values } = spec;
  return { env, description, range: values.join(', '), default: fallback, reads: 'text' };
}

function textNotes({ env, description, pattern }: TextSpec): OptionNotes {
  return {
    env,
    description,
    ...(pattern === undefined ? {} : { range: pattern.words }),
    reads: 'text',
  };
}
