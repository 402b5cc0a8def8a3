import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';

const ISO_WITH_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;
const EPOCH_MS = /^-?\d{1,15}$/;

/** ISO 8601 with a zone, or epoch milliseconds; `undefined` for anything else, and for a day that does not exist. */
export function parseTime(text: string): EpochMs | undefined {
  if (EPOCH_MS.test(text)) return epochMs(Number(text));
  if (!ISO_WITH_ZONE.test(text)) return undefined;
  // The platform takes 31 April for 1 May.
  const day = text.slice(0, 10);
  if (new Date(Date.UTC(...dayParts(day))).toISOString().slice(0, 10) !== day) return undefined;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : epochMs(parsed);
}

function dayParts(day: string): [year: number, month: number, date: number] {
  return [Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10))];
}
