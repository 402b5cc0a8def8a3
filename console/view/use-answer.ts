import { MINUTE_MS } from '../../domain/time/instant.ts';
import { useEffect, useState } from 'preact/hooks';

const NOT_FOUND = 404;

/** What the server answers to a question; `missing`: there is no such thing. */
export type Answer<T> =
  { readonly kind: 'reading' | 'failed' | 'missing' } | { readonly kind: 'read'; readonly value: T };

/**
 * Asks for a path of the API, and again whenever `occasion` changes; what was read stays until the next answer.
 *
 * @param occasion anything that tells that the answer may be another by now
 */
export function useAnswer<T>(path: string, occasion: unknown): Answer<T> {
  const [known, setKnown] = useState<{ readonly path: string; readonly answer: Answer<T> }>();
  useEffect(() => {
    const abort = new AbortController();
    const ask = async (): Promise<void> => {
      const answer = await readAnswer<T>(path, abort.signal);
      if (abort.signal.aborted) return;
      // What is known is better than nothing; the status line tells whether the server can be reached.
      setKnown(before =>
        answer.kind === 'failed' && before?.path === path && before.answer.kind === 'read'
          ? before
          : { path, answer },
      );
    };
    void ask();
    return () => abort.abort();
  }, [path, occasion]);
  return known?.path === path ? known.answer : { kind: 'reading' };
}

/** The occasion of what is read again each minute: rules change seldom, and alarms of a storm every second. */
export function minuteOf(now: number): number {
  return Math.floor(now / MINUTE_MS);
}

/** Never rejects. */
async function readAnswer<T>(path: string, signal: AbortSignal): Promise<Answer<T>> {
  try {
    const response = await fetch(path, { signal });
    if (response.ok) return { kind: 'read', value: (await response.json()) as T };
    return { kind: response.status === NOT_FOUND ? 'missing' : 'failed' };
  } catch {
    return { kind: 'failed' };
  }
}
