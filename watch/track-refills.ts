import type { Clock } from '../domain/ports/clock.ts';
import type { EpisodeRecord, PendingRefill } from '../domain/ports/episode-store.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { RuleTrack } from '../rules/rule-track.ts';
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
  readonly past: Pick<TrackPast, 'records' | 'history'>;
  readonly ingest: Pick<WatchedIngest, 'progress' | 'offered'>;
  readonly tracks: Pick<TrackRunner, 'open' | 'settled' | 'take' | 'touch'>;
  readonly limits: Pick<WatchLimits, 'refillQuietMs' | 'refillPatienceMs'>;
  readonly nextTurn: () => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

const UNREADABLE = 'What a rule has to judge anew cannot be read from the stores; it is tried again.';

/**
 * Judges tracks anew from the stores, after samples came from before what they remember: one after the other, beside the
 * readings that go on coming, and once nothing older has come for a while.
 */
export class TrackRefills {
  readonly #options: TrackRefillsOptions;
  readonly #waiting = new Map<TrackSlot, OlderSamples>();
  /** Those whose turn has come. */
  readonly #due = new Set<TrackSlot>();
  #working: Promise<void> = Promise.resolve();

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
    const { clock, limits, ingest, onFailure } = this.#options;
    const now = clock.monotonicMs();
    const { taken } = ingest.progress();
    const isDue = ({ lastMs, sinceMs, through }: OlderSamples): boolean =>
      (now - lastMs >= limits.refillQuietMs || now - sinceMs >= limits.refillPatienceMs) &&
      taken.live >= through.live &&
      taken.backlog >= through.backlog;
    // What came since a track's turn waits for the next one.
    const due = [...this.#waiting].filter(([slot, older]) => isDue(older) && !this.#due.has(slot));
    if (due.length === 0) return;
    for (const [slot] of due) {
      this.#waiting.delete(slot);
      this.#due.add(slot);
    }
    this.#working = this.#working.then(() => this.#judgeAll(due));
    this.#working.catch(onFailure);
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

  async #judgeAll(due: readonly (readonly [TrackSlot, OlderSamples])[]): Promise<void> {
    const { ingest, tracks, nextTurn } = this.#options;
    await ingest.offered();
    for (const [slot] of due) tracks.open(slot);
    await tracks.settled();
    for (const [slot, older] of due) {
      await this.#judge(slot, older);
      this.#due.delete(slot);
      await nextTurn();
    }
  }

  /** What came from beyond since `older` was noted may not be stored yet: its own turn comes. */
  async #judge(slot: TrackSlot, older: OlderSamples): Promise<void> {
    const { clock, log, tracks, episodes } = this.#options;
    const { track } = slot;
    if (track === undefined) return;
    // Else it is among the samples with which the track was opened.
    if (track.foldedTo !== null && older.from <= track.foldedTo) {
      const run = (): Promise<void> => this.#refill(slot, track, older);
      await insist(run, { clock, log, message: UNREADABLE });
    }
    if (slot.refill === older) slot.refill = undefined;
    slot.isRefilled = true;
    tracks.touch([slot]);
    await episodes.flush();
  }

  async #refill(slot: TrackSlot, track: RuleTrack, { from, given }: OlderSamples): Promise<void> {
    const { past, tracks } = this.#options;
    const samples = await past.history(slot, from, await this.#recordsOf(slot, from));
    const records = await this.#recordsOf(slot, from);
    tracks.take(slot, track.refill([...samples, ...given], knownPast(records), from));
  }

  /** As the track has left them: what it tells while they are read would be missing. */
  async #recordsOf(slot: TrackSlot, from: EpochMs): Promise<readonly EpisodeRecord[]> {
    const { past, episodes } = this.#options;
    for (;;) {
      const { revision } = slot;
      await episodes.flush();
      const records = await past.records(slot, from);
      if (revision === slot.revision) return records;
    }
  }
}
