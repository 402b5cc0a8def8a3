import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import { byUrgency } from '../alarm/alarm-order.ts';
import type { WatchingRules } from '../alarm/alarm-wire.ts';
import type { LiveDistrict } from '../district/live-district.ts';
import { hashOf } from '../route/route.ts';
import { AlarmList } from './alarm-list.tsx';
import { minuteOf, useAnswer } from './use-answer.ts';
import type { AlarmNames } from './use-names.ts';
import { ViewTitle } from './view-title.tsx';
import { WatchSummary } from './watch-summary.tsx';
import { useWords } from './words.ts';

interface WarningsViewProps {
  readonly alarms: LiveDistrict['alarms'];
  readonly names: AlarmNames;
  readonly basinName: (basin: string) => string;
  /** The server's clock, epoch ms. */
  readonly now: number;
}

/** The warnings in force, and how far "none" can be trusted. */
export function WarningsView({ alarms, names, basinName, now }: WarningsViewProps): JSX.Element {
  const { text, nameOf } = useWords();
  const sorted = useMemo(() => [...alarms.values()].sort(byUrgency), [alarms]);
  const rules = useAnswer<WatchingRules>('/api/v1/rules', minuteOf(now));
  return (
    <div class="view">
      <ViewTitle title={text.titles.alarms}>
        <span class="view-count" role="status">
          {text.alarmsInForce(sorted.length)}
        </span>
      </ViewTitle>
      {sorted.length === 0 ? (
        <div class="all-quiet">
          <p class="all-quiet-title">{text.noAlarms}</p>
          <p>{text.noAlarmsIsNotFine}</p>
        </div>
      ) : (
        <AlarmList label={text.titles.alarms} alarms={sorted} names={names} basinName={basinName} now={now} />
      )}
      <WatchSummary rules={rules}>
        <a href={hashOf({ kind: 'rules' })}>{text.showGaps}</a>
      </WatchSummary>
      {sorted.length === 0 && rules.kind === 'read' ? (
        <ul class="rule-names">
          {rules.value.items.map(rule => (
            <li key={rule.id}>{nameOf(rule)}</li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
