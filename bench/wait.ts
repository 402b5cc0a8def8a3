import { setTimeout as sleep } from 'node:timers/promises';

import { AppError } from '../domain/errors.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/** Asks until the answer is something else than `undefined`; an ask that rejects is asked again. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined>,
  { timeoutMs, intervalMs }: WaitOptions,
): Promise<Answer> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new AppError('internal_error', `The benchmark waited in vain for ${what}.`, { cause });
    }
    await sleep(intervalMs);
  }
}
