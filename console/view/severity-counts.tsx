import type { JSX } from 'preact';

import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import { countBySeverity } from '../alarm/alarm-order.ts';
import type { LiveDistrict } from '../district/live-district.ts';
import { hashOf } from '../route/route.ts';
import { countText } from '../text/value-text.ts';
import { useWords } from './words.ts';

interface SeverityCountsProps {
  readonly alarms: LiveDistrict['alarms'];
  /** Shows those of a severity. */
  readonly onSeverity: (severity: WarningSeverity) => void;
}

/** How many warnings of each severity are in force; leads to them. */
export function SeverityCounts({ alarms, onSeverity }: SeverityCountsProps): JSX.Element {
  const { text } = useWords();
  return (
    <section>
      <h2>{text.titles.alarms}</h2>
      <div class="severities">
        {countBySeverity(alarms.values()).map(([severity, count]) => (
          <a
            key={severity}
            class="severity-count"
            href={hashOf({ kind: 'alarms' })}
            data-severity={severity}
            data-empty={count === 0}
            onClick={() => onSeverity(severity)}
          >
            <span class="state-count">{countText(count)}</span>
            <span class="state-name">{text.severity[severity]}</span>
          </a>
        ))}
      </div>
    </section>
  );
}
