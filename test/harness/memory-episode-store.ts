import { recordsAfter } from '../../domain/model/episode-record.ts';
import type { WatchDecision } from '../../domain/model/watch-decision.ts';
import type {
  Checkpoint,
  EpisodeBatch,
  EpisodeQuery,
  EpisodeRecord,
  EpisodeResumption,
  EpisodeStore,
  LoggedChange,
  PendingRefill,
  TrackCheckpoint,
} from '../../domain/ports/episode-store.ts';
import type { Cursors } from '../../domain/ports/journal.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { trackId } from '../../watch/track-id.ts';

/** Whether `remembered` answers a record. */
export function isRemembered(record: EpisodeRecord, since: EpochMs): boolean {
  const { status, episode, firstBegin, told, isOverLive } = record;
  if (status === 'open') return true;
  if (status !== 'merged' && told !== undefined && !isOverLive) return true;
  return [episode.end ?? episode.begin, episode.begin, firstBegin].some(t => t >= since);
}

/** An episode store in memory for unit tests: the whole contract except durability, said in the plainest way. */
export class MemoryEpisodeStore implements EpisodeStore {
  readonly #log: LoggedChange[] = [];
  readonly #decisions = new Map<string, WatchDecision>();
  readonly #refills = new Map<string, PendingRefill>();
  readonly #checkpoints = new Map<string, TrackCheckpoint>();
  #through: Cursors = { live: 0, backlog: 0 };
  #heardThrough: EpochMs | undefined;

  resume(): Promise<EpisodeResumption> {
    return Promise.resolve({
      through: this.#through,
      ...(this.#heardThrough === undefined ? {} : { heardThrough: this.#heardThrough }),
      refills: [...this.#refills.values()],
      checkpoints: [...this.#checkpoints.values()],
    });
  }

  append({ knownAt, through, changes, decisions, refills }: EpisodeBatch): Promise<void> {
    for (const change of changes) this.#log.push({ seq: this.#log.length + 1, knownAt, change });
    for (const decision of decisions) {
      const key = `${decision.kind} ${subjectOf(decision)} ${decision.t}`;
      if (!this.#decisions.has(key)) this.#decisions.set(key, decision);
    }
    for (const refill of refills) {
      const from = Math.min(refill.from, this.#refills.get(trackId(refill))?.from ?? refill.from);
      this.#refills.set(trackId(refill), { ...refill, from: epochMs(from) });
    }
    this.#through = {
      live: Math.max(this.#through.live, through.live),
      backlog: Math.max(this.#through.backlog, through.backlog),
    };
    return Promise.resolve();
  }

  checkpoint({ tracks, refilled, heardThrough }: Checkpoint): Promise<void> {
    for (const track of tracks) this.#checkpoints.set(trackId(track), track);
    for (const track of refilled) this.#refills.delete(trackId(track));
    this.#heardThrough = heardThrough;
    return Promise.resolve();
  }

  remembered({ track, since }: Parameters<EpisodeStore['remembered']>[0]): Promise<readonly EpisodeRecord[]> {
    const remembered = this.#records().filter(record => {
      const isOther = track !== undefined && trackId(track) !== trackId(record.episode);
      return !isOther && isRemembered(record, since);
    });
    return Promise.resolve(remembered.sort(byBegin));
  }

  episodes(query: EpisodeQuery): Promise<readonly EpisodeRecord[]> {
    const { statuses, stations, rule, after } = query;
    const found = this.#records(query.knownAt)
      .filter(record => {
        const { status, episode } = record;
        if (statuses !== undefined && !statuses.includes(status)) return false;
        if (stations !== undefined && !stations.some(each => episode.subject.startsWith(`${each}/`))) {
          return false;
        }
        if (rule !== undefined && rule !== episode.rule) return false;
        if (after !== undefined && byBegin(record, { id: after.id, episode: after }) >= 0) return false;
        return overlaps(record, query);
      })
      .sort((a, b) => byBegin(b, a));
    return Promise.resolve(found.slice(0, query.limit));
  }

  episode(id: string): Promise<EpisodeRecord | undefined> {
    return Promise.resolve(this.#records().find(record => record.id === id));
  }

  changes(query: Parameters<EpisodeStore['changes']>[0]): Promise<readonly LoggedChange[]> {
    if ('id' in query) return Promise.resolve(this.#log.filter(({ change }) => change.id === query.id));
    return Promise.resolve(this.#log.slice(query.afterSeq, query.afterSeq + query.limit));
  }

  decisions(query: Parameters<EpisodeStore['decisions']>[0]): Promise<readonly WatchDecision[]> {
    const { from, to, inputs } = query;
    const found = [...this.#decisions.values()].filter(
      decision =>
        decision.t >= from &&
        decision.t < to &&
        (decision.kind !== 'silence' || inputs === undefined || inputs.includes(decision.input)),
    );
    return Promise.resolve(found.sort((a, b) => a.t - b.t));
  }

  #records(knownAt?: EpochMs): EpisodeRecord[] {
    const records = new Map<string, EpisodeRecord>();
    for (const logged of this.#log) {
      if (knownAt !== undefined && logged.knownAt > knownAt) continue;
      for (const record of recordsAfter(id => records.get(id), logged)) records.set(record.id, record);
    }
    return [...records.values()];
  }
}

function subjectOf(decision: WatchDecision): string {
  if (decision.kind === 'silence') return decision.input;
  return decision.kind === 'signal' ? decision.zone : '';
}

function overlaps({ status, episode }: EpisodeRecord, { from, to }: EpisodeQuery): boolean {
  const { begin, end } = episode;
  if (to !== undefined && begin >= to) return false;
  if (from === undefined || begin >= from) return true;
  return end === undefined ? status === 'open' : end > from;
}

type Placed = { readonly id: string; readonly episode: { readonly begin: EpochMs } };

function byBegin(a: Placed, b: Placed): number {
  return a.episode.begin - b.episode.begin || (a.id < b.id ? -1 : Number(a.id > b.id));
}
