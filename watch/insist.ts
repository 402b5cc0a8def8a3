import { isAppError, messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { SECOND_MS } from '../domain/time/instant.ts';

/** Runs again, a second later, for as long as it fails in a way that may pass; `message` is logged once. */
export async function insist<Result>(
  run: () => Promise<Result>,
  { clock, log, message }: { readonly clock: Clock; readonly log: Log; readonly message: string },
): Promise<Result> {
  for (let refusals = 0; ; refusals += 1) {
    try {
      return await run();
    } catch (error) {
      if (!isAppError(error) || !error.retryable) throw error;
      if (refusals === 0) log.error(message, { error: messageOf(error) });
      await new Promise<void>(resolve => {
        clock.after(SECOND_MS, resolve);
      });
    }
  }
}
