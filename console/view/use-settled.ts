import { useEffect, useState } from 'preact/hooks';

/** A value as soon as it has not changed for a while: a key that is held down must not ask at each of its steps. */
export function useSettled<T>(value: T, restMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return settled;
}
