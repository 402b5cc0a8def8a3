import type { JSX } from 'preact';

import { measureName, measuredText } from '../alarm/measure-text.ts';
import type { Clause, StepReasons } from '../alarm/reasons-wire.ts';
import { conditionText, limitText, metText, stepSentences } from '../alarm/step-sentences.ts';
import type { SentenceWords } from '../alarm/step-sentences.ts';
import { subjectParts } from '../alarm/subject.ts';
import { Icon } from './icon.tsx';
import { InputTable } from './input-table.tsx';
import { SeverityChip } from './severity-chip.tsx';
import type { AlarmNames } from './use-names.ts';
import { useWords } from './words.ts';

interface StepWhyProps {
  readonly step: StepReasons;
  /** The datastream that is judged. */
  readonly subject: string;
  readonly names: AlarmNames;
  /** The alarm was there already with a milder severity. */
  readonly isStepUp: boolean;
  /** Shows the figures at once. */
  readonly isOpen: boolean;
}

/** What one severity rests on: in sentences first, then the figures behind them. */
export function StepWhy({ step, subject, names, isOpen, isStepUp }: StepWhyProps): JSX.Element {
  const { text } = useWords();
  const { station } = subjectParts(subject);
  // Inputs of the same station need not name it.
  const inputName = (input: string): string =>
    subjectParts(input).station === station ? names.point(input) : names.whole(input);
  const words = { text, inputName };
  return (
    <section class="step" data-severity={step.severity}>
      <h4>
        <SeverityChip severity={step.severity} />
        <span>{metText(step, subject, words)}</span>
      </h4>
      <ul class="sentences">
        {stepSentences(step, words, { isStepUp }).map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <details open={isOpen}>
        <summary>{text.figures}</summary>
        <InputTable inputs={step.inputs} inputName={inputName} />
        <ConditionTable step={step} subject={subject} words={words} isStepUp={isStepUp} />
        <LimitTable step={step} subject={subject} />
      </details>
    </section>
  );
}

interface ConditionTableProps extends Pick<StepWhyProps, 'step' | 'subject' | 'isStepUp'> {
  readonly words: SentenceWords;
}

const CONDITION_ICONS = { true: 'normal', false: 'bad', unknown: 'unknown', waived: 'good' } as const;

/** How long and how often a limit must be met. */
const HOLDS: ReadonlySet<string> = new Set(['held for', 'readings']);

/** How a condition stood. A step up in a warning that lasts comes without the hold that its begin needed. */
function stateOf({ severity, name, state }: Clause, { step, isStepUp }: ConditionTableProps) {
  const isWaived = isStepUp && severity === step.severity && HOLDS.has(name) && state === 'false';
  return isWaived ? 'waived' : state;
}

function ConditionTable(props: ConditionTableProps): JSX.Element | null {
  const { step, subject, words } = props;
  const { text } = words;
  const { clauses } = step;
  if (clauses.length === 0) return null;
  const { unit } = subjectParts(subject);
  const columns = text.conditionColumns;
  return (
    <table class="facts">
      <caption>{text.conditionsThen}</caption>
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
          const state = stateOf(clause, props);
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

function LimitTable({ step, subject }: Pick<StepWhyProps, 'step' | 'subject'>): JSX.Element | null {
  const { text } = useWords();
  if (step.thresholds.length === 0) return null;
  const { unit } = subjectParts(subject);
  const columns = text.limitColumns;
  return (
    <table class="facts">
      <caption>{text.limitsThen}</caption>
      <thead>
        <tr>
          <th scope="col">{columns.severity}</th>
          <th scope="col">{columns.limit}</th>
          <th scope="col">{columns.clear}</th>
        </tr>
      </thead>
      <tbody>
        {step.thresholds.map(({ severity, name, relation, value, clear, datum }) => {
          const isThis = severity === step.severity && name === step.limitName && value === step.limit;
          const measure = measureName(name, text);
          return (
            <tr key={`${severity} ${name} ${value}`} data-chosen={isThis}>
              <th scope="row">
                <SeverityChip severity={severity} />
                {isThis ? <span class="fact-note">{text.thisOne}</span> : null}
              </th>
              <td data-label={columns.limit}>
                {measure === undefined ? null : `${measure} `}
                {text.relation[relation]} {limitText({ limitName: name }, unit, text, value)}
                {datum === null ? null : <span class="fact-note">{text.datum(datum)}</span>}
              </td>
              <td data-label={columns.clear}>{measuredText(clear, { limitName: name, unit }, text)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
