import type { JSX } from 'preact';

import type { LiveDistrict } from '../district/live-district.ts';
import { spanText } from '../text/age-text.ts';
import type { TextTable } from '../text/zh.ts';
import { Icon } from './icon.tsx';
import type { LinkView } from './use-district.ts';
import { useWords } from './words.ts';

interface StatusLineProps {
  readonly link: LinkView;
  readonly district: LiveDistrict | undefined;
}

/** One line that is always there: calm while all is well, loud as soon as the values are not live. */
export function StatusLine({ link, district }: StatusLineProps): JSX.Element {
  const { text } = useWords();
  const isLoud = link.kind === 'stale' || link.kind === 'broken';
  return (
    <div class="status-line" data-link={link.kind}>
      <strong>
        <Icon name={isLoud ? 'disconnected' : 'connected'} />
        {linkText(link, text)}
      </strong>
      {/* Said once: a text that counts would be read out every second. */}
      <span class="visually-hidden" role="alert">
        {isLoud ? text.notLive : ''}
      </span>
      {isLoud && district !== undefined ? <span aria-hidden="true">{text.notLive}</span> : null}
      {!isLoud && district !== undefined ? <Conditions district={district} /> : null}
    </div>
  );
}

function linkText(link: LinkView, text: TextTable): string {
  switch (link.kind) {
    case 'connecting':
      return text.linkConnecting;
    case 'live':
      return text.linkLive;
    case 'forbidden':
      return text.notForThisRole;
    case 'stale':
      return text.linkStale(spanText(link.silentMs, text));
    case 'broken':
      return text.linkBroken(spanText(link.silentMs, text));
  }
}

/** What is wrong with the server itself, in words; the ledger counts as that too. */
function Conditions({ district }: { readonly district: LiveDistrict }): JSX.Element {
  const { text } = useWords();
  const { readiness, ledger } = district;
  const problems = [...(readiness?.reasons ?? []), ...(readiness?.warnings ?? [])];
  return (
    <>
      {readiness === null ? null : (
        <span data-tone={readiness.ready ? undefined : 'bad'}>
          <Icon name={readiness.ready ? 'normal' : 'warning'} />
          {readiness.ready ? text.ready : text.notReady}
        </span>
      )}
      {ledger === null ? null : (
        <span data-tone={ledger.balanced ? undefined : 'bad'}>
          <Icon name={ledger.balanced ? 'normal' : 'warning'} />
          {text.ledger} {ledger.balanced ? text.balanced : text.unbalanced}
        </span>
      )}
      {problems.slice(0, 1).map(({ code, message }) => (
        <span key={code} data-tone="bad" class="condition">
          {text.conditions[code] ?? message}
        </span>
      ))}
    </>
  );
}
