import type { JSX } from 'preact';

import { measuredText } from '../alarm/measure-text.ts';
import type { Clause } from '../alarm/reasons-wire.ts';
import { conditionText } from '../alarm/step-sentences.ts';
import type { SentenceWords } from '../alarm/step-sentences.ts';
import { subjectParts } from '../alarm/subject.ts';
import { Icon } from './icon.tsx';
import { SeverityChip } from './severity-chip.tsx';

/** `waived`: it was not asked for. */
export type ConditionState = Clause['state'] | 'waived';

interface ConditionTableProps {
  readonly caption: string;
  readonly clauses: readonly Clause[];
  /** The datastream that is judged. */
  readonly subject: string;
  readonly words: SentenceWords;
  readonly stateOf: (clause: Clause) => ConditionState;
}

const CONDITION_ICONS = { true: 'normal', false: 'bad', unknown: 'unknown', waived: 'good' } as const;

/** Every condition and how it stood. */
export function ConditionTable({
  caption,
  clauses,
  subject,
  words,
  stateOf,
}: ConditionTableProps): JSX.Element | null {
  const { text } = words;
  if (clauses.length === 0) return null;
  const { unit } = subjectParts(subject);
  const columns = text.conditionColumns;
  return (
    <table class="facts">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{columns.what}</th>
          <th scope="col" class="number">
            {columns.value}
          </th>
          <th scope="col" class="number">
            {columns.limit}
          </th>
          <th scope="col">{columns.state}</th>
        </tr>
      </thead>
      <tbody>
        {clauses.map(clause => {
          const { severity, name, value, limit } = clause;
          const state = stateOf(clause);
          return (
            <tr key={`${severity ?? ''} ${name} ${limit}`}>
              <th scope="row">
                {severity === undefined ? null : <SeverityChip severity={severity} />}{' '}
                {conditionText(name, subject, words)}
              </th>
              <td data-label={columns.value} class="number">
                {value === undefined ? '–' : measuredText(value, { limitName: name, unit }, text)}
              </td>
              <td data-label={columns.limit} class="number">
                {measuredText(limit, { limitName: name, unit }, text)}
              </td>
              <td data-label={columns.state} data-tone={state === 'true' ? 'good' : undefined}>
                <Icon name={CONDITION_ICONS[state]} /> {text.conditionState[state]}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
