import type { JSX } from 'preact';

import type { Pages } from './use-pages.ts';
import { useWords } from './words.ts';

interface NothingProps {
  readonly kind: Pages<unknown>['kind'];
  /** What an empty list means. */
  readonly emptyText: string;
}

/** What stands in the place of a list that has nothing, or nothing yet. */
export function Nothing({ kind, emptyText }: NothingProps): JSX.Element {
  const { text } = useWords();
  const words = { reading: text.curveLoading, failed: text.curveFailed, read: emptyText };
  return <p class="nothing">{words[kind]}</p>;
}

/** Leads to the next page, where there is one. */
export function More({ onMore }: { readonly onMore: (() => void) | undefined }): JSX.Element | null {
  const { text } = useWords();
  if (onMore === undefined) return null;
  return (
    <button class="link more" type="button" onClick={onMore}>
      {text.more}
    </button>
  );
}
