import type { JSX } from 'preact';

import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import { countByBasin, countStations, shareText } from '../district/station-counts.ts';
import type { LiveDistrict } from '../district/live-district.ts';
import { EVERY_STATION } from '../district/station-query.ts';
import type { StationQuery } from '../district/station-query.ts';
import { countText } from '../text/value-text.ts';
import type { AlarmState, DataState } from '../wire.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';
import { LedgerPanel } from './ledger-panel.tsx';
import { PipelinePanel } from './pipeline-panel.tsx';
import { ReadinessPanel } from './readiness-panel.tsx';
import { SeverityCounts } from './severity-counts.tsx';
import { useWords } from './words.ts';

interface OverviewProps {
  readonly district: LiveDistrict;
  readonly isOpen: boolean;
  readonly query: StationQuery;
  readonly basinName: (basin: string) => string;
  readonly onQuery: (query: StationQuery) => void;
  /** Shows the warnings of a severity. */
  readonly onSeverity: (severity: WarningSeverity) => void;
  /** Shown where the header has no room for it. */
  readonly children: JSX.Element;
}

const ALARM_STATES = ['warning', 'unknown', 'normal'] as const;
const DATA_STATES = ['blind', 'suspect', 'good'] as const;

/** How many stations are in which state, and how the system itself does. A click narrows the list. */
export function Overview(props: OverviewProps): JSX.Element {
  const { text } = useWords();
  const { district, isOpen, query, basinName, onQuery } = props;
  const counts = countStations(district.stations.values());
  const showState = (state: AlarmState | DataState): void =>
    onQuery({ ...EVERY_STATION, sort: query.sort, state: query.state === state ? '' : state });
  return (
    <aside id="overview" class="overview" data-open={isOpen} aria-label={text.overview}>
      <SeverityCounts alarms={district.alarms} onSeverity={props.onSeverity} />
      <section>
        <h2>{text.alarmAxis}</h2>
        <div class="axis">
          {ALARM_STATES.map(state => (
            <StateButton
              key={state}
              state={state}
              words={[text.alarm[state], text.alarmMeaning[state]]}
              count={counts.alarm[state]}
              isPressed={query.state === state}
              onPress={() => showState(state)}
            />
          ))}
        </div>
        <h2>{text.dataAxis}</h2>
        <div class="axis">
          {DATA_STATES.map(state => (
            <StateButton
              key={state}
              state={state}
              words={[text.data[state], text.dataMeaning[state]]}
              count={counts.data[state]}
              isPressed={query.state === state}
              onPress={() => showState(state)}
            />
          ))}
        </div>
      </section>
      <section>
        <BasinTable district={district} query={query} basinName={basinName} onQuery={onQuery} />
      </section>
      <LedgerPanel ledger={district.ledger} />
      <PipelinePanel ingest={district.ingest} />
      <ReadinessPanel readiness={district.readiness} />
      <section class="account">{props.children}</section>
    </aside>
  );
}

interface StateButtonProps {
  readonly state: AlarmState | DataState;
  /** Its name and what it means. */
  readonly words: readonly [string, string];
  readonly count: number;
  readonly isPressed: boolean;
  readonly onPress: () => void;
}

function StateButton({ state, words, count, isPressed, onPress }: StateButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class="state-button"
      data-state={state}
      data-empty={count === 0}
      aria-pressed={isPressed}
      title={words[1]}
      onClick={onPress}
    >
      <span class="state-count">
        <Icon name={state} />
        {countText(count)}
      </span>
      <span class="state-name">{words[0]}</span>
    </button>
  );
}

function BasinTable(props: Omit<OverviewProps, 'isOpen' | 'children' | 'onSeverity'>): JSX.Element {
  const { text } = useWords();
  const { district, query, basinName, onQuery } = props;
  return (
    <table class="basins">
      <thead>
        <tr>
          <th scope="col">{text.basins}</th>
          <th scope="col">{text.all}</th>
          <IconHead icon="warning" name={text.alarm.warning} />
          <IconHead icon="suspect" name={text.data.suspect} />
          <IconHead icon="blind" name={text.data.blind} />
          <th scope="col" title={text.blindShare}>
            <Icon name="blind" />%<span class="visually-hidden">{text.blindShare}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {[...countByBasin(district.stations.values())].map(([basin, counts]) => (
          <tr key={basin}>
            <th scope="row">
              <button
                type="button"
                class="link"
                disabled={basin === ''}
                aria-pressed={query.basin === basin && basin !== ''}
                onClick={() =>
                  onQuery({ ...EVERY_STATION, sort: query.sort, basin: query.basin === basin ? '' : basin })
                }
              >
                {basin === '' ? text.noBasin : basinName(basin)}
              </button>
            </th>
            <td>{countText(counts.total)}</td>
            <CountCell state="warning" count={counts.alarm.warning} />
            <CountCell state="suspect" count={counts.data.suspect} />
            <CountCell state="blind" count={counts.data.blind} />
            <td
              data-state={counts.points.blind === 0 ? undefined : 'blind'}
              title={text.blindOf(countText(counts.points.blind), countText(counts.points.all))}
            >
              {shareText(counts.points.blind, counts.points.all)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function IconHead({ icon, name }: { readonly icon: IconName; readonly name: string }): JSX.Element {
  return (
    <th scope="col" title={name}>
      <Icon name={icon} />
      <span class="visually-hidden">{name}</span>
    </th>
  );
}

function CountCell({ state, count }: { readonly state: string; readonly count: number }): JSX.Element {
  return <td data-state={count === 0 ? undefined : state}>{countText(count)}</td>;
}
