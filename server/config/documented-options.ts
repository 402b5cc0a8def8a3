import { z } from 'zod';
import type { DocumentedOption } from '../docs/config-page.ts';
import { OPTION_NOTES } from './option.ts';
import type { OptionNotes } from './option.ts';
import { configSchema } from './schema.ts';

/** An option with the place where it stands. */
export interface PlacedOption extends OptionNotes {
  readonly keys: readonly string[];
}

/** Every option of the schema, in its order. */
export const CONFIG_OPTIONS: readonly PlacedOption[] = optionsOf(configSchema, []);

/** The options as docs/reference/config.md shows them. */
export function documentedOptions(): readonly DocumentedOption[] {
  return CONFIG_OPTIONS.map(({ keys, reads: _reads, default: fallback, ...notes }) => ({
    ...notes,
    path: keys.join('.'),
    default: fallback,
  }));
}

function optionsOf(schema: unknown, keys: readonly string[]): PlacedOption[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inside]) => optionsOf(inside, [...keys, key]));
  }
  const notes = OPTION_NOTES.get(schema as z.ZodType);
  if (notes !== undefined) return [{ ...notes, keys }];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) {
    return optionsOf(schema.unwrap(), keys);
  }
  throw new TypeError(`The option ${keys.join('.')} has no notes.`);
}
