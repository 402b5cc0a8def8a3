import type { ComponentChildren, JSX } from 'preact';

import type { WatchingRules } from '../alarm/alarm-wire.ts';
import { Icon } from './icon.tsx';
import type { Answer } from './use-answer.ts';
import { useWords } from './words.ts';

interface WatchSummaryProps {
  readonly rules: Answer<WatchingRules>;
  /** Stands behind the number of gaps. */
  readonly children?: ComponentChildren;
}

/** How many rules watch how many points, and how much they lack: what "no warning" is worth. */
export function WatchSummary({ rules, children }: WatchSummaryProps): JSX.Element | null {
  const { text } = useWords();
  if (rules.kind === 'reading') return null;
  if (rules.kind !== 'read') {
    return (
      <p class="watch-summary" data-tone="bad">
        {text.rulesUnread}
      </p>
    );
  }
  const { items, judged, points, gaps } = rules.value;
  return (
    <ul class="watch-summary">
      {items.length === 0 ? (
        <li data-tone="bad">
          <Icon name="warning" /> {text.noRules}
        </li>
      ) : (
        <li>
          <Icon name="normal" /> {text.rulesWatching(items.length, judged)}
        </li>
      )}
      {points === judged ? null : (
        <li>
          <Icon name="unknown" /> {text.unwatchedPoints(points - judged, points)}
        </li>
      )}
      <li>
        <Icon name={gaps === 0 ? 'normal' : 'suspect'} /> {gaps === 0 ? text.noGaps : text.gapCount(gaps)}{' '}
        {children}
      </li>
    </ul>
  );
}
