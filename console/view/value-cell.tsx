import type { JSX } from 'preact';

import { ageText } from '../text/age-text.ts';
import { datastreamText, unitText, valueText } from '../text/value-text.ts';
import type { Datastream } from '../wire.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';
import { useWords } from './words.ts';

interface ValueCellProps {
  readonly datastream: Datastream;
  /** The server's clock, epoch ms. */
  readonly now: number;
  readonly isOpen: boolean;
  /** True for the one value that the tab key reaches. */
  readonly isActive: boolean;
  readonly onOpen: () => void;
}

/** Longer values than this are written smaller, so that unit and mark keep their place. */
const LONG_VALUE = 7;

/** A last value with unit, quality and age; opens its curve. */
export function ValueCell({ datastream, now, isOpen, isActive, onOpen }: ValueCellProps): JSX.Element {
  const { language, text } = useWords();
  const { latest, state, unit } = datastream;
  const name = datastreamText(datastream, language);
  const value = latest === null ? text.noReading : valueText(datastream, latest.v, text);
  const flag = latest === null ? undefined : text.flag[latest.flag];
  const age = latest === null ? '' : ageText(now - latest.t, text);
  const mark = markOf(datastream);
  const warning = state.severity === null ? undefined : text.severityWarning(text.severity[state.severity]);
  const states = [warning, state.data === 'good' ? undefined : text.data[state.data], flag];
  return (
    <button
      type="button"
      class="value"
      data-datastream={datastream.name}
      data-data={state.data}
      data-alarm={state.alarm}
      data-severity={state.severity ?? undefined}
      aria-pressed={isOpen}
      tabIndex={isActive ? 0 : -1}
      title={[text.openCurve(name), ...states].filter(Boolean).join(' · ')}
      aria-label={[name, `${value} ${unitText(unit)}`, ...states, age].filter(Boolean).join(', ')}
      onClick={onOpen}
    >
      <span class="value-name">{name}</span>
      <span class="value-age">{age}</span>
      <span class="value-reading">
        <span class="value-number" data-long={value.length > LONG_VALUE}>
          {value}
        </span>
        <span class="value-unit">{latest === null ? '' : unitText(unit)}</span>
      </span>
      <span class="value-mark">{mark === undefined ? null : <Icon name={mark} />}</span>
    </button>
  );
}

/** The sign beside a value: what is wrong with it, or nothing. */
function markOf({ state, latest }: Datastream): IconName | undefined {
  if (state.alarm === 'warning') return 'warning';
  if (latest !== null && (latest.flag === 4 || latest.flag === 9)) return 'bad';
  if (state.data === 'blind') return 'blind';
  return state.data === 'suspect' ? 'suspect' : undefined;
}
