import type { JSX } from 'preact';

import { measureName, measuredText } from '../alarm/measure-text.ts';
import type { Clause, StepReasons } from '../alarm/reasons-wire.ts';
import { limitText, metText, stepSentences } from '../alarm/step-sentences.ts';
import { subjectParts } from '../alarm/subject.ts';
import { ConditionTable } from './condition-table.tsx';
import type { ConditionState } from './condition-table.tsx';
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
        <InputTable caption={text.inputsThen} inputs={step.inputs} inputName={inputName} />
        <ConditionTable
          caption={text.conditionsThen}
          clauses={step.clauses}
          subject={subject}
          words={words}
          stateOf={clause => stateOf(clause, step, isStepUp)}
        />
        <LimitTable step={step} subject={subject} />
      </details>
    </section>
  );
}

/** How long and how often a limit must be met. */
const HOLDS: ReadonlySet<string> = new Set(['held for', 'readings']);

/** How a condition stood. A step up in a warning that lasts comes without the hold that its begin needed. */
function stateOf({ severity, name, state }: Clause, step: StepReasons, isStepUp: boolean): ConditionState {
  const isWaived = isStepUp && severity === step.severity && HOLDS.has(name) && state === 'false';
  return isWaived ? 'waived' : state;
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
