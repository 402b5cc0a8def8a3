import { AppError } from '../../domain/errors.ts';
import type { EpisodeQuery, EpisodeRecord, LoggedChange } from '../../domain/ports/episode-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { AlarmReasons } from '../../watch/alarm-reasons.ts';
import type { Application, Principal } from '../application.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { alarmNames, alarmView, stationOf } from './alarm-view.ts';
import type { AlarmNames } from './alarm-view.ts';
import type { AlarmChangeView, ListedAlarmView } from './alarm-schemas.ts';
import { itemsAnswer, jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { stationsInScope } from './place-scope.ts';

type AlarmSource = Pick<Application, 'alarms' | 'registry' | 'district'>;

export async function listAlarms({ application, principal, query }: Call<'alarms'>): Promise<Answer> {
  const { state, station, rule, from, to, knownAt, cursor, limit } = query;
  const stations = stationsInScope(principal, application, query);
  const records =
    stations?.length === 0
      ? []
      : await application.alarms.list(
          withoutUndefined({
            statuses: state,
            stations,
            rule,
            from: from === undefined ? undefined : epochMs(from),
            to: to === undefined ? undefined : epochMs(to),
            knownAt: knownAt === undefined ? undefined : epochMs(knownAt),
            after: cursor === undefined ? undefined : place(cursor),
            limit: limit + 1,
          }),
        );
  if (records.length === 0) await requireKnown(application, { station, rule });
  const page = records.slice(0, limit);
  const last = records.length > page.length ? page.at(-1) : undefined;
  const later = knownAt === undefined ? new Map<string, EpisodeRecord>() : await turnedOut(application, page);
  const names = alarmNames(application);
  return itemsAnswer(
    page,
    record => listedView(record, later.get(record.id), names),
    last === undefined ? null : encodeCursor('alarms', [last.episode.begin, last.id]),
  );
}

export async function showAlarm({ application, principal, params }: Call<'alarm'>): Promise<Answer> {
  const record = await findInScope(application, principal, params.id);
  const changes = await application.alarms.changes(params.id);
  return jsonAnswer({ ...alarmView(record, alarmNames(application)), changes: changes.map(changeView) });
}

export async function explainAlarm({
  application,
  principal,
  params,
}: Call<'alarmReasons'>): Promise<Answer> {
  await findInScope(application, principal, params.id);
  return jsonAnswer(await requireReasons(application, params.id));
}

/** @throws AppError `not_found` for an alarm that never was */
export async function requireReasons(
  { alarms }: Pick<Application, 'alarms'>,
  id: string,
): Promise<AlarmReasons> {
  const reasons = await alarms.why(id);
  if (reasons === undefined) throw unknownAlarm(id);
  return reasons;
}

async function findInScope(
  application: AlarmSource,
  principal: Principal,
  id: string,
): Promise<EpisodeRecord> {
  const record = await application.alarms.find(id);
  const seen = stationsInScope(principal, application);
  // Out of scope answers like absent: whether an alarm exists is nothing that others may learn.
  if (record === undefined || seen?.includes(stationOf(record.episode.subject)) === false) {
    throw unknownAlarm(id);
  }
  return record;
}

function unknownAlarm(id: string): AppError {
  return new AppError('not_found', `There is no alarm "${id}".`);
}

/** A mistyped station or rule would answer an empty list, which reads as "no warnings": it is `not_found`. */
async function requireKnown(
  application: Pick<Application, 'alarms' | 'registry'>,
  { station, rule }: { readonly station: string | undefined; readonly rule: string | undefined },
): Promise<void> {
  const { alarms } = application;
  const { things } = application.registry();
  const hasAlarms = async (query: Omit<EpisodeQuery, 'limit'>): Promise<boolean> =>
    (await alarms.list({ ...query, limit: 1 })).length > 0;
  const isStation = station === undefined || things.get(station)?.kind === 'station';
  if (!isStation && !(await hasAlarms({ stations: [station] }))) {
    throw new AppError('not_found', `Nothing is known of a station "${station}".`);
  }
  const isRule = rule === undefined || alarms.rules().has(rule);
  if (!isRule && !(await hasAlarms({ rule }))) {
    throw new AppError('not_found', `Nothing is known of a rule "${rule}".`);
  }
}

/** What is known now of records of the past, where it differs. */
async function turnedOut(
  { alarms }: Pick<Application, 'alarms'>,
  records: readonly EpisodeRecord[],
): Promise<ReadonlyMap<string, EpisodeRecord>> {
  const found = await Promise.all(records.map(({ id }) => alarms.find(id)));
  const later = found.flatMap((record, index): [string, EpisodeRecord][] =>
    record === undefined || record.seq === records[index]?.seq ? [] : [[record.id, record]],
  );
  return new Map(later);
}

function listedView(
  record: EpisodeRecord,
  later: EpisodeRecord | undefined,
  names: AlarmNames,
): ListedAlarmView {
  return { ...alarmView(record, names), later: later === undefined ? null : alarmView(later, names) };
}

function changeView({ knownAt, change }: LoggedChange): AlarmChangeView {
  const { kind, live, liveSteps, episode } = change;
  const fields = kind === 'amended' ? [...change.fields] : [];
  return { kind, knownAt, live, liveSteps: [...liveSteps], severity: episode.severity, fields };
}

function place(cursor: string): NonNullable<EpisodeQuery['after']> {
  const [begin, id] = decodeCursor('alarms', cursor);
  return { begin: epochMs(begin), id };
}
