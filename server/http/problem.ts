import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { ERROR_CODES, isAppError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { RefusalReason } from '../../domain/ports/identity.ts';

/** The media type of RFC 9457. */
export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export const problemSchema = z
  .strictObject({
    type: z.string().describe('`urn:waterwarden:error:<code>`.'),
    title: z.string().describe('The meaning of the HTTP status.'),
    status: z.int(),
    detail: z.string().describe('What went wrong, for a person.'),
    code: z.string().describe('One of the codes of the reference of errors; match on this.'),
    problems: z.array(z.string()).describe('Every single problem of the request, each with its path.'),
  })
  .meta({ id: 'Problem', description: 'Problem details after RFC 9457.' });
export type Problem = z.output<typeof problemSchema>;

/** Statuses of codes; a code that is not here answers 503 when it is retryable, else 500. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  not_found: 404,
  invalid_request: 400,
  unauthenticated: 401,
  login_failed: 401,
  password_wrong: 403,
  cross_origin: 403,
  forbidden: 403,
  rate_limited: 429,
  payload_too_large: 413,
  headers_too_large: 431,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  request_timeout: 408,
  conflict: 409,
  alarm_budget_exceeded: 409,
  shutting_down: 503,
  unsupported: 501,
};

/** What a client is told to wait when the server cannot say it exactly. */
const RETRY_AFTER_SECONDS = 5;
/** A body of 500 wrong readings would otherwise answer with more text than it brought. */
const PROBLEMS_SHOWN = 50;
const PROBLEM_LENGTH = 200;

export interface ProblemAnswer {
  readonly status: number;
  readonly body: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer to an error with a known code. */
export function problemAnswer(error: {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly retryable?: boolean;
  readonly problems?: readonly string[];
}): ProblemAnswer {
  const status = STATUS[error.code] ?? (error.retryable === true ? 503 : 500);
  const headers: Record<string, string> = {};
  if (status === 503 || status === 429) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="waterwarden"';
  return {
    status,
    headers,
    body: {
      type: `urn:waterwarden:error:${error.code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: error.detail,
      code: error.code,
      problems: shorten(error.problems ?? []),
    },
  };
}

/**
 * The answer to anything that was thrown while a request was worked on. What happened inside (5xx) is told by its
 * code only: messages may hold paths and foreign text.
 */
export function toProblem(error: unknown): ProblemAnswer {
  if (isAppError(error)) {
    const known = Object.hasOwn(ERROR_CODES, error.code) ? error.code : 'internal_error';
    const status = STATUS[known];
    const inside = status === undefined || status >= 500;
    return problemAnswer({
      code: known,
      detail: inside ? ERROR_CODES[known] : error.message,
      retryable: error.retryable,
      problems: inside ? [] : (error.problems ?? []),
    });
  }
  const code = codeOfStatus(statusOf(error));
  return problemAnswer({ code, detail: ERROR_CODES[code] });
}

/** The reason under which an answer is counted as a refusal; `undefined` when it is not the client's doing. */
export function refusalOf(status: number): RefusalReason | undefined {
  if (status < 400 || status >= 500) return undefined;
  switch (status) {
    case 401:
      return 'http_unauthenticated';
    case 403:
      return 'http_forbidden';
    case 404:
    case 405:
      return 'http_not_found';
    case 413:
      return 'http_too_large';
    case 429:
      return 'http_rate_limited';
    default:
      return 'http_invalid';
  }
}

/** The web framework's own errors carry a status; anything else is ours to repair. */
function statusOf(error: unknown): number {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 404) return 'not_found';
  if (status === 408) return 'request_timeout';
  if (status === 413) return 'payload_too_large';
  if (status === 415) return 'unsupported_media_type';
  if (status === 431) return 'headers_too_large';
  return status < 500 ? 'invalid_request' : 'internal_error';
}

function shorten(problems: readonly string[]): string[] {
  const shown = problems
    .slice(0, PROBLEMS_SHOWN)
    .map(text => (text.length > PROBLEM_LENGTH ? `${text.slice(0, PROBLEM_LENGTH)}…` : text));
  const more = problems.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}
