import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { byUrgency } from '../alarm/alarm-order.ts';
import type { Alarm } from '../alarm/alarm-wire.ts';
import type { ChosenTime } from '../curve/chosen-time.ts';
import { curveColumns, withLive, withNewer } from '../curve/curve-data.ts';
import type { CurveColumns, CurveThreshold } from '../curve/curve-data.ts';
import type { CurvePicture } from '../curve/curve-plot.ts';
import { CURVE_RANGES, planCurve, readCurve } from '../curve/curve-request.ts';
import type { CurvePlan, CurveRange, CurveRow } from '../curve/curve-request.ts';
import { hashOf } from '../route/route.ts';
import { shortInstant } from '../text/local-time.ts';
import { datastreamText, numberText, unitText, valueText } from '../text/value-text.ts';
import type { TextTable } from '../text/zh.ts';
import type { Datastream, Station } from '../wire.ts';
import { CurveCanvas } from './curve-canvas.tsx';
import { Icon } from './icon.tsx';
import { PointAlarms } from './point-alarms.tsx';
import { PointWhy } from './point-why.tsx';
import type { AlarmNames } from './use-names.ts';
import { useWords } from './words.ts';

interface CurvePanelProps {
  readonly station: Station;
  readonly datastream: Datastream;
  /** The warnings in force. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  /** The server's clock, epoch ms. */
  readonly now: number;
  readonly names: AlarmNames;
  readonly onClose: () => void;
}

type Reading =
  | { readonly kind: 'reading' | 'failed' }
  | { readonly kind: 'read'; readonly rows: readonly CurveRow[]; readonly plan: CurvePlan };

/** How often a curve is read again while its range goes by: three hours each minute. */
const READS_A_RANGE = 180;

const RANGES = Object.keys(CURVE_RANGES) as readonly CurveRange[];

/** The curve of one point: stored readings, and behind them what the stream tells. */
export function CurvePanel(props: CurvePanelProps): JSX.Element {
  const { station, datastream, alarms, now, names, onClose } = props;
  const { language, text, nameOf } = useWords();
  const [range, setRange] = useState<CurveRange>('3h');
  const [attempt, setAttempt] = useState(0);
  const reading = useCurve({ station: station.id, datastream, now }, range, attempt);
  const [hovered, setHovered] = useState<number>();
  const [chosen, setChosen] = useState<ChosenTime>('now');
  const [isAsked, setAsked] = useState(false);
  const asking = useRef<HTMLButtonElement>(null);
  const { latest } = datastream;
  const subject = `${station.id}/${datastream.name}`;
  const own = useMemo(
    () => [...alarms.values()].filter(alarm => alarm.subject === subject).sort(byUrgency),
    [alarms, subject],
  );

  const picture = useMemo((): CurvePicture | undefined => {
    if (reading.kind !== 'read') return undefined;
    const to = Math.max(now, latest?.t ?? 0);
    const from = to - CURVE_RANGES[range];
    const rows = reading.rows.filter(({ t }) => t >= from);
    return {
      columns: curveColumns(rows, reading.plan.stepMs),
      thresholds: thresholdsOf(datastream, text),
      // The highest is drawn last, over the others.
      warnings: own
        .toReversed()
        .map(({ severity, begin, end }) => ({ severity, from: begin, to: end ?? to })),
      chosen: chosen === 'now' ? undefined : chosen,
      from,
      to,
    };
  }, [reading, latest?.t, range, text, own, chosen]);
  const chosenText = chosen === 'now' ? text.now : readout(picture?.columns, chosen, { datastream, text });
  const stopAsking = (): void => {
    setAsked(false);
    setChosen('now');
    asking.current?.focus();
  };

  const title = `${nameOf(station)} · ${datastreamText(datastream, language)}`;
  const datum = datastream.datum === null ? '' : text.datum(datastream.datum);
  const measured = [unitText(datastream.unit), datum].filter(Boolean).join(' · ');
  return (
    <section
      class="curve"
      aria-label={title}
      data-asked={isAsked}
      onKeyDown={event => {
        if (event.key !== 'Escape') return;
        if (isAsked) stopAsking();
        else onClose();
      }}
    >
      <div class="curve-head">
        <h2 title={title}>
          <a href={hashOf({ kind: 'station', id: station.id })} title={text.stationPage}>
            {nameOf(station)}
          </a>
          {` · ${datastreamText(datastream, language)}`}
        </h2>
        <span class="curve-unit" title={measured}>
          {measured}
        </span>
        <span class="curve-readout" aria-live="off">
          {hovered === undefined
            ? chosen === 'now'
              ? ''
              : chosenText
            : readout(picture?.columns, picture?.columns.times[hovered], { datastream, text })}
        </span>
        <button
          class="curve-ask"
          type="button"
          ref={asking}
          aria-expanded={isAsked}
          onClick={() => (isAsked ? stopAsking() : setAsked(true))}
        >
          {text.verdict[own.length > 0 ? 'warning' : 'noWarning']}
        </button>
        <span class="curve-ranges" role="group" aria-label={text.curveRange}>
          {RANGES.map(name => (
            <button key={name} type="button" aria-pressed={name === range} onClick={() => setRange(name)}>
              {text.ranges[name]}
            </button>
          ))}
        </span>
        <button
          class="quiet curve-close"
          type="button"
          aria-label={text.close}
          title={text.close}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="curve-main">
        <div class="curve-body">
          {picture !== undefined && picture.columns.times.length > 0 ? (
            <CurveCanvas
              picture={picture}
              datastream={datastream}
              range={range}
              chosen={chosen}
              chosenText={chosenText}
              onHover={setHovered}
              onChoose={setChosen}
              onAsk={() => setAsked(true)}
            />
          ) : (
            <p class="nothing">
              {emptyText(reading.kind, text)}
              {reading.kind === 'failed' ? (
                <button type="button" class="link" onClick={() => setAttempt(attempt + 1)}>
                  {text.retry}
                </button>
              ) : null}
            </p>
          )}
        </div>
        {isAsked ? (
          <PointWhy
            subject={subject}
            chosen={chosen}
            alarms={own}
            now={now}
            names={names}
            onNow={() => setChosen('now')}
            onClose={stopAsking}
          />
        ) : null}
      </div>
      <PointAlarms alarms={own} />
      <p class="curve-notes">{notesOf(reading, picture, { datastream, text }).join(' · ')}</p>
    </section>
  );
}

function emptyText(kind: Reading['kind'], text: TextTable): string {
  if (kind === 'reading') return text.curveLoading;
  return kind === 'failed' ? text.curveFailed : text.curveEmpty;
}

interface CurveSubject {
  readonly station: string;
  readonly datastream: Datastream;
  readonly now: number;
}

/**
 * Reads anew when another point or range is asked for, and after a failure when a person says so. Keeps what the stream
 * tells meanwhile, and reads again now and then: backlog and corrections come without being the last value.
 */
function useCurve({ station, datastream, now }: CurveSubject, range: CurveRange, attempt: number): Reading {
  const [reading, setReading] = useState<Reading>({ kind: 'reading' });
  const clock = useRef(now);
  clock.current = now;
  useEffect(() => {
    const abort = new AbortController();
    setReading({ kind: 'reading' });
    const plan = planCurve(datastream, range);
    const read = async (): Promise<void> => {
      const query = { from: clock.current - CURVE_RANGES[range], to: clock.current + 1 };
      const rows = await readCurve({ station, datastream, plan, ...query }, abort.signal);
      setReading(before => ({
        kind: 'read',
        rows: before.kind === 'read' ? withNewer(rows, before.rows) : rows,
        plan,
      }));
    };
    read().catch(() => {
      if (!abort.signal.aborted) setReading({ kind: 'failed' });
    });
    // What was read before stays where this fails; the status line tells whether the server can be reached.
    const timer = setInterval(() => void read().catch(() => undefined), CURVE_RANGES[range] / READS_A_RANGE);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [station, datastream.name, range, attempt]);
  const { latest } = datastream;
  useEffect(() => {
    setReading(before => {
      if (before.kind !== 'read' || !before.plan.takesReadings) return before;
      const rows = withLive(before.rows, latest);
      return rows === before.rows ? before : { ...before, rows };
    });
  }, [reading, latest?.t]);
  return reading;
}

function thresholdsOf({ thresholds }: Datastream, text: TextTable): readonly CurveThreshold[] {
  const names: Readonly<Record<string, string>> = text.threshold;
  return Object.entries(thresholds ?? {}).map(([name, value]) => ({ name: names[name] ?? name, value }));
}

interface Wording {
  readonly datastream: Datastream;
  readonly text: TextTable;
}

/** A time in words, and the row that stands there. */
function readout(
  columns: CurveColumns | undefined,
  t: number | undefined,
  { datastream, text }: Wording,
): string {
  if (t === undefined || columns === undefined) return '';
  const index = columns.times.indexOf(t);
  if (index < 0) return shortInstant(t);
  const mark = columns.marks.find(marked => marked.t === t);
  const v = mark?.v ?? columns.line[index] ?? null;
  const kind = mark === undefined ? '' : ` ${mark.kind === 'suspect' ? text.flag[3] : text.flag[4]}`;
  return `${shortInstant(t)}  ${valueText(datastream, v, text)} ${unitText(datastream.unit)}${kind}`;
}

function notesOf(
  reading: Reading,
  picture: CurvePicture | undefined,
  { datastream, text }: Wording,
): readonly string[] {
  const thresholds = thresholdsOf(datastream, text).map(
    ({ name, value }) => `${name} ${numberText(value, datastream.unit)}`,
  );
  const notes = [
    thresholds.length === 0 ? text.noThresholds : `${text.thresholdsAre}: ${thresholds.join(', ')}`,
  ];
  if (reading.kind === 'read' && reading.plan.bucket !== undefined) {
    const bucket = text.buckets[reading.plan.bucket];
    notes.push(datastream.interpolation === 'period_total' ? text.sumNote(bucket) : text.bucketNote(bucket));
  }
  if (picture === undefined) return notes;
  const { marks, gaps } = picture.columns;
  if (gaps > 0) notes.push(text.curveGaps(gaps));
  if (marks.length > 0) {
    const suspect = marks.filter(({ kind }) => kind === 'suspect').length;
    notes.push(text.curveMarks(suspect, marks.length - suspect));
  }
  return notes;
}
