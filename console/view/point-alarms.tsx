import type { JSX } from 'preact';

import type { Alarm } from '../alarm/alarm-wire.ts';
import { hashOf } from '../route/route.ts';
import { shortInstant } from '../text/local-time.ts';
import { SeverityChip } from './severity-chip.tsx';
import { useWords } from './words.ts';

interface PointAlarmsProps {
  /** The warnings in force of the point, the most urgent first. */
  readonly alarms: readonly Alarm[];
}

/** The warnings in force of one point, each leading to its page. */
export function PointAlarms({ alarms }: PointAlarmsProps): JSX.Element | null {
  const { text, nameOf } = useWords();
  if (alarms.length === 0) return null;
  return (
    <ul class="point-alarms" aria-label={text.pointAlarms}>
      {alarms.map(({ id, rule, ruleName, ruleNameEn, severity, begin }) => (
        <li key={id}>
          <SeverityChip severity={severity} />
          <a href={hashOf({ kind: 'alarm', id })}>
            {ruleName === null ? rule : nameOf({ name: ruleName, nameEn: ruleNameEn })}
          </a>
          <span class="hint">{shortInstant(begin)}</span>
        </li>
      ))}
    </ul>
  );
}
