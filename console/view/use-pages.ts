import { useEffect, useState } from 'preact/hooks';

/** A list of the server as far as it was read. */
export interface Pages<T> {
  readonly kind: 'reading' | 'failed' | 'read';
  readonly items: readonly T[];
  /** Reads the next page; undefined at the end. */
  readonly more: (() => void) | undefined;
}

interface Read<T> {
  readonly path: string;
  readonly kind: Pages<T>['kind'];
  readonly items: readonly T[];
  readonly next: string | null;
}

/**
 * A list, page by page. It is read anew from its beginning with each occasion, as long as nobody has gone on to further
 * pages: what somebody reads must not vanish.
 *
 * @param path with a query, which the cursor is added to
 * @param occasion anything that tells that the list may be another by now
 */
export function usePages<T>(path: string, occasion: unknown): Pages<T> {
  const blank: Read<T> = { path, kind: 'reading', items: [], next: null };
  const [read, setRead] = useState<Read<T>>(blank);
  const [asked, setAsked] = useState<{ readonly path: string; readonly cursor: string }>();
  const cursor = asked?.path === path ? asked.cursor : undefined;
  useEffect(() => {
    const abort = new AbortController();
    const go = async (): Promise<void> => {
      const suffix = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const response = await fetch(path + suffix, { signal: abort.signal });
      if (!response.ok) throw new Error(`${path} was answered with status ${response.status}.`);
      const page = (await response.json()) as { readonly items: readonly T[]; readonly next: string | null };
      setRead(before => {
        const items = cursor === undefined ? page.items : [...before.items, ...page.items];
        return { path, kind: 'read', items, next: page.next };
      });
    };
    go().catch(() => {
      if (abort.signal.aborted) return;
      setRead(before => ({ ...(before.path === path ? before : blank), kind: 'failed' }));
    });
    return () => abort.abort();
  }, [path, cursor, cursor === undefined ? occasion : undefined]);
  const { kind, items, next } = read.path === path ? read : blank;
  return { kind, items, more: next === null ? undefined : () => setAsked({ path, cursor: next }) };
}
