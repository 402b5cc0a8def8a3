import { severityRank } from '../../domain/model/warning-severity.ts';
import type { AlarmState, DataState, Station } from '../wire.ts';

export const SORT_ORDERS = ['worst', 'name', 'basin', 'oldest'] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

/** What the list shows and in which order; an empty text does not narrow it. */
export interface StationQuery {
  readonly text: string;
  readonly basin: string;
  /** A state of either axis. */
  readonly state: AlarmState | DataState | '';
  readonly property: string;
  readonly sort: SortOrder;
}

export const EVERY_STATION: StationQuery = { text: '', basin: '', state: '', property: '', sort: 'worst' };

function matches(station: Station, query: StationQuery): boolean {
  const { text, basin, state, property } = query;
  if (basin !== '' && station.basin !== basin) return false;
  if (state !== '' && station.state.alarm !== state && station.state.data !== state) return false;
  if (property !== '' && !station.datastreams.some(datastream => datastream.property === property))
    return false;
  const wanted = text.trim().toLowerCase();
  return (
    wanted === '' ||
    [station.id, station.name, station.nameEn ?? ''].some(name => name.toLowerCase().includes(wanted))
  );
}

/** The stations that match, in order; equal ones by id, so that rows keep their place. */
export function selectStations(stations: Iterable<Station>, query: StationQuery): readonly Station[] {
  const compare = COMPARISONS[query.sort];
  return [...stations]
    .filter(station => matches(station, query))
    .sort((a, b) => compare(a, b) || byText(a.id, b.id));
}

type Comparison = (a: Station, b: Station) => number;

const COMPARISONS: Readonly<Record<SortOrder, Comparison>> = {
  worst: (a, b) => badness(b) - badness(a),
  name: (a, b) => a.name.localeCompare(b.name, 'zh-CN'),
  basin: (a, b) => byText(a.basin ?? '', b.basin ?? '') || badness(b) - badness(a),
  oldest: (a, b) => oldestReading(a) - oldestReading(b),
};

const DATA_BADNESS: Readonly<Record<DataState, number>> = { good: 0, suspect: 1, blind: 2 };

/** A warning comes before any doubt about data, the higher first: warning wins the colour, blind is an overlay. */
function badness({ state, connection }: Station): number {
  const isCutOff = connection.state === 'disconnected';
  const warning = state.severity === null ? 0 : 1 + severityRank(state.severity);
  return 100 * warning + 10 * DATA_BADNESS[state.data] + (isCutOff ? 1 : 0);
}

/** Epoch ms; a point that never reported is the oldest of all. */
function oldestReading({ datastreams }: Station): number {
  return Math.min(...datastreams.map(({ latest }) => latest?.t ?? 0));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
