import { z } from 'zod';
import { AppError, ERROR_CODES, isAppError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';

/** A request is a POST to `/<method>` with its parameters as JSON; nothing larger is read. */
export const CONTROL_BODY_BYTES_MAX = 64 * 1024 * 1024;

const errorSchema = z.object({
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  retryable: z.boolean(),
  problems: z.array(z.string()),
});

/** The answer: a result, or an error as it was thrown. */
export type ControlAnswer = { readonly result: unknown } | { readonly error: z.output<typeof errorSchema> };

export const controlAnswerSchema: z.ZodType<ControlAnswer> = z.union([
  z.object({ error: errorSchema }),
  z.object({ result: z.unknown() }),
]);

/** What was thrown, for the other side; what is not an AppError is told by its code only. */
export function wireError(error: unknown): ControlAnswer {
  if (!isAppError(error)) {
    return {
      error: {
        code: 'internal_error',
        message: ERROR_CODES.internal_error,
        retryable: false,
        problems: [],
      },
    };
  }
  const { code, message, retryable, problems } = error;
  return { error: { code, message, retryable, problems: [...problems] } };
}

/** The error of the other side, to be thrown here. */
export function errorFromWire(error: z.output<typeof errorSchema>): AppError {
  const { code, message, retryable, problems } = error;
  return new AppError(code, message, { retryable, problems });
}
