/** A sink for log lines. Messages are capitalised sentences; figures and foreign text go into `fields`. */
export interface Log {
  /** Data was lost or an operator is needed. */
  error(message: string, fields?: LogFields): void;
  /** Unexpected, nothing lost. */
  warn(message: string, fields?: LogFields): void;
  /** A few an hour. */
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Drops every line; for tests and for tools that print their own result. */
export const SILENT_LOG: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};
