import type { JSX } from 'preact';

import type { DecisionReason } from '../alarm/reasons-wire.ts';
import { longSpan } from '../text/long-span.ts';
import { shortInstant } from '../text/local-time.ts';
import type { TextTable } from '../text/zh.ts';
import type { AlarmNames } from './use-names.ts';
import { useWords } from './words.ts';

interface DecisionListProps {
  readonly decisions: readonly DecisionReason[];
  readonly names: AlarmNames;
}

/** What took part beside readings: silences, outages of our own, official signals. */
export function DecisionList({ decisions, names }: DecisionListProps): JSX.Element {
  const { text } = useWords();
  if (decisions.length === 0) return <p class="hint">{text.noOtherInputs}</p>;
  return (
    <ul class="sentences">
      {decisions.map(decision => {
        const sentence = decisionText(decision, names, text);
        return <li key={sentence}>{sentence}</li>;
      })}
    </ul>
  );
}

function decisionText(decision: DecisionReason, names: AlarmNames, text: TextTable): string {
  const at = shortInstant(decision.t);
  switch (decision.kind) {
    case 'silence': {
      const { input, since, silentMs, ownOutageMs, isRefuted } = decision;
      return [
        text.silenceWas(names.whole(input), shortInstant(since), at, longSpan(silentMs, text)),
        ownOutageMs === 0 ? undefined : text.ownShare(longSpan(ownOutageMs, text)),
        isRefuted ? text.refuted : undefined,
      ]
        .filter(Boolean)
        .join(text.clauseJoin);
    }
    case 'outage':
      return text.outageWas(shortInstant(decision.from), at, longSpan(decision.t - decision.from, text));
    case 'signal': {
      const { zone, severity } = decision;
      return text.signalWas(zone, at, severity === null ? text.signalLifted : text.severity[severity]);
    }
  }
}
