import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import { EVERY_STATION, selectStations } from '../district/station-query.ts';
import type { StationQuery } from '../district/station-query.ts';
import type { ListCursor } from '../list/list-cursor.ts';
import type { SessionInfo, Station } from '../wire.ts';
import { Account } from './account.tsx';
import { CurvePanel } from './curve-panel.tsx';
import { Overview } from './overview.tsx';
import { PageHeader } from './page-header.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { StationTable } from './station-table.tsx';
import { StatusLine } from './status-line.tsx';
import { Toolbar } from './toolbar.tsx';
import { useDistrict } from './use-district.ts';
import { useDistrictNames } from './use-district-names.ts';
import { useWords } from './words.ts';

interface DutyPageProps {
  readonly session: SessionInfo;
  readonly onLogOut: () => void;
  readonly onSignedOut: () => void;
  /** Switches of language and colours. */
  readonly children: JSX.Element;
}

/** The page of the duty officer: every station, how it is, and whether what stands there is live. */
export function DutyPage({ session, onLogOut, onSignedOut, children }: DutyPageProps): JSX.Element {
  const { text } = useWords();
  const { district, link, now } = useDistrict(onSignedOut);
  const names = useDistrictNames(session.role);
  const [isPasswordOpen, setPasswordOpen] = useState(false);
  const account = (
    <>
      {children}
      <Account session={session} onPassword={() => setPasswordOpen(true)} onLogOut={onLogOut} />
    </>
  );
  const [query, setQuery] = useState<StationQuery>(EVERY_STATION);
  const [opened, setOpened] = useState<ListCursor>();
  const [isOverviewOpen, setOverviewOpen] = useState(false);

  const stations = district?.stations;
  const selected = useMemo(
    () => (stations === undefined ? [] : selectStations(stations.values(), query)),
    [stations, query],
  );
  const { basins, properties } = useMemo(() => choicesOf(stations?.values() ?? []), [stations]);
  const station = opened === undefined ? undefined : stations?.get(opened.station);
  const datastream = station?.datastreams.find(({ name }) => name === opened?.datastream);
  const narrow = (next: StationQuery): void => {
    setQuery(next);
    setOverviewOpen(false);
  };

  return (
    <div class="page" data-link={link.kind}>
      <PageHeader
        district={names.district ?? text.title}
        now={now}
        isOverviewOpen={isOverviewOpen}
        onOverview={() => setOverviewOpen(!isOverviewOpen)}
      >
        {account}
      </PageHeader>
      <StatusLine link={link} district={district} />
      {district === undefined ? (
        <p class="nothing">{link.kind === 'forbidden' ? text.notForThisRole : text.loading}</p>
      ) : (
        <div class="desk">
          <Overview
            district={district}
            isOpen={isOverviewOpen}
            query={query}
            basinName={names.basin}
            onQuery={narrow}
          >
            {account}
          </Overview>
          <main class="main">
            <Toolbar
              query={query}
              onQuery={setQuery}
              basins={basins}
              basinName={names.basin}
              properties={properties}
              shown={selected.length}
              total={district.stations.size}
            />
            <StationTable
              stations={selected}
              emptyText={district.stations.size === 0 ? text.nothingRegistered : text.nothingMatches}
              now={now}
              opened={opened}
              basinName={names.basin}
              onOpen={setOpened}
            />
            {station === undefined || datastream === undefined ? null : (
              <CurvePanel
                key={`${station.id}/${datastream.name}`}
                station={station}
                datastream={datastream}
                now={now}
                onClose={() => setOpened(undefined)}
              />
            )}
          </main>
        </div>
      )}
      {isPasswordOpen ? (
        <PasswordDialog
          user={session.user ?? ''}
          onClose={() => setPasswordOpen(false)}
          onSignedOut={onSignedOut}
        />
      ) : null}
    </div>
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
