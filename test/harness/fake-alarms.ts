import type { Episode, EpisodeChange } from '../../domain/model/episode.ts';
import { recordsAfter } from '../../domain/model/episode-record.ts';
import type { EpisodeQuery, EpisodeRecord, LoggedChange } from '../../domain/ports/episode-store.ts';
import { durationMs, epochMs } from '../../domain/time/instant.ts';
import type { RuleGap } from '../../rules/rule-kind.ts';
import type { AlarmService, WatchingRule } from '../../server/alarms/alarm-service.ts';
import { isInForce } from '../../server/alarms/alarm-service.ts';
import type { AlarmReasons } from '../../watch/alarm-reasons.ts';

/** An AlarmService in memory: what it answers follows from the changes it was told; `asked` keeps the questions. */
export class FakeAlarms implements AlarmService {
  readonly #log: LoggedChange[] = [];
  readonly #judged = new Set<string>();
  #gaps: readonly RuleGap[] = [];
  #board: ReadonlyMap<string, EpisodeRecord> = new Map();
  readonly ruleBook = new Map<string, WatchingRule>();
  readonly reasons = new Map<string, AlarmReasons>();
  readonly asked: { queries: EpisodeQuery[] } = { queries: [] };
  revision = 0;

  /** Appends a change, as if it became known at that receivedTime. */
  tell(change: EpisodeChange, knownAt: number): void {
    this.#log.push({ seq: this.#log.length + 1, knownAt: epochMs(knownAt), change });
    const records = this.#records();
    this.#board = new Map([...records].filter(([, record]) => isInForce(record)));
    this.revision += 1;
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
  async list(query: EpisodeQuery): Promise<readonly EpisodeRecord[]> {
    this.asked.queries.push(query);
    const { after } = query;
    return [...this.#records(query.knownAt).values()]
      .filter(record => isAskedFor(record, query))
      .sort((a, b) => b.episode.begin - a.episode.begin || (a.id < b.id ? -1 : 1))
      .filter(
        ({ id, episode: { begin } }) =>
          after === undefined || begin < after.begin || (begin === after.begin && id > after.id),
      )
      .slice(0, query.limit);
  }
  async find(id: string) {
    return this.#records().get(id);
  }
  async changes(id: string) {
    return this.#log.filter(({ change }) => change.id === id);
  }
  async why(id: string) {
    return this.reasons.get(id);
  }

  /** The records that the log leaves, up to an instant. */
  #records(knownAt = Number.POSITIVE_INFINITY): Map<string, EpisodeRecord> {
    const records = new Map<string, EpisodeRecord>();
    for (const logged of this.#log) {
      if (logged.knownAt > knownAt) continue;
      for (const record of recordsAfter(id => records.get(id), logged)) records.set(record.id, record);
    }
    return records;
  }
}

function isAskedFor({ status, episode }: EpisodeRecord, query: EpisodeQuery): boolean {
  const { statuses, stations, rule, from, to } = query;
  return (
    (statuses?.includes(status) ?? true) &&
    (stations?.includes(episode.subject.split('/')[0] ?? '') ?? true) &&
    (rule === undefined || rule === episode.rule) &&
    (from === undefined || episode.end === undefined || episode.end >= from) &&
    (to === undefined || episode.begin < to)
  );
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
