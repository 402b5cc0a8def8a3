import type { JSX } from 'preact';

import type { Readiness } from '../wire.ts';
import { Icon } from './icon.tsx';
import { useWords } from './words.ts';

/** Whether the server is ready, and in words what speaks against it or worries it. */
export function ReadinessPanel({ readiness }: { readonly readiness: Readiness | null }): JSX.Element {
  const { text } = useWords();
  if (readiness === null) {
    return (
      <section>
        <h2>{text.readiness}</h2>
        <p class="hint">{text.notForThisRole}</p>
      </section>
    );
  }
  const { ready, reasons, warnings } = readiness;
  return (
    <section>
      <h2>
        {text.readiness}
        <span class="verdict" data-tone={ready ? 'good' : 'bad'}>
          <Icon name={ready ? 'normal' : 'warning'} />
          {ready ? text.ready : text.notReady}
        </span>
      </h2>
      <ul class="conditions">
        {[...reasons, ...warnings].map(({ code, message }) => (
          <li key={code} title={message}>
            <Icon name="warning" />
            {text.conditions[code] ?? message}
          </li>
        ))}
      </ul>
    </section>
  );
}
