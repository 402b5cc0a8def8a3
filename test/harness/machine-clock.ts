import type { Clock } from '../../domain/ports/clock.ts';
import { epochMs } from '../../domain/time/instant.ts';

/** The clock of the machine, for tests that speak to real sockets. */
export const SYSTEM_CLOCK: Clock = {
  now: () => epochMs(Date.now()),
  monotonicMs: () => performance.now(),
  after(span, run) {
    const timer = setTimeout(run, span);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
