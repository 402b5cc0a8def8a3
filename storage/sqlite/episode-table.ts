import type { EpisodeQuery, EpisodeRecord, EpisodeStore } from '../../domain/ports/episode-store.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Database, SqlValue } from './database.ts';

/** A record with the span of the changes that it rests on. */
export interface KeptEpisode {
  readonly record: EpisodeRecord;
  /** receivedTime of the earliest of its changes; before it there was none. */
  readonly knownFrom: EpochMs;
  /** receivedTime of the latest change that has a part in the record; from then on it was as it is. */
  readonly knownTo: EpochMs;
}

/** Later than any instant. */
const FOREVER = Number.MAX_SAFE_INTEGER;

interface EpisodeRow {
  readonly body: string;
  readonly known_from: EpochMs;
  readonly known_to: EpochMs;
}

export function readEpisode(db: Database, id: string): KeptEpisode | undefined {
  const row = db.get<EpisodeRow>('SELECT body, known_from, known_to FROM episode WHERE id = ?', [id]);
  if (row === undefined) return undefined;
  return { record: recordOf(row), knownFrom: row.known_from, knownTo: row.known_to };
}

export function writeEpisode(db: Database, { record, knownFrom, knownTo }: KeptEpisode): void {
  const { id, status, episode } = record;
  db.run(
    `INSERT INTO episode
       (id, rule, subject, station, status, begin, until, needed_until, known_from, known_to, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, begin = excluded.begin, until = excluded.until,
       needed_until = excluded.needed_until, known_from = excluded.known_from, known_to = excluded.known_to,
       body = excluded.body`,
    [
      id,
      episode.rule,
      episode.subject,
      stationOf(episode.subject),
      status,
      episode.begin,
      untilOf(record),
      neededUntilOf(record),
      knownFrom,
      knownTo,
      JSON.stringify(record),
    ],
  );
}

/** The records as the whole log has left them. With `knownAt` only those that were so then already. */
export function selectEpisodes(db: Database, query: EpisodeQuery): readonly EpisodeRecord[] {
  const { from, to, statuses, after, knownAt, limit } = query;
  const { conditions, values } = constantConditions(query);
  const add = (condition: string, ...given: readonly SqlValue[]): void => {
    conditions.push(condition);
    values.push(...given);
  };
  if (from !== undefined) add('until > ?', from);
  if (to !== undefined) add('begin < ?', to);
  if (statuses !== undefined) add(IS_IN('status'), JSON.stringify(statuses));
  if (after !== undefined) add('(begin, id) < (?, ?)', after.begin, after.id);
  if (knownAt !== undefined) add('known_to <= ?', knownAt);
  return db
    .all<EpisodeRow>(
      `SELECT body FROM episode WHERE ${conditions.join(' AND ')} ORDER BY begin DESC, id DESC LIMIT ?`,
      [...values, limit],
    )
    .map(recordOf);
}

/** The ids of what was known at that instant and has changed since, whatever it was then. */
export function selectChangedSince(
  db: Database,
  query: EpisodeQuery & { readonly knownAt: EpochMs },
): readonly string[] {
  const { conditions, values } = constantConditions(query);
  return db
    .all<{ id: string }>(
      `SELECT id FROM episode WHERE known_to > ? AND known_from <= ? AND ${conditions.join(' AND ')}`,
      [query.knownAt, query.knownAt, ...values],
    )
    .map(({ id }) => id);
}

/** Whether a record answers the query by what can change of it. */
export function isSelected(record: EpisodeRecord, query: EpisodeQuery): boolean {
  const { from, to, statuses, after } = query;
  if (from !== undefined && untilOf(record) <= from) return false;
  if (to !== undefined && record.episode.begin >= to) return false;
  if (statuses !== undefined && !statuses.includes(record.status)) return false;
  return after === undefined || compareNewestFirst(record, { id: after.id, episode: after }) > 0;
}

/** The order of the answer. */
export function compareNewestFirst(
  a: { readonly id: string; readonly episode: { readonly begin: EpochMs } },
  b: { readonly id: string; readonly episode: { readonly begin: EpochMs } },
): number {
  if (a.episode.begin !== b.episode.begin) return b.episode.begin - a.episode.begin;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

export function selectRemembered(
  db: Database,
  { track, since }: Parameters<EpisodeStore['remembered']>[0],
): readonly EpisodeRecord[] {
  const isOfTrack = track === undefined ? '' : 'AND rule = ? AND subject = ?';
  // The plus keeps SQLite from reading all of them in order, where few are needed.
  return db
    .all<EpisodeRow>(`SELECT body FROM episode WHERE needed_until >= ? ${isOfTrack} ORDER BY +begin, id`, [
      since,
      ...(track === undefined ? [] : [track.rule, track.subject]),
    ])
    .map(recordOf);
}

/** Conditions on what never changes of an episode. */
function constantConditions({ stations, rule }: EpisodeQuery): {
  readonly conditions: string[];
  readonly values: SqlValue[];
} {
  const conditions = ['TRUE'];
  const values: SqlValue[] = [];
  if (stations !== undefined) {
    conditions.push(IS_IN('station'));
    values.push(JSON.stringify(stations));
  }
  if (rule !== undefined) {
    conditions.push('rule = ?');
    values.push(rule);
  }
  return { conditions, values };
}

const IS_IN = (column: string): string => `${column} IN (SELECT value FROM json_each(?))`;

function recordOf({ body }: Pick<EpisodeRow, 'body'>): EpisodeRecord {
  return JSON.parse(body) as EpisodeRecord;
}

function stationOf(subject: string): string {
  return subject.slice(0, subject.indexOf('/'));
}

function untilOf({ status, episode: { begin, end } }: EpisodeRecord): number {
  if (status === 'open') return FOREVER;
  // Times are whole milliseconds: what was at its begin only ends before the next one.
  return Math.max(end ?? begin, begin + 1);
}

function neededUntilOf({ status, episode, told, isOverLive, firstBegin }: EpisodeRecord): number {
  if (status === 'open') return FOREVER;
  if (status !== 'merged' && told !== undefined && !isOverLive) return FOREVER;
  return Math.max(episode.end ?? episode.begin, episode.begin, firstBegin);
}
