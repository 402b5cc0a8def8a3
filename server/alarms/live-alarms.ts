import { messageOf } from '../../domain/errors.ts';
import type {
  EpisodeQuery,
  EpisodeRecord,
  EpisodeStore,
  LoggedChange,
} from '../../domain/ports/episode-store.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import { SECOND_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { RuleGap } from '../../rules/rule-kind.ts';
import type { AlarmReasons } from '../../watch/alarm-reasons.ts';
import type { PointReasons } from '../../watch/explain-point.ts';
import type { WatchedPoints } from '../../watch/watch.ts';
import type { RuleDay } from '../../watch/watched-day.ts';
import type { RuleKeeper } from '../rules/rule-keeper.ts';
import { isInForce } from './alarm-service.ts';
import type { AlarmService, WatchingRule } from './alarm-service.ts';

export interface LiveAlarmsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: EpisodeStore;
  readonly rules: Pick<RuleKeeper, 'newest'>;
  /** Where the plans are. */
  readonly watch: Pick<AlarmService, 'why' | 'whyPoint' | 'watchedDay'>;
}

/** What the watch has found, as the main thread knows it: the warnings in force in memory, the rest in the store. */
export class LiveAlarms implements AlarmService {
  readonly #options: LiveAlarmsOptions;
  #board: ReadonlyMap<string, EpisodeRecord> = new Map();
  #watched: WatchedPoints = { versions: undefined, judged: new Set(), gaps: [] };
  #revision = 0;
  /** Episodes that have changed and were not read yet. */
  #stale = new Set<string>();
  #isRefreshing = false;

  constructor(options: LiveAlarmsOptions) {
    this.#options = options;
  }

  /** Takes over what was in force at the end of the last run. Before the watch begins. */
  async load(): Promise<void> {
    // From the end of time on nothing has ended: what is left is open, or told and not over.
    const records = await this.#options.store.remembered({ since: epochMs(Number.MAX_SAFE_INTEGER) });
    this.#board = new Map(records.filter(isInForce).map(record => [record.id, record]));
    this.#revision += 1;
  }

  /** Takes over what has become durable of some episodes. */
  changed(ids: readonly string[]): void {
    for (const id of ids) this.#stale.add(id);
    // One at a time, so that an older record never replaces a newer one; in a storm many are read together.
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    void this.#refreshAll().finally(() => {
      this.#isRefreshing = false;
    });
  }

  watched(points: WatchedPoints): void {
    this.#watched = points;
    this.#revision += 1;
  }

  get revision(): number {
    return this.#revision;
  }

  board(): ReadonlyMap<string, EpisodeRecord> {
    return this.#board;
  }

  judged(): ReadonlySet<string> {
    return this.#watched.judged;
  }

  gaps(): readonly RuleGap[] {
    return this.#watched.gaps;
  }

  rules(): ReadonlyMap<string, WatchingRule> {
    const rules = this.#options.rules.newest()?.ruleSet.rules ?? [];
    return new Map(rules.map(rule => [rule.id, rule]));
  }

  list(query: EpisodeQuery): Promise<readonly EpisodeRecord[]> {
    return this.#options.store.episodes(query);
  }

  find(id: string): Promise<EpisodeRecord | undefined> {
    return this.#options.store.episode(id);
  }

  changes(id: string): Promise<readonly LoggedChange[]> {
    return this.#options.store.changes({ id });
  }

  why(id: string): Promise<AlarmReasons | undefined> {
    return this.#options.watch.why(id);
  }

  whyPoint(subject: string, at: EpochMs): Promise<PointReasons> {
    return this.#options.watch.whyPoint(subject, at);
  }

  watchedDay(subjects: readonly string[], day: EpochMs): Promise<readonly RuleDay[]> {
    return this.#options.watch.watchedDay(subjects, day);
  }

  async #refreshAll(): Promise<void> {
    while (this.#stale.size > 0) {
      const ids = [...this.#stale];
      this.#stale = new Set();
      try {
        await this.#refresh(ids);
      } catch (error) {
        for (const id of ids) this.#stale.add(id);
        const message = 'The board of warnings could not be refreshed; it is tried again.';
        this.#options.log.error(message, { error: messageOf(error) });
        this.#options.clock.after(SECOND_MS, () => this.changed([]));
        return;
      }
    }
  }

  async #refresh(ids: readonly string[]): Promise<void> {
    const records = await Promise.all(ids.map(id => this.#options.store.episode(id)));
    const board = new Map(this.#board);
    for (const record of records) {
      if (record === undefined) continue;
      if (isInForce(record)) board.set(record.id, record);
      else board.delete(record.id);
    }
    this.#board = board;
    this.#revision += 1;
  }
}
