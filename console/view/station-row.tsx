import type { JSX } from 'preact';

import type { Alarm } from '../alarm/alarm-wire.ts';
import { hashOf } from '../route/route.ts';
import { shortInstant } from '../text/local-time.ts';
import type { TextTable } from '../text/zh.ts';
import type { Station } from '../wire.ts';
import { Icon } from './icon.tsx';
import { SeverityChip } from './severity-chip.tsx';
import { ValueCell } from './value-cell.tsx';
import { useWords } from './words.ts';

interface StationRowProps {
  readonly station: Station;
  /** Its most urgent warning. */
  readonly alarm: Alarm | undefined;
  readonly basin: string;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly columns: number;
  readonly now: number;
  /** The datastream of this station whose curve is open. */
  readonly opened: string | undefined;
  /** The datastream of this station that the tab key reaches. */
  readonly active: string | undefined;
  readonly onOpen: (datastream: string) => void;
}

export function StationRow(props: StationRowProps): JSX.Element {
  const { text, nameOf } = useWords();
  const { station, top, height, columns } = props;
  const { alarm, severity, data } = station.state;
  return (
    <div
      class="row"
      role="row"
      aria-rowindex={props.index + 2}
      data-station={station.id}
      data-alarm={alarm}
      data-severity={severity ?? undefined}
      data-data={data}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
    >
      <div class="cell-state" role="cell">
        <AlarmState state={station.state} warning={props.alarm} />
        <span class="state" data-state={data} title={text.dataMeaning[data]}>
          <Icon name={data} />
          {dataText(station, text)}
        </span>
      </div>
      <div class="cell-station" role="rowheader">
        {/* Not in the way of the tab key: an open curve leads there too. */}
        <a
          class="station-name"
          href={hashOf({ kind: 'station', id: station.id })}
          tabIndex={-1}
          title={nameOf(station)}
        >
          {nameOf(station)}
        </a>
        <span class="station-facts">
          <span class="station-id">{station.id}</span>
          <span class="station-basin">{props.basin}</span>
          {station.simulated ? <span class="simulated">{text.simulated}</span> : null}
        </span>
      </div>
      <div
        class="cell-values"
        role="cell"
        style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
      >
        {station.datastreams.map(datastream => (
          <ValueCell
            key={datastream.name}
            datastream={datastream}
            now={props.now}
            isOpen={props.opened === datastream.name}
            isActive={props.active === datastream.name}
            onOpen={() => props.onOpen(datastream.name)}
          />
        ))}
      </div>
      <div
        class="cell-link"
        role="cell"
        title={linkTitle(station, text)}
        data-link={station.connection.state}
      >
        <Icon name={station.connection.state} />
        <span>{text.connection[station.connection.state]}</span>
      </div>
    </div>
  );
}

interface AlarmStateProps {
  readonly state: Station['state'];
  readonly warning: Alarm | undefined;
}

/** The alarm axis in a word; where a station warns, the severity, which leads to the warning. */
function AlarmState({ state: { alarm, severity }, warning }: AlarmStateProps): JSX.Element {
  const { text } = useWords();
  if (severity === null) {
    return (
      <span class="state" data-state={alarm} title={text.alarmMeaning[alarm]}>
        <Icon name={alarm} />
        {text.alarm[alarm]}
      </span>
    );
  }
  const chip = <SeverityChip severity={severity} isWhole />;
  if (warning === undefined) return chip;
  // Not in the way of the tab key, which goes from value to value; an open curve and the list of warnings lead there too.
  return (
    <a class="state-link" href={hashOf({ kind: 'alarm', id: warning.id })} tabIndex={-1}>
      {chip}
    </a>
  );
}

/** Where a station has several points, how many of them are blind. */
function dataText({ state, datastreams }: Station, text: TextTable): string {
  if (state.data !== 'blind' || datastreams.length < 2) return text.data[state.data];
  const blind = datastreams.filter(datastream => datastream.state.data === 'blind').length;
  return text.blindPoints(blind, datastreams.length);
}

function linkTitle({ connection }: Station, text: TextTable): string {
  const { state, since, lastReceived } = connection;
  const received = lastReceived === null ? text.neverReceived : text.lastReceived(shortInstant(lastReceived));
  return state === 'connected' && since !== null
    ? `${text.connectedSince(shortInstant(since))} · ${received}`
    : received;
}
