import type { Episode, EpisodeChange, TrackedEpisode } from '../domain/model/episode.ts';
import { severityRank } from '../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { amendedFields } from './episode-diff.ts';
import type { LiveEvidence } from './fold-run.ts';
import { matchEpisodes } from './match-episodes.ts';

/** An episode with its identity and what has been told of it. */
export interface LedgerEntry extends TrackedEpisode {
  /** Highest severity rank that a fresh reading has supported, -1 for none: nothing up to it is told again. */
  readonly liveRank: number;
  /** A fresh reading has shown it over. */
  readonly isOverLive: boolean;
}

/** An episode that was forgotten, as whoever keeps the changes knows it. */
export interface PastEpisode extends TrackedEpisode {
  /** The highest severity among the `liveSteps` of its changes. */
  readonly told?: WarningSeverity;
}

/** What whoever keeps the changes knows of a stretch of time. */
export interface KnownPast {
  readonly episodes: readonly PastEpisode[];
  /** How often the identity of each begin was issued. */
  readonly issued: Readonly<Record<string, number>>;
}

/** What survives a restart. */
export interface LedgerState {
  readonly entries: readonly LedgerEntry[];
  readonly awaiting: readonly LedgerEntry[];
  readonly issued: Readonly<Record<string, number>>;
}

/** Keeps the identities of the episodes of one rule and subject, and says what changed. */
export class EpisodeLedger {
  #entries: readonly LedgerEntry[];
  /** Withdrawn or older than the window, told live, and not yet seen over by a fresh reading. */
  #awaiting: readonly LedgerEntry[];
  readonly #issued: Record<string, number>;
  readonly #acknowledgedAt: (id: string) => EpochMs | undefined;

  constructor(state: LedgerState, acknowledgedAt: (id: string) => EpochMs | undefined) {
    this.#entries = state.entries;
    this.#awaiting = state.awaiting;
    this.#issued = { ...state.issued };
    this.#acknowledgedAt = acknowledgedAt;
  }

  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  state(): LedgerState {
    return { entries: this.#entries, awaiting: this.#awaiting, issued: { ...this.#issued } };
  }

  /** Takes up again what the window had forgotten, because older readings came in. */
  recall({ episodes: past, issued }: KnownPast): void {
    for (const [id, times] of Object.entries(issued)) {
      this.#issued[id] = Math.max(times, this.#issued[id] ?? 0);
    }
    const present = new Set(this.#entries.map(({ id }) => id));
    const told = new Map(this.#awaiting.map(entry => [entry.id, entry]));
    const recalled = past
      .filter(({ id }) => !present.has(id))
      .map(
        ({ id, episode, told: highest }) =>
          told.get(id) ?? {
            id,
            episode,
            liveRank: highest === undefined ? -1 : severityRank(highest),
            // What was told and awaits nothing is over; what was never told may still be told.
            isOverLive: highest !== undefined,
          },
      );
    this.#awaiting = this.#awaiting.filter(({ id }) => !recalled.some(entry => entry.id === id));
    this.#entries = [...recalled, ...this.#entries].sort((a, b) => a.episode.begin - b.episode.begin);
  }

  /** Forgets the first `count` episodes: nothing that can still come changes them. */
  release(count: number): void {
    const gone = this.#entries.slice(0, count);
    this.#awaiting = [...this.#awaiting, ...gone.filter(isAwaiting)];
    this.#entries = this.#entries.slice(count);
  }

  /**
   * Takes the episodes as they are judged now.
   *
   * @param unchanged how many at the front are the same as before
   */
  update(episodes: readonly Episode[], unchanged: number, live: LiveEvidence): readonly EpisodeChange[] {
    const known = this.#entries.slice(unchanged);
    const fresh = episodes.slice(unchanged);
    const matching = matchEpisodes(
      known.map(({ episode }) => episode),
      fresh,
      index => this.#acknowledgedAt(known[index]?.id ?? ''),
    );
    const changes: EpisodeChange[] = this.#confirmOver(unchanged, live);
    const entries = fresh.map((episode, place): LedgerEntry => {
      const supported = live.supported.get(unchanged + place);
      const isOverNow = episode.end !== undefined && unchanged + place < (live.overBefore ?? 0);
      const kept = known[matching.kept[place] ?? -1];
      const from = kept ?? known[matching.splitFrom[place] ?? -1];
      const others = [...matching.merged].flatMap(([index, into]) => (into === place ? [known[index]] : []));
      const told = Math.max(from?.liveRank ?? -1, ...others.map(other => other?.liveRank ?? -1));
      const liveSteps = stepsBetween(episode, told, supported ?? -1);
      const id = kept?.id ?? this.#issue(episode);
      const entry = {
        id,
        episode,
        liveRank: Math.max(told, ...liveSteps.map(severityRank)),
        isOverLive: episode.end !== undefined && (isOverNow || kept?.isOverLive === true),
      };
      const change = { id, episode, liveSteps, live: supported !== undefined };
      if (kept !== undefined) changes.push(...keptChanges(kept, entry, change));
      else if (from === undefined) changes.push({ kind: 'raised', ...change }, ...endOf(entry, change));
      else changes.push({ kind: 'split', from: from.id, ...change }, ...endOf(entry, change));
      return entry;
    });
    const gone = { live: false, liveSteps: [] };
    for (const [index, place] of matching.merged) {
      const [entry, into] = [known[index], entries[place]];
      if (entry !== undefined && into !== undefined) {
        changes.push({ kind: 'merged', id: entry.id, episode: entry.episode, into: into.id, ...gone });
      }
    }
    for (const index of matching.withdrawn) {
      const entry = known[index];
      if (entry === undefined) continue;
      changes.push({ kind: 'withdrawn', id: entry.id, episode: entry.episode, ...gone });
      // It was told, so that people hold it for true until a fresh reading shows the point normal.
      if (entry.liveRank >= 0 && !entry.isOverLive) this.#awaiting = [...this.#awaiting, entry];
    }
    this.#entries = [...this.#entries.slice(0, unchanged), ...entries];
    return changes;
  }

  /** A fresh reading shows the point normal: what had ended by late readings only is now over for people too. */
  #confirmOver(unchanged: number, { overBefore }: LiveEvidence): EpisodeChange[] {
    const changes: EpisodeChange[] = [];
    const confirm = (entry: LedgerEntry): LedgerEntry => {
      changes.push({ kind: 'ended', id: entry.id, episode: entry.episode, live: true, liveSteps: [] });
      return { ...entry, isOverLive: true };
    };
    if (overBefore === undefined) return changes;
    for (const entry of this.#awaiting) confirm(entry);
    this.#awaiting = [];
    this.#entries = this.#entries.map((entry, place) =>
      place < Math.min(unchanged, overBefore) && isAwaiting(entry) ? confirm(entry) : entry,
    );
    return changes;
  }

  /** Rule, subject and begin as first known, spelled; safe in a topic and in a path. */
  #issue({ rule, subject, begin }: Episode): string {
    const id = `${rule}.${subject.replaceAll('/', '.')}.${begin.toString(36)}`;
    const ordinal = (this.#issued[id] ?? 0) + 1;
    this.#issued[id] = ordinal;
    return ordinal === 1 ? id : `${id}.${ordinal}`;
  }
}

type ChangeContent = Pick<EpisodeChange, 'id' | 'episode' | 'live' | 'liveSteps'>;

function keptChanges(
  before: LedgerEntry,
  after: LedgerEntry,
  change: ChangeContent,
): readonly EpisodeChange[] {
  const isEnd = before.episode.end === undefined && after.episode.end !== undefined;
  const isOverNow = after.isOverLive && !before.isOverLive;
  if (isEnd || isOverNow) return [{ ...change, kind: 'ended', live: after.isOverLive }];
  const fields = before.episode === after.episode ? [] : amendedFields(before.episode, after.episode);
  return fields.length === 0 && change.liveSteps.length === 0 ? [] : [{ ...change, kind: 'amended', fields }];
}

/** An episode that is over when it is first known. */
function endOf({ episode, isOverLive }: LedgerEntry, change: ChangeContent): readonly EpisodeChange[] {
  return episode.end === undefined ? [] : [{ ...change, kind: 'ended', live: isOverLive, liveSteps: [] }];
}

function isAwaiting({ episode, liveRank, isOverLive }: LedgerEntry): boolean {
  return episode.end !== undefined && liveRank >= 0 && !isOverLive;
}

function stepsBetween(episode: Episode, told: number, upTo: number): readonly WarningSeverity[] {
  return episode.steps
    .map(({ severity }) => severity)
    .filter(severity => severityRank(severity) > told && severityRank(severity) <= upTo);
}
