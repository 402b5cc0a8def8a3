import type { JSX } from 'preact';

import type { InputValue } from '../alarm/reasons-wire.ts';
import { subjectParts } from '../alarm/subject.ts';
import { longSpan } from '../text/long-span.ts';
import { shortInstant } from '../text/local-time.ts';
import { unitText, valueText } from '../text/value-text.ts';
import type { TextTable } from '../text/zh.ts';
import { useWords } from './words.ts';

interface InputTableProps {
  readonly caption: string;
  readonly inputs: readonly InputValue[];
  readonly inputName: (input: string) => string;
}

/** What a rule saw of each of its inputs at an instant. */
export function InputTable({ caption, inputs, inputName }: InputTableProps): JSX.Element | null {
  const { text } = useWords();
  if (inputs.length === 0) return null;
  const columns = text.inputColumns;
  return (
    <table class="facts">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{columns.input}</th>
          <th scope="col" class="number">
            {columns.value}
          </th>
          <th scope="col">{columns.flag}</th>
          <th scope="col">{columns.t}</th>
          <th scope="col">{columns.age}</th>
          <th scope="col">{columns.received}</th>
          <th scope="col" class="number">
            {columns.position}
          </th>
        </tr>
      </thead>
      <tbody>
        {inputs.map(input => (
          <tr key={input.input}>
            <th scope="row">{inputName(input.input)}</th>
            <td data-label={columns.value} class="number">
              {amountText(input, text)}
            </td>
            <td data-label={columns.flag}>{flagText(input, text)}</td>
            <td data-label={columns.t}>{instantText(input.t)}</td>
            <td data-label={columns.age}>
              {input.ageMs === null ? '–' : longSpan(input.ageMs, text)}
              {input.isFresh || input.t === null ? null : <span class="fact-note">{text.stoodNoMore}</span>}
              {input.withheld === 0 ? null : <span class="fact-note">{text.withheld(input.withheld)}</span>}
            </td>
            <td data-label={columns.received}>{instantText(input.received)}</td>
            <td data-label={columns.position} class="number">
              {input.position ?? '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function amountText({ input, unit, v, t }: InputValue, text: TextTable): string {
  if (t === null) return text.noReading;
  const { property } = subjectParts(input);
  return `${valueText({ property, unit }, v, text)} ${unitText(unit)}`.trimEnd();
}

function flagText({ quality, deviceFlag }: InputValue, text: TextTable): string {
  if (quality === null) return '–';
  return [text.flag[quality], text.deviceFlag[deviceFlag ?? '']].filter(Boolean).join(text.listJoin);
}

function instantText(t: number | null): string {
  return t === null ? '–' : shortInstant(t);
}
