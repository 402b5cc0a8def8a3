import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';

import { EVERY_ALARM, urgentByStation } from '../alarm/alarm-order.ts';
import type { AlarmQuery } from '../alarm/alarm-order.ts';
import { subjectParts } from '../alarm/subject.ts';
import type { LiveDistrict } from '../district/live-district.ts';
import { EVERY_STATION } from '../district/station-query.ts';
import type { StationQuery } from '../district/station-query.ts';
import { hashOf } from '../route/route.ts';
import type { ListCursor } from '../list/list-cursor.ts';
import type { SessionInfo } from '../wire.ts';
import { Account } from './account.tsx';
import { AlarmView } from './alarm-view.tsx';
import { CurvePanel } from './curve-panel.tsx';
import { Overview } from './overview.tsx';
import { PageHeader } from './page-header.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { PlaceNav } from './place-nav.tsx';
import { RecordView } from './record-view.tsx';
import { RulesView } from './rules-view.tsx';
import { StationView } from './station-view.tsx';
import { StationsView } from './stations-view.tsx';
import { StatusLine } from './status-line.tsx';
import { useDistrict } from './use-district.ts';
import { useDistrictNames } from './use-district-names.ts';
import { useNames } from './use-names.ts';
import { useNews } from './use-news.ts';
import { goTo, useRoute } from './use-route.ts';
import { WarningsView } from './warnings-view.tsx';
import { useWords } from './words.ts';

interface DutyPageProps {
  readonly session: SessionInfo;
  readonly onLogOut: () => void;
  readonly onSignedOut: () => void;
  /** Switches of language and colours. */
  readonly children: JSX.Element;
}

/** The page of the duty officer: what is warned of, how every station is, and whether what stands there is live. */
export function DutyPage({ session, onLogOut, onSignedOut, children }: DutyPageProps): JSX.Element {
  const { text } = useWords();
  const { district, link, now } = useDistrict(onSignedOut);
  const names = useDistrictNames(session.role);
  const [isPasswordOpen, setPasswordOpen] = useState(false);
  const [isOverviewOpen, setOverviewOpen] = useState(false);
  const inForce = district?.alarms.size ?? 0;
  useLayoutEffect(() => {
    document.title = inForce === 0 ? text.title : `(${String(inForce)}) ${text.title}`;
  }, [text, inForce]);
  const account = (
    <>
      {children}
      <Account session={session} onPassword={() => setPasswordOpen(true)} onLogOut={onLogOut} />
    </>
  );
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
        <Desk
          district={district}
          now={now}
          basinName={names.basin}
          isOverviewOpen={isOverviewOpen}
          onOverviewDone={() => setOverviewOpen(false)}
        >
          {account}
        </Desk>
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

interface DeskProps {
  readonly district: LiveDistrict;
  /** The server's clock, epoch ms. */
  readonly now: number;
  readonly basinName: (basin: string) => string;
  readonly isOverviewOpen: boolean;
  readonly onOverviewDone: () => void;
  /** The account, where the header has no room for it. */
  readonly children: JSX.Element;
}

/** Everything below the status line: the overview, the place that the address names, and an open curve. */
function Desk(props: DeskProps): JSX.Element {
  const { text } = useWords();
  const { district, now, basinName, isOverviewOpen, onOverviewDone } = props;
  const { stations, alarms } = district;
  const route = useRoute();
  const names = useNames(stations);
  const news = useNews(alarms);
  const [query, setQuery] = useState<StationQuery>(EVERY_STATION);
  const [alarmQuery, setAlarmQuery] = useState<AlarmQuery>(EVERY_ALARM);
  const [opened, setOpened] = useState<ListCursor>();
  const urgent = useMemo(() => urgentByStation(alarms.values()), [alarms]);
  const place = hashOf(route);
  useEffect(() => {
    setOpened(undefined);
    onOverviewDone();
  }, [place]);
  const station = opened === undefined ? undefined : stations.get(opened.station);
  const datastream = station?.datastreams.find(({ name }) => name === opened?.datastream);
  const shared = { names, basinName, now };
  return (
    <>
      <PlaceNav route={route} alarms={alarms} />
      <p class="visually-hidden" role="status">
        {news === undefined
          ? ''
          : text.alarmRaised(
              `${text.severity[news.severity]} ${names.rule(news)} ${names.whole(news.subject)}`,
            )}
      </p>
      <div class="desk">
        <Overview
          district={district}
          isOpen={isOverviewOpen}
          query={query}
          basinName={basinName}
          onQuery={next => {
            setQuery(next);
            onOverviewDone();
            goTo({ kind: 'stations' });
          }}
          onSeverity={severity => {
            setAlarmQuery({ ...EVERY_ALARM, severity });
            onOverviewDone();
          }}
        >
          {props.children}
        </Overview>
        <main class="main">
          {route.kind === 'stations' ? (
            <StationsView
              stations={stations}
              alarms={urgent}
              query={query}
              onQuery={setQuery}
              basinName={basinName}
              now={now}
              opened={opened}
              onOpen={setOpened}
            />
          ) : null}
          {route.kind === 'alarms' ? (
            <WarningsView alarms={alarms} query={alarmQuery} onQuery={setAlarmQuery} {...shared} />
          ) : null}
          {route.kind === 'record' ? <RecordView {...shared} /> : null}
          {route.kind === 'rules' ? <RulesView names={names} now={now} /> : null}
          {route.kind === 'alarm' ? (
            <AlarmView
              key={route.id}
              id={route.id}
              live={alarms.get(route.id)}
              names={names}
              now={now}
              canShowCurve={({ subject }) => stations.has(subjectParts(subject).station)}
              onCurve={subject => setOpened(subjectParts(subject))}
            />
          ) : null}
          {route.kind === 'station' ? (
            <StationView
              key={route.id}
              station={stations.get(route.id)}
              alarms={alarms}
              opened={opened}
              onOpen={setOpened}
              {...shared}
            />
          ) : null}
          {station === undefined || datastream === undefined ? null : (
            <CurvePanel
              key={`${station.id}/${datastream.name}`}
              station={station}
              datastream={datastream}
              alarms={alarms}
              now={now}
              names={names}
              onClose={() => setOpened(undefined)}
            />
          )}
        </main>
      </div>
    </>
  );
}
