import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { firstCursor, moveCursor } from '../list/list-cursor.ts';
import type { ListCursor } from '../list/list-cursor.ts';
import { rowHeight, rowLayout } from '../list/row-layout.ts';
import { rowTops, rowWindow, scrollToRow } from '../list/row-window.ts';
import type { Alarm } from '../alarm/alarm-wire.ts';
import type { Station } from '../wire.ts';
import { StationRow } from './station-row.tsx';
import { useWords } from './words.ts';

interface StationTableProps {
  /** In the order in which they stand. */
  readonly stations: readonly Station[];
  /** The most urgent warning of a station. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  readonly emptyText: string;
  readonly now: number;
  readonly opened: ListCursor | undefined;
  readonly basinName: (basin: string) => string;
  readonly onOpen: (cursor: ListCursor) => void;
}

/** Rows beyond the edge that are drawn too, CSS pixels. */
const MARGIN = 240;

interface Viewport {
  readonly scrollTop: number;
  readonly width: number;
  readonly height: number;
}

/** All stations; of thousands only the rows in the picture are drawn. */
export function StationTable(props: StationTableProps): JSX.Element {
  const { language, text } = useWords();
  const { stations } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [viewport, setViewport] = useViewport(scroller);
  const [cursor, setCursor] = useState<ListCursor>();
  const wantsFocus = useRef(false);

  const layout = rowLayout(viewport.width, language);
  const { columns, isCard } = layout;
  const heights = useMemo(
    () => stations.map(({ datastreams }) => rowHeight({ columns, isCard }, datastreams.length)),
    [stations, columns, isCard],
  );
  const tops = useMemo(() => rowTops(heights), [heights]);
  const { first, end } = rowWindow(tops, { ...viewport, margin: MARGIN });
  const cursorRow = cursor === undefined ? -1 : stations.findIndex(({ id }) => id === cursor.station);
  const active = cursorRow < 0 ? firstCursor(stations) : cursor;

  // The row with the focus stays drawn wherever it is: a focus that vanishes sends the keyboard back to the beginning.
  const drawn = stations.slice(first, end).map((_, offset) => first + offset);
  if (cursorRow >= 0 && (cursorRow < first || cursorRow >= end)) drawn.push(cursorRow);

  // Before anything is painted: a row that leaves the picture would take the focus with it.
  useLayoutEffect(() => {
    if (!wantsFocus.current || cursor === undefined) return;
    wantsFocus.current = false;
    const row = scroller.current?.querySelector(`[data-station="${cursor.station}"]`);
    row
      ?.querySelector<HTMLElement>(`[data-datastream="${cursor.datastream}"]`)
      ?.focus({ preventScroll: true });
  }, [cursor]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const from = cursor ?? active;
    if (from === undefined) return;
    const pageRows = Math.max(1, Math.floor(viewport.height / (heights[0] ?? 1)) - 1);
    const next = moveCursor(stations, from, { name: event.key, pageRows });
    if (next === undefined) return;
    event.preventDefault();
    wantsFocus.current = true;
    setCursor(next);
    const row = stations.findIndex(({ id }) => id === next.station);
    const scrollTop = scrollToRow(tops, row, viewport);
    scroller.current?.scrollTo({ top: scrollTop });
    setViewport({ ...viewport, scrollTop });
  };

  return (
    <div
      class="stations"
      role="table"
      aria-label={text.stations}
      aria-rowcount={stations.length + 1}
      style={{ '--station-width': `${layout.stationWidth}px` }}
    >
      <div class="row-head" role="row" aria-rowindex={1} hidden={layout.isCard}>
        <span role="columnheader">{text.columnState}</span>
        <span role="columnheader">{text.columnStation}</span>
        <span role="columnheader">{text.columnValues}</span>
        <span role="columnheader">{text.columnConnection}</span>
      </div>
      <div
        class="scroller"
        role="rowgroup"
        ref={scroller}
        data-card={layout.isCard}
        aria-description={text.keyboardHint}
        onKeyDown={onKeyDown}
        onScroll={event => setViewport({ ...viewport, scrollTop: event.currentTarget.scrollTop })}
      >
        <div class="rows" role="presentation" style={{ height: `${tops.at(-1) ?? 0}px` }}>
          {drawn.map(index => {
            const station = stations[index];
            if (station === undefined) return null;
            return (
              <StationRow
                key={station.id}
                station={station}
                alarm={props.alarms.get(station.id)}
                basin={station.basin === null ? text.noBasin : props.basinName(station.basin)}
                index={index}
                top={tops[index] ?? 0}
                height={heights[index] ?? 0}
                columns={layout.columns}
                now={props.now}
                opened={props.opened?.station === station.id ? props.opened.datastream : undefined}
                active={active?.station === station.id ? active.datastream : undefined}
                onOpen={datastream => {
                  setCursor({ station: station.id, datastream });
                  props.onOpen({ station: station.id, datastream });
                }}
              />
            );
          })}
        </div>
        {stations.length === 0 ? <p class="nothing">{props.emptyText}</p> : null}
      </div>
    </div>
  );
}

/** The visible part of the scroller; follows its size. */
function useViewport(scroller: {
  readonly current: HTMLDivElement | null;
}): readonly [Viewport, (viewport: Viewport) => void] {
  const [viewport, setViewport] = useState<Viewport>({ scrollTop: 0, width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const measure = (): void =>
      setViewport({
        scrollTop: element.scrollTop,
        width: element.clientWidth,
        height: element.clientHeight,
      });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  return [viewport, setViewport];
}
