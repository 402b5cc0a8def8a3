import type { Log, LogFields } from '../domain/ports/log.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Log lines as JSON, one a line, to the given sink. Foreign text stays inside JSON strings. */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly now: () => number;
  readonly write: (line: string) => void;
}): Log {
  const least = LOG_LEVELS.indexOf(options.level);
  const at =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      if (LOG_LEVELS.indexOf(level) > least) return;
      const time = new Date(options.now()).toISOString();
      options.write(`${JSON.stringify({ time, level, message, ...fields }, readable)}\n`);
    };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

/** Errors have no enumerable fields; without this they would print as `{}`. */
function readable(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, cause: value.cause, stack: value.stack };
}
