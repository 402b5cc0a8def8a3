import type { EpisodeRecord, EpisodeStatus, LoggedChange } from '../ports/episode-store.ts';
import type { EpisodeChange } from './episode.ts';
import { severityRank } from './warning-severity.ts';
import type { WarningSeverity } from './warning-severity.ts';

/**
 * The records that a change leaves, in place of those known: that of its episode, and where the episode was merged also
 * that of the one it is part of now. An episode store is the left fold of its log with this.
 */
export function recordsAfter(
  known: (id: string) => EpisodeRecord | undefined,
  { seq, knownAt, change }: LoggedChange,
): readonly EpisodeRecord[] {
  const { id, kind, episode } = change;
  const before = known(id);
  const inherited = kind === 'split' ? known(change.from)?.told : undefined;
  const told = highest([before?.told, inherited, ...change.liveSteps]);
  const status = statusAfter(before, change);
  const record: EpisodeRecord = {
    id,
    status,
    episode,
    ...(kind === 'merged' ? { into: change.into } : before?.into === undefined ? {} : { into: before.into }),
    firstBegin: before?.firstBegin ?? episode.begin,
    ...(told === undefined ? {} : { told }),
    isOverLive: isOverLive(before, change, status),
    firstKnownAt: before?.firstKnownAt ?? knownAt,
    changedAt: knownAt,
    seq,
  };
  const into = kind === 'merged' ? known(change.into) : undefined;
  if (into === undefined) return [record];
  // What people were told of the part, they were told of the whole.
  const most = highest([into.told, told]);
  return [record, { ...into, ...(most === undefined ? {} : { told: most }), changedAt: knownAt, seq }];
}

/** What was withdrawn or merged stays so: the identity is never used again, it can only end for people. */
function statusAfter(before: EpisodeRecord | undefined, { kind, episode }: EpisodeChange): EpisodeStatus {
  if (before?.status === 'withdrawn' || before?.status === 'merged') return before.status;
  if (kind === 'withdrawn' || kind === 'merged') return kind;
  return episode.end === undefined ? 'open' : 'ended';
}

function isOverLive(
  before: EpisodeRecord | undefined,
  { kind, live }: EpisodeChange,
  status: EpisodeStatus,
): boolean {
  if (kind === 'ended' && live) return true;
  return status !== 'open' && before?.isOverLive === true;
}

function highest(severities: readonly (WarningSeverity | undefined)[]): WarningSeverity | undefined {
  let most: WarningSeverity | undefined;
  for (const severity of severities) {
    if (severity === undefined) continue;
    if (most === undefined || severityRank(severity) > severityRank(most)) most = severity;
  }
  return most;
}
