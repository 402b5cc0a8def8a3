import type { Episode } from '../domain/model/episode.ts';
import { severityRank } from '../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import type { ToldEpisode } from './track-backtest.ts';
import { trackId } from './track-id.ts';

/** What one rule set tells beside another. */
export interface ToldComparison {
  /** Episodes of a rule and a subject that the other set does not tell, or tells of the same in another way. */
  readonly added: readonly ToldEpisode[];
  readonly removed: readonly ToldEpisode[];
  readonly changed: readonly { readonly before: ToldEpisode; readonly after: ToldEpisode }[];
  /** How many are told alike. */
  readonly same: number;
  /** Episodes of the set before during which the set after tells something of the same subject, by whatever rule. */
  readonly hits: number;
  readonly misses: readonly ToldEpisode[];
}

/** Compares by overlap in event time. */
export function compareTold(before: readonly ToldEpisode[], after: readonly ToldEpisode[]): ToldComparison {
  const beforeByTrack = groupBy(before, ({ record }) => trackId(record.episode));
  const afterByTrack = groupBy(after, ({ record }) => trackId(record.episode));
  const afterBySubject = groupBy(after, ({ record }) => record.episode.subject);
  const partnerOf = (told: ToldEpisode, others: ReadonlyMap<string, readonly ToldEpisode[]>) =>
    others
      .get(trackId(told.record.episode))
      ?.find(other => overlap(told.record.episode, other.record.episode));
  const pairs = after.flatMap(told => {
    const partner = partnerOf(told, beforeByTrack);
    return partner === undefined ? [] : [{ before: partner, after: told }];
  });
  const changed = pairs.filter(pair => !areAlike(pair.before, pair.after));
  const misses = before.filter(
    told =>
      !(afterBySubject.get(told.record.episode.subject) ?? []).some(other =>
        overlap(told.record.episode, other.record.episode),
      ),
  );
  return {
    added: after.filter(told => partnerOf(told, beforeByTrack) === undefined),
    removed: before.filter(told => partnerOf(told, afterByTrack) === undefined),
    changed,
    same: pairs.length - changed.length,
    hits: before.length - misses.length,
    misses,
  };
}

/** What was told as readings arrived, beside what the complete series says. */
export interface HindsightComparison {
  /** Episodes of the complete series, and how many of them were told. */
  readonly episodes: number;
  readonly told: number;
  /** Of those told: with a lower, or a higher severity than they turned out to have. */
  readonly toldLower: number;
  readonly toldHigher: number;
  /** Known only by late readings or corrections: nobody was warned. */
  readonly untold: readonly Episode[];
  /** People were warned, and the complete series does not have it. */
  readonly unfounded: readonly ToldEpisode[];
}

/** @param complete the episodes of every rule and subject, judged with everything that is known now */
export function compareWithHindsight(
  told: readonly ToldEpisode[],
  complete: readonly Episode[],
): HindsightComparison {
  const toldByTrack = groupBy(told, ({ record }) => trackId(record.episode));
  const completeByTrack = groupBy(complete, trackId);
  const toldOf = complete.map(episode => ({
    episode,
    told: (toldByTrack.get(trackId(episode)) ?? []).filter(({ record }) => overlap(episode, record.episode)),
  }));
  const known = toldOf.filter(each => each.told.length > 0);
  const rankBeyond = (each: (typeof known)[number]): number =>
    Math.max(...each.told.map(one => severityRank(highestTold(one)))) - severityRank(each.episode.severity);
  return {
    episodes: complete.length,
    told: known.length,
    toldLower: known.filter(each => rankBeyond(each) < 0).length,
    toldHigher: known.filter(each => rankBeyond(each) > 0).length,
    untold: toldOf.filter(each => each.told.length === 0).map(({ episode }) => episode),
    unfounded: told.filter(
      ({ record }) =>
        !(completeByTrack.get(trackId(record.episode)) ?? []).some(episode =>
          overlap(episode, record.episode),
        ),
    ),
  };
}

export function highestTold({ tellings }: ToldEpisode): WarningSeverity {
  return tellings.reduce<WarningSeverity>(
    (most, { severity }) => (severityRank(severity) > severityRank(most) ? severity : most),
    'blue',
  );
}

function areAlike(a: ToldEpisode, b: ToldEpisode): boolean {
  const [first, second] = [a.record.episode, b.record.episode];
  return (
    first.begin === second.begin &&
    first.end === second.end &&
    highestTold(a) === highestTold(b) &&
    a.tellings[0]?.at === b.tellings[0]?.at
  );
}

function overlap(a: Episode, b: Episode): boolean {
  return a.begin <= (b.end ?? Infinity) && b.begin <= (a.end ?? Infinity);
}

function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
