import type { JSX } from 'preact';

import { byUrgency } from '../alarm/alarm-order.ts';
import type { Alarm } from '../alarm/alarm-wire.ts';
import { hashOf } from '../route/route.ts';
import { shortInstant } from '../text/local-time.ts';
import { SeverityChip } from './severity-chip.tsx';
import { useWords } from './words.ts';

interface PointAlarmsProps {
  /** `station/property[.instance]` */
  readonly subject: string;
  /** The warnings in force. */
  readonly alarms: ReadonlyMap<string, Alarm>;
}

/** The warnings in force of one point, each leading to its page. */
export function PointAlarms({ subject, alarms }: PointAlarmsProps): JSX.Element | null {
  const { text, nameOf } = useWords();
  const own = [...alarms.values()].filter(alarm => alarm.subject === subject).sort(byUrgency);
  if (own.length === 0) return null;
  return (
    <ul class="point-alarms" aria-label={text.pointAlarms}>
      {own.map(({ id, rule, ruleName, ruleNameEn, severity, begin }) => (
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
