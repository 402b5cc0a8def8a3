/**
 * Every code an AppError can carry, with the sentence that stands in docs/reference/errors.md.
 * Codes are stable: callers, alarms and dashboards match on them, never on message text.
 */
export const ERROR_CODES = {
  config_invalid: 'The configuration was refused; every problem is listed with its path.',
  site_invalid: 'The site folder was refused; every problem is listed with file and path.',
  scenario_invalid: 'The scenario file was refused; every problem is listed with its path.',
  rules_invalid: 'A rule set or a file of rule cases was refused; every problem is listed with its file.',
  alarm_budget_exceeded:
    'A rule set would raise more alarms a day than the budget allows; it was not activated.',
  recording_invalid: 'The recording was refused; every problem is listed with file and line.',
  journal_full: 'The disk under the journal is full; nothing is acknowledged until space is free.',
  journal_readonly: 'The journal file cannot be written; nothing is acknowledged until it can.',
  journal_stalled: 'A journal commit has not returned in time; nothing is acknowledged meanwhile.',
  journal_failed: 'The journal could not commit for another reason, named in the cause.',
  journal_backlogged: 'Too many bytes wait for the journal; the message was not taken.',
  journal_corrupt: 'A journal batch cannot be read back.',
  store_unavailable:
    'A store did not take a batch or did not answer; what it did not take is kept and offered again.',
  store_corrupt: 'A store holds something it should not.',
  backup_failed: 'A backup could not be made or put back; what stood there before still stands.',
  backup_invalid: 'The backup is not whole or was changed; every problem is listed with its file.',
  export_failed: 'An export could not be written; nothing was left behind.',
  not_found: 'There is no such thing.',
  invalid_request: 'The request was refused; every problem is listed.',
  unauthenticated: 'No valid token or session came with the request.',
  login_failed: 'The user name or the password is wrong, or the user is disabled.',
  password_wrong: 'The current password is wrong, so that it was not changed.',
  cross_origin: 'An unsafe request with a session did not come from a page of this server.',
  forbidden: 'The role of this principal does not allow the request.',
  rate_limited: 'Too many requests from this client; try again later.',
  too_many_streams: 'As many event streams are open as the server allows; try again later.',
  payload_too_large: 'The body is larger than the limit.',
  headers_too_large: 'The request line and headers are larger than the limit.',
  method_not_allowed: 'The path exists, but not with this method; `Allow` names those it has.',
  unsupported_media_type: 'The body is not in the media type the request must have.',
  request_timeout: 'The request did not arrive whole in time.',
  internal_error: 'Something unexpected happened; it was logged.',
  conflict: 'The request contradicts the present state.',
  shutting_down: 'The server is stopping.',
  worker_failed: 'A worker thread ended or did not answer.',
  control_unreachable: 'No server answers on the control socket.',
  already_running: 'Another server holds this data directory.',
  unsupported: 'This version does not do that.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * The one error class of the project. `retryable` is decided by the thrower, who knows whether a repeat makes sense.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Single problems behind the error, each a sentence with its path; empty when the message says all. */
  readonly problems: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryable?: boolean; cause?: unknown; problems?: readonly string[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.problems = options.problems ?? [];
  }
}

/** True for an AppError with this code, also one that crossed a thread and lost its prototype. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  if (typeof error !== 'object' || error === null) return false;
  const candidate = error as { name?: unknown; code?: unknown };
  if (candidate.name !== 'AppError' || typeof candidate.code !== 'string') return false;
  return code === undefined || candidate.code === code;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
