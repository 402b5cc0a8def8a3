import type { Clock } from '../../domain/ports/clock.ts';
import { epochMs } from '../../domain/time/instant.ts';

/** The machine's clock and timers; the default of the storage adapters. */
export const SYSTEM_CLOCK: Clock = {
  now: () => epochMs(Date.now()),
  monotonicMs: () => performance.now(),
  after: (span, run) => {
    const timer = setTimeout(run, span);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
