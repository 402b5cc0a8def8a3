/** The longest span a timer of the platform can wait: 24 days. */
const HOLD_MS = 2 ** 31 - 1;

/**
 * Keeps the process alive until the answered function is called. Devices that wait to reconnect hold nothing open but
 * timers of the injected clock, which let a process end.
 */
export function holdProcess(): () => void {
  const timer = setTimeout(() => undefined, HOLD_MS);
  return () => clearTimeout(timer);
}
