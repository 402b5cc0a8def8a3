import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { laterText } from '../alarm/alarm-marks.ts';
import type { Alarm, ListedAlarm } from '../alarm/alarm-wire.ts';
import { peakMeasure, peakText } from '../alarm/peak-text.ts';
import { hashOf } from '../route/route.ts';
import { longSpan } from '../text/long-span.ts';
import { shortInstant } from '../text/local-time.ts';
import { AlarmMarks } from './alarm-marks.tsx';
import { SeverityChip } from './severity-chip.tsx';
import type { AlarmNames } from './use-names.ts';
import { useWords } from './words.ts';

interface AlarmListProps {
  readonly label: string;
  /** In the order in which they stand. */
  readonly alarms: readonly (Alarm | ListedAlarm)[];
  readonly names: AlarmNames;
  readonly basinName: (basin: string) => string;
  /** The server's clock, epoch ms. */
  readonly now: number;
}

/** So many are drawn at first: a storm has hundreds, and each is drawn anew every second. */
const DRAWN_AT_FIRST = 200;

/** Alarms as rows, or as cards where there is little room; each leads to its page. */
export function AlarmList({ label, alarms, ...rest }: AlarmListProps): JSX.Element {
  const { text } = useWords();
  const [most, setMost] = useState(DRAWN_AT_FIRST);
  const { severity, rule, point, begin, lasts, peak } = text.alarmColumns;
  return (
    <>
      <div class="alarm-head" aria-hidden="true">
        {[severity, rule, point, begin, lasts, peak].map(name => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <ul class="alarms" aria-label={label}>
        {alarms.slice(0, most).map(alarm => (
          <AlarmRow key={alarm.id} alarm={alarm} {...rest} />
        ))}
      </ul>
      {alarms.length > most ? (
        <button class="link more" type="button" onClick={() => setMost(most + DRAWN_AT_FIRST)}>
          {text.more} ({alarms.length - most})
        </button>
      ) : null}
    </>
  );
}

interface AlarmRowProps extends Omit<AlarmListProps, 'label' | 'alarms'> {
  readonly alarm: Alarm | ListedAlarm;
}

function AlarmRow({ alarm, names, basinName, now }: AlarmRowProps): JSX.Element {
  const { text } = useWords();
  const columns = text.alarmColumns;
  const { id, severity, station, subject, basin, begin, end, state, inForce } = alarm;
  const later = 'later' in alarm ? laterText(alarm, text) : undefined;
  const isGone = state === 'withdrawn' || state === 'merged';
  const lasts = isGone && end === null ? '–' : longSpan(Math.max(0, (end ?? now) - begin), text);
  return (
    <li class="alarm" data-severity={severity} data-in-force={inForce} data-alarm={id}>
      <span class="alarm-severity">
        <SeverityChip severity={severity} />
      </span>
      <span class="alarm-rule">
        <a class="alarm-link" href={hashOf({ kind: 'alarm', id })}>
          {names.rule(alarm)}
        </a>
        <span class="alarm-notes">
          <AlarmMarks alarm={alarm} now={now} />
          {later === undefined ? null : <span class="later">{later}</span>}
        </span>
      </span>
      <span class="alarm-point">
        <span class="alarm-station">
          {names.station(station)} · {names.point(subject)}
        </span>
        <span class="station-facts">
          <span>{station}</span>
          <span class="station-basin">{basin === null ? text.noBasin : basinName(basin)}</span>
        </span>
      </span>
      <Figure label={columns.begin} value={shortInstant(begin)} />
      <Figure
        label={columns.lasts}
        value={lasts}
        notes={[end === null ? undefined : `${columns.end} ${shortInstant(end)}`]}
      />
      <Figure
        label={columns.peak}
        value={peakText(alarm, text)}
        notes={[peakMeasure(alarm, text), shortInstant(alarm.peak.t)]}
      />
    </li>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: string;
  /** What stands below the value. */
  readonly notes?: readonly (string | undefined)[];
}

function Figure({ label, value, notes = [] }: FigureProps): JSX.Element {
  return (
    <span class="figure">
      <span class="figure-label">{label} </span>
      <span class="figure-value">{value}</span>
      {notes.map(note =>
        note === undefined ? null : (
          <span key={note} class="figure-note">
            {note}
          </span>
        ),
      )}
    </span>
  );
}
