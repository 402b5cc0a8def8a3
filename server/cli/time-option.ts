import { AppError } from '../../domain/errors.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Invocation } from './command.ts';

/** How an instant is typed. */
export const TIME_PATTERN = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
export const TIME_WORDS = '2026-07-14, or 2026-07-14T18:30 with Z or +08:00 behind it; without, in +08:00.';

/** Undefined where the option was not given; `invalid_request` for a day no calendar has. */
export function timeOption(call: Invocation, option: string): EpochMs | undefined {
  const text = call.text(option);
  if (text === undefined) return undefined;
  const day = text.length === 10 ? `${text}T00:00` : text;
  const ms = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(day) ? day : `${day}+08:00`);
  if (Number.isNaN(ms)) throw new AppError('invalid_request', `--${option} "${text}" is no time.`);
  return epochMs(ms);
}
