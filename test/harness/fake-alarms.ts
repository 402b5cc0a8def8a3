import type { Episode, EpisodeChange } from '../../domain/model/episode.ts';
import { recordsAfter } from '../../domain/model/episode-record.ts';
import type { EpisodeQuery, EpisodeRecord } from '../../domain/ports/episode-store.ts';
import { durationMs, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { RuleGap } from '../../rules/rule-kind.ts';
import type { AlarmService, WatchingRule } from '../../server/alarms/alarm-service.ts';
import { isInForce } from '../../server/alarms/alarm-service.ts';
import type { AlarmReasons } from '../../watch/alarm-reasons.ts';
import type { PointReasons, RuleAtPoint } from '../../watch/explain-point.ts';
import type { RuleDay } from '../../watch/watched-day.ts';
import { MemoryEpisodeStore } from './memory-episode-store.ts';

/** An AlarmService in memory: what it answers follows from the changes it was told; `asked` keeps the questions. */
export class FakeAlarms implements AlarmService {
  readonly #store = new MemoryEpisodeStore();
  readonly #records = new Map<string, EpisodeRecord>();
  readonly #judged = new Set<string>();
  #gaps: readonly RuleGap[] = [];
  #board: ReadonlyMap<string, EpisodeRecord> = new Map();
  #seq = 0;
  readonly ruleBook = new Map<string, WatchingRule>();
  readonly reasons = new Map<string, AlarmReasons>();
  /** The rules of a point. */
  readonly pointRules = new Map<string, readonly RuleAtPoint[]>();
  /** Our own outages. */
  readonly outages: NonNullable<PointReasons['outage']>[] = [];
  readonly days: RuleDay[] = [];
  readonly asked: { queries: EpisodeQuery[]; days: EpochMs[] } = { queries: [], days: [] };
  revision = 0;

  /** Appends a change, as if it became known at that receivedTime. */
  tell(change: EpisodeChange, knownAt: number): void {
    this.#seq += 1;
    const logged = { seq: this.#seq, knownAt: epochMs(knownAt), change };
    for (const record of recordsAfter(id => this.#records.get(id), logged)) {
      this.#records.set(record.id, record);
    }
    this.#board = new Map([...this.#records].filter(([, record]) => isInForce(record)));
    this.revision += 1;
    // In memory it is done at once.
    void this.#store.append({
      knownAt: logged.knownAt,
      through: { live: this.#seq, backlog: 0 },
      changes: [change],
      decisions: [],
      refills: [],
    });
  }

  judge(...subjects: readonly string[]): void {
    for (const subject of subjects) this.#judged.add(subject);
    this.revision += 1;
  }

  lack(...gaps: readonly RuleGap[]): void {
    this.#gaps = [...this.#gaps, ...gaps];
    this.revision += 1;
  }

  board() {
    return this.#board;
  }
  judged() {
    return this.#judged;
  }
  gaps() {
    return this.#gaps;
  }
  rules() {
    return this.ruleBook;
  }
  async list(query: EpisodeQuery) {
    this.asked.queries.push(query);
    return await this.#store.episodes(query);
  }
  async find(id: string) {
    return this.#records.get(id);
  }
  async changes(id: string) {
    return await this.#store.changes({ id });
  }
  async why(id: string) {
    return this.reasons.get(id);
  }
  async whyPoint(subject: string, at: EpochMs): Promise<PointReasons> {
    const gaps = this.#gaps.filter(gap => gap.subject === subject);
    const outage = this.outages.find(({ from, t }) => from <= at && at < t) ?? null;
    return { subject, at, outage, rules: this.pointRules.get(subject) ?? [], gaps };
  }
  async watchedDay(subjects: readonly string[], day: EpochMs): Promise<readonly RuleDay[]> {
    this.asked.days.push(day);
    return this.days.filter(({ subject }) => subjects.includes(subject));
  }
}

/** A rule with the fields that matter to a test. */
export function watchingRule(id: string, fields: Partial<WatchingRule> = {}): WatchingRule {
  return {
    id,
    kind: 'threshold_ladder',
    name: `规则 ${id}`,
    nameEn: `Rule ${id}`,
    source: 'proposal',
    ...fields,
  };
}

/** An episode of the river gauge with one yellow step, and the fields that matter to a test. */
export function episodeOf(fields: Partial<Episode> & { readonly begin: Episode['begin'] }): Episode {
  const { severity = 'yellow', begin } = fields;
  return {
    rule: 'river-level',
    subject: 'RIVER-1/water_level',
    severity,
    currentSeverity: severity,
    steps: [
      {
        severity,
        t: begin,
        decidedT: begin,
        cause: 'held',
        value: 3.6,
        limit: 3.5,
        limitName: 'warning',
        toVerify: false,
        heldMs: durationMs(0),
      },
    ],
    peak: { value: 3.6, t: begin },
    toVerify: false,
    basis: { ruleSet: 1, registry: 1 },
    ...fields,
  };
}

/** Told live, with every step. */
export function raised(id: string, episode: Episode): EpisodeChange {
  return {
    kind: 'raised',
    id,
    episode,
    live: true,
    liveSteps: episode.steps.map(({ severity }) => severity),
  };
}
