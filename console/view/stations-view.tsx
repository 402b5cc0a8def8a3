import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import type { Alarm } from '../alarm/alarm-wire.ts';
import { selectStations } from '../district/station-query.ts';
import type { StationQuery } from '../district/station-query.ts';
import type { ListCursor } from '../list/list-cursor.ts';
import type { Station } from '../wire.ts';
import { StationTable } from './station-table.tsx';
import { Toolbar } from './toolbar.tsx';
import { useWords } from './words.ts';

interface StationsViewProps {
  readonly stations: ReadonlyMap<string, Station>;
  /** The most urgent warning of a station. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  readonly query: StationQuery;
  readonly onQuery: (query: StationQuery) => void;
  readonly basinName: (basin: string) => string;
  /** The server's clock, epoch ms. */
  readonly now: number;
  readonly opened: ListCursor | undefined;
  readonly onOpen: (cursor: ListCursor) => void;
}

/** Every station, how it is, and its last values. */
export function StationsView(props: StationsViewProps): JSX.Element {
  const { text } = useWords();
  const { stations, query, onQuery, basinName } = props;
  const selected = useMemo(() => selectStations(stations.values(), query), [stations, query]);
  const { basins, properties } = useMemo(() => choicesOf(stations.values()), [stations]);
  return (
    <>
      <Toolbar
        query={query}
        onQuery={onQuery}
        basins={basins}
        basinName={basinName}
        properties={properties}
        shown={selected.length}
        total={stations.size}
      />
      <StationTable
        stations={selected}
        alarms={props.alarms}
        emptyText={stations.size === 0 ? text.nothingRegistered : text.nothingMatches}
        now={props.now}
        opened={props.opened}
        basinName={basinName}
        onOpen={props.onOpen}
      />
    </>
  );
}

/** What there is to narrow the list by. */
function choicesOf(stations: Iterable<Station>): {
  readonly basins: readonly string[];
  readonly properties: readonly string[];
} {
  const basins = new Set<string>();
  const properties = new Set<string>();
  for (const { basin, datastreams } of stations) {
    if (basin !== null) basins.add(basin);
    for (const { property } of datastreams) properties.add(property);
  }
  return { basins: [...basins].toSorted(), properties: [...properties].toSorted() };
}
