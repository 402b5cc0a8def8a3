import { Fragment } from 'preact';
import type { JSX } from 'preact';

import type { Ledger } from '../../domain/model/ledger.ts';
import { countText } from '../text/value-text.ts';
import { Icon } from './icon.tsx';
import { useWords } from './words.ts';

/** Both equations of the ledger with their numbers, and what was refused before it. */
export function LedgerPanel({ ledger }: { readonly ledger: Ledger | null }): JSX.Element {
  const { text } = useWords();
  if (ledger === null) {
    return (
      <section>
        <h2>{text.ledger}</h2>
        <p class="hint">{text.notForThisRole}</p>
      </section>
    );
  }
  const { messages, readings, refused, balanced } = ledger;
  const refusedCount = refused.reduce((sum, { count }) => sum + count, 0);
  return (
    <section>
      <h2>
        {text.ledger}
        <span class="verdict" data-tone={balanced ? 'good' : 'bad'}>
          <Icon name={balanced ? 'normal' : 'warning'} />
          {balanced ? text.balanced : text.unbalanced}
        </span>
      </h2>
      <Equation
        name={text.messages}
        whole={[text.journalled, messages.journalled]}
        parts={[
          [text.decoded, messages.decoded],
          [text.quarantinedWhole, messages.quarantined],
          [text.inFlight, messages.inFlight],
        ]}
      />
      <Equation
        name={text.readings}
        whole={[text.decoded, readings.decoded]}
        parts={[
          [text.stored, readings.stored],
          [text.duplicate, readings.duplicate],
          [text.corrected, readings.corrected],
          [text.quarantined, readings.quarantined],
          [text.rejected, readings.rejected],
          [text.inFlight, readings.inFlight],
        ]}
      />
      <dl class="figures">
        <dt>{text.refused}</dt>
        <dd>{countText(refusedCount)}</dd>
      </dl>
    </section>
  );
}

interface EquationProps {
  readonly name: string;
  readonly whole: readonly [string, number];
  readonly parts: readonly (readonly [string, number])[];
}

function Equation({ name, whole, parts }: EquationProps): JSX.Element {
  return (
    <dl class="figures equation" aria-label={name}>
      <dt class="whole">
        {name} · {whole[0]}
      </dt>
      <dd class="whole">{countText(whole[1])}</dd>
      {parts.map(([part, count], index) => (
        <Fragment key={part}>
          <dt>
            <span class="operator">{index === 0 ? '=' : '+'}</span> {part}
          </dt>
          <dd data-empty={count === 0}>{countText(count)}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
