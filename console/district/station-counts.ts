import type { AlarmState, ConnectionState, DataState, Station } from '../wire.ts';

/** How many stations are in each state. */
export interface StationCounts {
  readonly total: number;
  readonly alarm: Readonly<Record<AlarmState, number>>;
  readonly data: Readonly<Record<DataState, number>>;
  readonly connection: Readonly<Record<ConnectionState, number>>;
  /** Of all their points, and of those that are blind. */
  readonly points: { readonly all: number; readonly blind: number };
}

export function countStations(stations: Iterable<Station>): StationCounts {
  let total = 0;
  const alarm = { unknown: 0, normal: 0, warning: 0 };
  const data = { good: 0, suspect: 0, blind: 0 };
  const connection = { connected: 0, disconnected: 0, unknown: 0 };
  const points = { all: 0, blind: 0 };
  for (const station of stations) {
    total += 1;
    alarm[station.state.alarm] += 1;
    data[station.state.data] += 1;
    connection[station.connection.state] += 1;
    points.all += station.datastreams.length;
    points.blind += station.datastreams.filter(({ state }) => state.data === 'blind').length;
  }
  return { total, alarm, data, connection, points };
}

/** A share in whole percent; neither none nor all is said of what is only nearly so. */
export function shareText(part: number, all: number): string {
  if (all === 0) return '–';
  const percent = (100 * part) / all;
  if (part > 0 && percent < 1) return '<1%';
  return part < all && percent > 99 ? '>99%' : `${percent.toFixed(0)}%`;
}

/** The counts of each basin, by its id; stations without one stand under the empty text. */
export function countByBasin(stations: Iterable<Station>): ReadonlyMap<string, StationCounts> {
  const groups = new Map<string, Station[]>();
  for (const station of stations) {
    const basin = station.basin ?? '';
    const group = groups.get(basin);
    if (group === undefined) groups.set(basin, [station]);
    else group.push(station);
  }
  const sorted = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([basin, group]) => [basin, countStations(group)]));
}
