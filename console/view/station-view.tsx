import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import { byUrgency } from '../alarm/alarm-order.ts';
import type { Alarm } from '../alarm/alarm-wire.ts';
import type { ListCursor } from '../list/list-cursor.ts';
import { hashOf } from '../route/route.ts';
import { shortInstant } from '../text/local-time.ts';
import type { Station } from '../wire.ts';
import { AlarmList } from './alarm-list.tsx';
import { Icon } from './icon.tsx';
import { SeverityChip } from './severity-chip.tsx';
import type { AlarmNames } from './use-names.ts';
import { ValueCell } from './value-cell.tsx';
import { ViewTitle } from './view-title.tsx';
import { WatchedMinutes } from './watched-minutes.tsx';
import { useWords } from './words.ts';

interface StationViewProps {
  /** Undefined where the district has none of that id. */
  readonly station: Station | undefined;
  /** All warnings in force. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  readonly names: AlarmNames;
  readonly basinName: (basin: string) => string;
  /** The server's clock, epoch ms. */
  readonly now: number;
  readonly opened: ListCursor | undefined;
  readonly onOpen: (cursor: ListCursor) => void;
}

/** One station: how it is, its last values, what is warned of, and how long its rules really watched. */
export function StationView(props: StationViewProps): JSX.Element {
  const { text, nameOf } = useWords();
  const { station, alarms, names, basinName, now, opened, onOpen } = props;
  const own = useMemo(
    () => [...alarms.values()].filter(alarm => alarm.station === station?.id).sort(byUrgency),
    [alarms, station?.id],
  );
  if (station === undefined) {
    return (
      <div class="view">
        <BackLink />
        <p class="nothing">{text.stationUnknown}</p>
      </div>
    );
  }
  const { id, basin, simulated, datastreams, connection } = station;
  return (
    <div class="view">
      <BackLink />
      <ViewTitle title={nameOf(station)}>
        <StationStates station={station} />
      </ViewTitle>
      <p class="alarm-where">
        {id} · {basin === null ? text.noBasin : basinName(basin)}
        {simulated ? <span class="simulated">{text.simulated}</span> : null}
        <span class="hint">
          {connection.lastReceived === null
            ? text.neverReceived
            : text.lastReceived(shortInstant(connection.lastReceived))}
        </span>
      </p>
      <h3>{text.columnValues}</h3>
      <div class="station-values">
        {datastreams.map(datastream => (
          <ValueCell
            key={datastream.name}
            datastream={datastream}
            now={now}
            isOpen={opened?.station === id && opened.datastream === datastream.name}
            isActive
            onOpen={() => onOpen({ station: id, datastream: datastream.name })}
          />
        ))}
      </div>
      <h3>{text.titles.alarms}</h3>
      {own.length === 0 ? (
        <p class="hint">{text.noStationAlarms}</p>
      ) : (
        <AlarmList label={text.titles.alarms} alarms={own} names={names} basinName={basinName} now={now} />
      )}
      <WatchedMinutes station={station} names={names} now={now} />
    </div>
  );
}

function BackLink(): JSX.Element {
  const { text } = useWords();
  return (
    <a class="back-link" href={hashOf({ kind: 'stations' })}>
      ‹ {text.backToStations}
    </a>
  );
}

/** Both axes and the connection, each by sign and word. */
function StationStates({ station: { state, connection } }: { readonly station: Station }): JSX.Element {
  const { text } = useWords();
  const { alarm, severity, data } = state;
  return (
    <>
      {severity === null ? (
        <span class="state" data-state={alarm} title={text.alarmMeaning[alarm]}>
          <Icon name={alarm} />
          {text.alarm[alarm]}
        </span>
      ) : (
        <SeverityChip severity={severity} isWhole />
      )}
      <span class="state" data-state={data} title={text.dataMeaning[data]}>
        <Icon name={data} />
        {text.data[data]}
      </span>
      <span class="state">
        <Icon name={connection.state} />
        {text.connection[connection.state]}
      </span>
    </>
  );
}
