import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import { WARNING_SEVERITIES } from '../../domain/model/warning-severity.ts';
import { EVERY_ALARM, selectAlarms } from '../alarm/alarm-order.ts';
import type { AlarmQuery } from '../alarm/alarm-order.ts';
import type { WatchingRules } from '../alarm/alarm-wire.ts';
import type { LiveDistrict } from '../district/live-district.ts';
import { hashOf } from '../route/route.ts';
import { AlarmList } from './alarm-list.tsx';
import { Choice } from './choice.tsx';
import { minuteOf, useAnswer } from './use-answer.ts';
import type { AlarmNames } from './use-names.ts';
import { ViewTitle } from './view-title.tsx';
import { WatchSummary } from './watch-summary.tsx';
import { useWords } from './words.ts';

interface WarningsViewProps {
  readonly alarms: LiveDistrict['alarms'];
  readonly query: AlarmQuery;
  readonly onQuery: (query: AlarmQuery) => void;
  readonly names: AlarmNames;
  readonly basinName: (basin: string) => string;
  /** The server's clock, epoch ms. */
  readonly now: number;
}

/** The warnings in force, and how far "none" can be trusted. */
export function WarningsView(props: WarningsViewProps): JSX.Element {
  const { text, nameOf } = useWords();
  const { alarms, query, names, basinName, now } = props;
  const selected = useMemo(() => selectAlarms(alarms.values(), query), [alarms, query]);
  const rules = useAnswer<WatchingRules>('/api/v1/rules', minuteOf(now));
  return (
    <div class="view">
      <ViewTitle title={text.titles.alarms}>
        <span class="view-count" role="status">
          {text.alarmsInForce(alarms.size)}
        </span>
      </ViewTitle>
      {alarms.size === 0 ? null : <AlarmFilters {...props} shown={selected.length} />}
      {alarms.size === 0 ? (
        <div class="all-quiet">
          <p class="all-quiet-title">{text.noAlarms}</p>
          <p>{text.noAlarmsIsNotFine}</p>
        </div>
      ) : (
        <AlarmList
          label={text.titles.alarms}
          alarms={selected}
          names={names}
          basinName={basinName}
          now={now}
        />
      )}
      <WatchSummary rules={rules}>
        <a href={hashOf({ kind: 'rules' })}>{text.showGaps}</a>
      </WatchSummary>
      {alarms.size === 0 && rules.kind === 'read' ? (
        <ul class="rule-names">
          {rules.value.items.map(rule => (
            <li key={rule.id}>{nameOf(rule)}</li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

interface AlarmFiltersProps extends Pick<WarningsViewProps, 'alarms' | 'query' | 'onQuery' | 'basinName'> {
  readonly shown: number;
}

/** Narrows a long list by severity and basin, and says so for as long as it does. */
function AlarmFilters({ alarms, query, onQuery, basinName, shown }: AlarmFiltersProps): JSX.Element {
  const { text } = useWords();
  const basins = new Set([...alarms.values()].flatMap(({ basin }) => basin ?? []));
  const severities = WARNING_SEVERITIES.toReversed();
  const isNarrowed = query.severity !== '' || query.basin !== '';
  return (
    <div class="filters" role="search">
      <Choice
        label={text.filterSeverity}
        value={query.severity}
        options={[['', text.anySeverity], ...severities.map(name => [name, text.severity[name]] as const)]}
        onChoice={severity => onQuery({ ...query, severity: severity as AlarmQuery['severity'] })}
      />
      <Choice
        label={text.filterBasin}
        value={query.basin}
        options={[
          ['', text.anyBasin],
          ...[...basins].toSorted().map(basin => [basin, basinName(basin)] as const),
        ]}
        onChoice={basin => onQuery({ ...query, basin })}
      />
      {isNarrowed ? (
        <>
          <span class="narrowed">{text.alarmsShown(shown, alarms.size)}</span>
          <button type="button" class="link" onClick={() => onQuery(EVERY_ALARM)}>
            {text.clearFilters}
          </button>
        </>
      ) : null}
    </div>
  );
}
