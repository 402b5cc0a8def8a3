import type { EpisodeRecord } from '../domain/ports/episode-store.ts';
import { severityRank } from '../domain/model/warning-severity.ts';
import type { TrackState } from '../rules/rule-track.ts';
import type { LedgerEntry, LedgerState, KnownPast } from '../rules/episode-ledger.ts';

/**
 * The ledger of a track that goes on from a checkpoint, as its records have left it. An episode that was open there is
 * judged again although its end may lie before: with an off-delay the end is known later than it is.
 */
export function ledgerOf(
  records: readonly EpisodeRecord[],
  { foldedTo, base }: Pick<TrackState, 'foldedTo' | 'base'>,
): LedgerState {
  const since = base.open?.begin ?? foldedTo ?? Number.NEGATIVE_INFINITY;
  // The sample by which an episode ends is folded in where its time is.
  const isJudged = ({ status, episode }: EpisodeRecord): boolean =>
    status === 'open' || (status === 'ended' && episode.end !== undefined && episode.end > since);
  const isAwaited = (record: EpisodeRecord): boolean =>
    !isJudged(record) && record.status !== 'merged' && record.told !== undefined && !record.isOverLive;
  return {
    entries: records
      .filter(isJudged)
      .map(entryOf)
      .sort((a, b) => a.episode.begin - b.episode.begin),
    awaiting: records.filter(isAwaited).map(entryOf),
    issued: issuedOf(records),
  };
}

/** What is judged anew with older readings. */
export function knownPast(records: readonly EpisodeRecord[]): KnownPast {
  const episodes = records
    .filter(({ status }) => status === 'open' || status === 'ended')
    .map(({ id, episode, told }) => ({ id, episode, ...(told === undefined ? {} : { told }) }));
  return { episodes, issued: issuedOf(records) };
}

function entryOf({ id, episode, told, isOverLive }: EpisodeRecord): LedgerEntry {
  return { id, episode, liveRank: told === undefined ? -1 : severityRank(told), isOverLive };
}

/** A further identity of one begin carries its ordinal: `….2`. */
function issuedOf(records: readonly EpisodeRecord[]): Record<string, number> {
  const issued: Record<string, number> = {};
  for (const { id, firstBegin } of records) {
    const begin = firstBegin.toString(36);
    const at = id.lastIndexOf(`.${begin}`);
    const ordinal = id.slice(at + begin.length + 2);
    const spelled = ordinal === '' ? id : id.slice(0, -(ordinal.length + 1));
    issued[spelled] = Math.max(issued[spelled] ?? 0, ordinal === '' ? 1 : Number(ordinal));
  }
  return issued;
}
