import type { JSX } from 'preact';

import type { ToldChange } from '../alarm/reasons-wire.ts';
import { fullInstant } from '../text/local-time.ts';
import type { TextTable } from '../text/zh.ts';
import { SeverityChip } from './severity-chip.tsx';
import { useWords } from './words.ts';

/** What was known of an alarm when, in order. */
export function AlarmHistory({ changes }: { readonly changes: readonly ToldChange[] }): JSX.Element {
  const { text } = useWords();
  return (
    <ol class="history">
      {changes.map((change, index) => (
        <li key={index}>
          <time>{fullInstant(change.knownAt)}</time>
          <span class="history-severity">
            <SeverityChip severity={change.severity} />
          </span>
          <span>
            {changeText(change, text)}{' '}
            <span class="mark" data-mark={change.live ? 'live' : 'retroactive'}>
              {change.live ? text.changeLive : text.changeLate}
            </span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function changeText({ kind, fields, liveSteps }: ToldChange, text: TextTable): string {
  const touched = fields.map(field => text.fields[field] ?? field).join(text.listJoin);
  const told = liveSteps.map(severity => text.severity[severity]).join(text.listJoin);
  return [
    touched === '' ? text.change[kind] : text.changeOf(text.change[kind], touched),
    told === '' ? undefined : text.changeTold(told),
  ]
    .filter(Boolean)
    .join(text.clauseJoin);
}
