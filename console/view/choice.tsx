import type { JSX } from 'preact';

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly onChoice: (value: string) => void;
}

/** A choice of one of several; the first stands for all of them, and any other is seen to narrow. */
export function Choice({ label, value, options, onChoice }: ChoiceProps): JSX.Element {
  return (
    <select
      aria-label={label}
      title={label}
      value={value}
      data-chosen={value !== (options[0]?.[0] ?? '')}
      onChange={event => onChoice(event.currentTarget.value)}
    >
      {options.map(([option, name]) => (
        <option key={option} value={option}>
          {name}
        </option>
      ))}
    </select>
  );
}
