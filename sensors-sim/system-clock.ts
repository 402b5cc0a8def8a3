import type { Clock } from '../domain/ports/clock.ts';
import { epochMs } from '../domain/time/instant.ts';

/** The machine's clock and timers, for the programs of this folder; everything else takes a clock. */
export const SYSTEM_CLOCK: Clock = {
  now: () => epochMs(Date.now()),
  monotonicMs: () => performance.now(),
  after(span, run) {
    const timer = setTimeout(run, span);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
