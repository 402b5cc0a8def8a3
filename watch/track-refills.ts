import type { Clock } from '../domain/ports/clock.ts';
import type { EpisodeRecord, PendingRefill } from '../domain/ports/episode-store.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Sample } from '../rules/sample.ts';
import type { EpisodeLog } from './episode-log.ts';
import { insist } from './insist.ts';
import { knownPast } from './told-ledger.ts';
import type { TrackPast } from './track-past.ts';
import type { TrackRunner } from './track-runner.ts';
import type { OlderSamples, TrackSlot } from './track-slot.ts';
import type { WatchLimits } from './watch-limits.ts';
import type { WatchedIngest } from './watched-ingest.ts';

export interface TrackRefillsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly episodes: Pick<EpisodeLog, 'add' | 'flush'>;
  readonly past: Pick<TrackPast, 'records' | 'histories'>;
  readonly ingest: Pick<WatchedIngest, 'progress' | 'offered'>;
  readonly tracks: Pick<TrackRunner, 'open' | 'settled' | 'take' | 'touch'>;
  readonly limits: Pick<WatchLimits, 'refillQuietMs' | 'refillPatienceMs'>;
  readonly nextTurn: () => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/** What is known of a track, and what it was given, as read from the stores. */
interface StoredPast {
  /** Of the slot, when `records` were right. */
  readonly revision: number;
  readonly records: readonly EpisodeRecord[];
  readonly samples: readonly Sample[];
}

type Older = readonly [TrackSlot, OlderSamples];

/** How many tracks are read at once: the rules of one station read the same, and one look into the store serves many. */
const GROUP = 64;
const UNREADABLE = 'What a rule has to judge anew cannot be read from the stores; it is tried again.';

/**
 * Judges tracks anew from the stores, after samples came from before what they remember: some at a time, beside the
 * readings that go on coming, and once nothing older has come for a while.
 */
export class TrackRefills {
  readonly #options: TrackRefillsOptions;
  readonly #waiting = new Map<TrackSlot, OlderSamples>();
  /** Those whose turn has come. */
  readonly #due = new Set<TrackSlot>();
  #isWorking = false;

  constructor(options: TrackRefillsOptions) {
    this.#options = options;
  }

  /** How many tracks wait to be judged anew. */
  get open(): number {
    return this.#waiting.size + this.#due.size;
  }

  /** Takes up what an earlier run has left. */
  owe(slot: TrackSlot, from: EpochMs): void {
    this.#note(slot, from, { live: 0, backlog: 0 });
  }

  /** Notes that samples from `t` on came from before what the track remembers. */
  note(slot: TrackSlot, t: EpochMs): void {
    const pending: PendingRefill = { rule: slot.rule, subject: slot.subject, from: t };
    const known = slot.refill;
    this.#note(slot, t, this.#options.ingest.progress().inHand);
    if (known === undefined || t < known.from) this.#options.episodes.add({ refills: [pending] });
  }

  /** Begins with those that have waited long enough, and whose samples ingest has handed to the store. */
  beginDue(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#work().catch(this.#options.onFailure);
  }

  #note(slot: TrackSlot, t: EpochMs, through: Cursors): void {
    const known = slot.refill;
    const now = this.#options.clock.monotonicMs();
    const from = epochMs(Math.min(t, known?.from ?? t));
    // The store will have what came up to now before the track is judged, unless its turn has come already.
    const given = this.#due.has(slot) ? (known?.given ?? []) : [];
    const older = { from, sinceMs: known?.sinceMs ?? now, lastMs: now, through: { ...through }, given };
    slot.refill = older;
    this.#waiting.set(slot, older);
  }

  async #work(): Promise<void> {
    for (let group = this.#nextGroup(); group.length > 0; group = this.#nextGroup()) {
      await this.#judgeAll(group);
    }
    this.#isWorking = false;
  }

  /** Those that wait longest. What comes since a track's turn waits for the next one. */
  #nextGroup(): readonly Older[] {
    const { clock, limits, ingest } = this.#options;
    const now = clock.monotonicMs();
    const { taken } = ingest.progress();
    const isDue = ({ lastMs, sinceMs, through }: OlderSamples): boolean =>
      (now - lastMs >= limits.refillQuietMs || now - sinceMs >= limits.refillPatienceMs) &&
      taken.live >= through.live &&
      taken.backlog >= through.backlog;
    const group: Older[] = [];
    for (const [slot, older] of this.#waiting) {
      if (group.length === GROUP) break;
      if (isDue(older)) group.push([slot, older]);
    }
    for (const [slot] of group) {
      this.#waiting.delete(slot);
      this.#due.add(slot);
    }
    return group;
  }

  async #judgeAll(group: readonly Older[]): Promise<void> {
    const { clock, log, episodes, ingest, tracks, nextTurn } = this.#options;
    await ingest.offered();
    for (const [slot] of group) tracks.open(slot);
    await tracks.settled();
    const insisting = { clock, log, message: UNREADABLE };
    const pasts = await insist(() => this.#read(group), insisting);
    for (const [slot, older] of group) {
      const past = pasts.get(slot);
      if (past !== undefined) await insist(() => this.#refill(slot, older, past), insisting);
      // What came from beyond since `older` was noted may not be stored yet: its own turn comes.
      if (slot.refill === older) slot.refill = undefined;
      slot.isRefilled = true;
      tracks.touch([slot]);
      this.#due.delete(slot);
      await nextTurn();
    }
    await episodes.flush();
  }

  /** Of those that have to be judged anew: what the others lacked is among the samples with which they were opened. */
  async #read(group: readonly Older[]): Promise<ReadonlyMap<TrackSlot, StoredPast>> {
    const { past, episodes } = this.#options;
    const isBeyond = ([{ track }, { from }]: Older): boolean => from <= (track?.foldedTo ?? -Infinity);
    const tracks = group
      .filter(isBeyond)
      .map(([track, { from }]) => ({ track, from, revision: track.revision }));
    await episodes.flush();
    const known = await Promise.all(
      tracks.map(async each => ({ ...each, records: await past.records(each.track, each.from) })),
    );
    const samples = await past.histories(known);
    return new Map(
      known.map(({ track, revision, records }) => {
        return [track, { revision, records, samples: samples.get(track) ?? [] }] as const;
      }),
    );
  }

  async #refill(slot: TrackSlot, { from, given }: OlderSamples, past: StoredPast): Promise<void> {
    const { past: stored, episodes, tracks } = this.#options;
    let { revision, records } = past;
    // As the track has left them: what it told while they were read would be missing.
    while (revision !== slot.revision) {
      ({ revision } = slot);
      await episodes.flush();
      records = await stored.records(slot, from);
    }
    const anew = slot.track?.refill([...past.samples, ...given], knownPast(records), from);
    if (anew !== undefined) tracks.take(slot, anew);
  }
}
