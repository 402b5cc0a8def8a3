import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface WaitOptions<T> {
  /** When the value is the awaited one; without it, when it is truthy. */
  readonly until?: (value: T) => boolean;
  /** Default 30 s, of the machine's monotonic clock. */
  readonly timeoutMs?: number;
  /** The pause between two looks; default 10 ms. */
  readonly intervalMs?: number;
}

/**
 * Looks again and again until the value is the awaited one, and answers it. For conditions that have no event. A look
 * that throws counts as "not yet". After the deadline it throws with what was awaited and what was seen last.
 *
 * @param what the awaited state as it stands in the message, e.g. `five stored rows`
 */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  options: WaitOptions<Awaited<T>> = {},
): Promise<Awaited<T>> {
  const { until = Boolean, timeoutMs = 30_000, intervalMs = 10 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let seen: string;
    let cause: unknown;
    try {
      const value = await look();
      if (until(value)) return value;
      seen = `the last value was ${inspect(value, { depth: 4, breakLength: Infinity })}`;
    } catch (error) {
      cause = error;
      seen = `the last look threw ${String(error)}`;
    }
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${timeoutMs} ms for ${what}; ${seen}.`, { cause });
    }
    await pause(intervalMs);
  }
}
