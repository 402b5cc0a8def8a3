import { z } from 'zod';

/** How the text of a cell becomes a value. */
type CellKind = 'text' | 'number' | 'boolean' | 'list' | 'flood-limit';

/** One column of a CSV file. */
export interface Column {
  /** Where its value goes: `['thresholds', 'warning']`, `['sensorSpan', 0]`. */
  readonly keys: readonly (string | number)[];
  readonly kind: CellKind;
  /** False where a row may leave it empty, or leave out all that stands in the same field. */
  readonly isRequired: boolean;
}

/**
 * The columns a list may have in CSV, by name: its fields, with a dot where a field stands inside a field. A field that
 * cannot be written in one cell has no column.
 */
export function columnsOf(schema: z.ZodType): ReadonlyMap<string, Column> {
  return new Map(columnsIn(schema, { keys: [], name: '', isRequired: true }));
}

interface Position extends Omit<Column, 'kind'> {
  readonly name: string;
}

function columnsIn(schema: z.ZodType, at: Position): readonly (readonly [string, Column])[] {
  if (schema instanceof z.ZodExactOptional) {
    return columnsIn(schema.unwrap() as z.ZodType, { ...at, isRequired: false });
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).flatMap(([key, inside]) =>
      columnsIn(inside, inField(at, key, key)),
    );
  }
  if (schema instanceof z.ZodTuple) {
    const items = schema.def.items as readonly z.ZodType[];
    return ['min', 'max'].flatMap((name, index) => {
      const item = items[index];
      return item === undefined ? [] : columnsIn(item, inField(at, name, index));
    });
  }
  const kind = kindOf(schema);
  const { keys, isRequired } = at;
  return kind === undefined ? [] : [[at.name, { keys, isRequired, kind }]];
}

function inField(at: Position, name: string, key: string | number): Position {
  return { ...at, name: at.name === '' ? name : `${at.name}.${name}`, keys: [...at.keys, key] };
}

function kindOf(schema: z.ZodType): CellKind | undefined {
  if (schema instanceof z.ZodString || schema instanceof z.ZodEnum) return 'text';
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (!(schema instanceof z.ZodArray)) return undefined;
  if (schema.element instanceof z.ZodString) return 'list';
  const periods = schema.element instanceof z.ZodObject ? Object.keys(schema.element.shape) : [];
  return periods.join(' ') === 'from level' ? 'flood-limit' : undefined;
}

/** What a cell says, or why it says nothing. */
export type Cell = { readonly value: unknown } | { readonly problem: string };

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads a cell that is not empty. */
export function readCell(text: string, kind: CellKind): Cell {
  switch (kind) {
    case 'text':
      return { value: text };
    case 'number':
      return NUMBER.test(text) ? { value: Number(text) } : { problem: `"${text}" is no number` };
    case 'boolean': {
      // Spreadsheets write TRUE.
      const word = text.toLowerCase();
      if (word === 'true' || word === 'false') return { value: word === 'true' };
      return { problem: `"${text}" is neither true nor false` };
    }
    case 'list':
      return { value: membersOf(text) };
    case 'flood-limit': {
      const periods = membersOf(text).map(member => member.split('=').map(side => side.trim()));
      if (periods.every(([, level, more]) => more === undefined && NUMBER.test(level ?? ''))) {
        return { value: periods.map(([from, level]) => ({ from, level: Number(level) })) };
      }
      return { problem: `"${text}" is not like 04-15=61.0;10-01=62.5` };
    }
  }
}

function membersOf(text: string): readonly string[] {
  return text
    .split(';')
    .map(member => member.trim())
    .filter(member => member !== '');
}
