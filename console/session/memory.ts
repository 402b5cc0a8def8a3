/**
 * What the page remembers in this browser. `session` only says that somebody has logged in and not out again: without
 * it the page does not ask for a session that is not there, which the server would count as a refusal.
 */
export type MemoryKey = 'language' | 'theme' | 'session';

/** Null where nothing is remembered, also where the browser forbids storage. */
export function recall(key: MemoryKey): string | null {
  try {
    return localStorage.getItem(`waterwarden.${key}`);
  } catch {
    return null;
  }
}

/** Null forgets. Without storage nothing is remembered, and the page works all the same. */
export function remember(key: MemoryKey, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`waterwarden.${key}`);
    else localStorage.setItem(`waterwarden.${key}`, value);
  } catch {
    // A browser may forbid storage; the next visit begins with the defaults.
  }
}
