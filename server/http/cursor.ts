import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';

/** Where a list goes on, by list. What a cursor holds is no part of the contract: clients hand it back unread. */
const CURSORS = {
  stations: z.tuple([z.string()]),
  latest: z.tuple([z.string(), z.string()]),
  observations: z.tuple([z.int()]),
  quarantine: z.tuple([z.int(), z.int()]),
  alarms: z.tuple([z.int(), z.string()]),
  ruleGaps: z.tuple([z.string(), z.string(), z.int()]),
} as const;
type CursorKind = keyof typeof CURSORS;

export function encodeCursor<Kind extends CursorKind>(
  kind: Kind,
  place: z.output<(typeof CURSORS)[Kind]>,
): string {
  return Buffer.from(JSON.stringify([kind, place])).toString('base64url');
}

/** @throws AppError `invalid_request` when the text is no cursor of this list */
export function decodeCursor<Kind extends CursorKind>(
  kind: Kind,
  cursor: string,
): z.output<(typeof CURSORS)[Kind]> {
  const parsed = z.tuple([z.literal(kind), CURSORS[kind]]).safeParse(readJson(cursor));
  if (!parsed.success) {
    throw new AppError('invalid_request', 'The request is invalid.', {
      problems: ['query.cursor: not a cursor of this list'],
    });
  }
  return parsed.data[1] as z.output<(typeof CURSORS)[Kind]>;
}

function readJson(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
