import type { Station } from '../wire.ts';

/** The value that the keyboard is at. By name, since rows move while values change. */
export interface ListCursor {
  readonly station: string;
  readonly datastream: string;
}

/** Where a key leads from a value; `undefined` where the key is none of the list's or there is nowhere to go. */
export function moveCursor(
  stations: readonly Station[],
  cursor: ListCursor,
  key: { readonly name: string; readonly pageRows: number },
): ListCursor | undefined {
  const row = stations.findIndex(({ id }) => id === cursor.station);
  const station = stations[row];
  if (station === undefined) return undefined;
  const column = station.datastreams.findIndex(({ name }) => name === cursor.datastream);
  switch (key.name) {
    case 'ArrowLeft':
      return cursorAt(stations, row, column - 1);
    case 'ArrowRight':
      return cursorAt(stations, row, column + 1);
    case 'ArrowUp':
      return nearestRow(stations, { row: row - 1, step: -1 }, column);
    case 'ArrowDown':
      return nearestRow(stations, { row: row + 1, step: 1 }, column);
    case 'PageUp':
      return nearestRow(stations, { row: Math.max(0, row - key.pageRows), step: 1 }, column);
    case 'PageDown':
      return nearestRow(
        stations,
        { row: Math.min(stations.length - 1, row + key.pageRows), step: -1 },
        column,
      );
    case 'Home':
      return nearestRow(stations, { row: 0, step: 1 }, 0);
    case 'End':
      return nearestRow(stations, { row: stations.length - 1, step: -1 }, 0);
    default:
      return undefined;
  }
}

/** The first value of the list. */
export function firstCursor(stations: readonly Station[]): ListCursor | undefined {
  return nearestRow(stations, { row: 0, step: 1 }, 0);
}

/** The next row in a direction that has a value; in it the same column, or its last. */
function nearestRow(
  stations: readonly Station[],
  from: { readonly row: number; readonly step: number },
  column: number,
): ListCursor | undefined {
  for (let { row } = from; row >= 0 && row < stations.length; row += from.step) {
    const last = (stations[row]?.datastreams.length ?? 0) - 1;
    if (last >= 0) return cursorAt(stations, row, Math.min(column, last));
  }
  return undefined;
}

function cursorAt(stations: readonly Station[], row: number, column: number): ListCursor | undefined {
  const station = stations[row];
  const datastream = station?.datastreams[column];
  return station === undefined || datastream === undefined
    ? undefined
    : { station: station.id, datastream: datastream.name };
}
