import type { JSX } from 'preact';

import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import { Icon } from './icon.tsx';
import { useWords } from './words.ts';

interface SeverityChipProps {
  readonly severity: WarningSeverity;
  /** Says "warning" too, where nothing around it does. */
  readonly isWhole?: boolean;
}

/** A severity by colour, sign and word. */
export function SeverityChip({ severity, isWhole = false }: SeverityChipProps): JSX.Element {
  const { text } = useWords();
  const word = text.severity[severity];
  return (
    <span class="chip" data-severity={severity}>
      <Icon name="warning" />
      {isWhole ? text.severityWarning(word) : word}
    </span>
  );
}
