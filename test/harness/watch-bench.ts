import type { Asset } from '../../domain/model/district.ts';
import type { EpisodeChange } from '../../domain/model/episode.ts';
import type { Registry, StationSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { EpisodeRecord, LoggedChange } from '../../domain/ports/episode-store.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { StoreBatch, TelemetryStore } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { IngestOptions } from '../../ingest/pipeline.ts';
import { parseRuleSet } from '../../rules/schema.ts';
import { BasisBook } from '../../watch/basis-book.ts';
import type { BasisEntry, TrackBasis } from '../../watch/basis-book.ts';
import { DEFAULT_WATCH_LIMITS } from '../../watch/watch-limits.ts';
import { Watch } from '../../watch/watch.ts';
import { EpisodeDisk } from './episode-disk.ts';
import { IngestBench } from './ingest-bench.ts';
import type { BenchMessage } from './ingest-bench.ts';
import { judgedAtOnce } from './judged-at-once.ts';
import type { JudgedAtOnce } from './judged-at-once.ts';
import type { ManualClock } from './manual-clock.ts';

export interface WatchBenchOptions {
  readonly stations: readonly StationSpec[];
  readonly assets?: readonly Asset[];
  /** As in the file of a rule set; what is absent of id, names and source is filled in. */
  readonly rules: readonly object[];
  /** Sees every batch when the telemetry store is asked to take it, which is before it can be durable. */
  readonly onStored?: (batch: StoreBatch) => void;
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve));

/** Rounds of settling after which something must be wrong. */
const MOST_ROUNDS = 2_000;

/** Ingest and the watch over stores in memory, wired as in the ingest worker; they can be killed and started again. */
export class WatchBench {
  readonly ingest: IngestBench;
  readonly disk = new EpisodeDisk();
  readonly #options: WatchBenchOptions;
  #registry: Registry;
  readonly #bases: BasisEntry[];
  #life: { isOver: boolean } = { isOver: false };
  #timers = new Set<() => void>();
  #watch: Watch;

  constructor(options: WatchBenchOptions) {
    this.#options = options;
    this.#registry = { version: 1, things: new Map(options.stations.map(each => [each.id, each])) };
    this.#bases = [basisOf(options, this.#registry, epochMs(0))];
    this.ingest = new IngestBench({ registry: this.#registry });
    this.#watch = this.#begin();
  }

  /** A bench that runs. */
  static async started(options: WatchBenchOptions): Promise<WatchBench> {
    const bench = new WatchBench(options);
    await bench.start();
    return bench;
  }

  get clock(): ManualClock {
    return this.ingest.clock;
  }

  get watch(): Watch {
    return this.#watch;
  }

  get failures(): readonly unknown[] {
    return this.ingest.failures;
  }

  async start(): Promise<void> {
    const { pipeline } = this.ingest;
    const watch = this.#watch;
    const life = this.#life;
    await this.disk.answering(() => watch.resume(this.#bases));
    await pipeline.start();
    if (!life.isOver) watch.run(pipeline);
  }

  /** The death of the process: what is not durable is gone. The next one is not started. */
  kill(): void {
    this.#life.isOver = true;
    for (const cancel of this.#timers) cancel();
    this.disk.release();
    this.#watch = this.#begin();
  }

  /** A stop in order. The next process is not started. */
  async stop(): Promise<void> {
    await this.ingest.pipeline.stop();
    await this.#watch.stop();
    this.kill();
  }

  /** Another registry, or other rules, from now on. */
  apply(change: Partial<Pick<WatchBenchOptions, 'stations' | 'rules'>>): void {
    const options = { ...this.#options, ...change };
    const things = new Map(options.stations.map(each => [each.id, each]));
    this.#registry = { version: this.#registry.version + 1, things };
    const basis = basisOf(options, this.#registry, this.clock.now());
    this.#bases.push(basis);
    this.#watch.setBasis(basis);
    this.ingest.pipeline.setRegistry(this.#registry);
  }

  send(message: BenchMessage): Promise<void> {
    return this.ingest.send(message);
  }

  /** Resolves once everything journalled is taken, judged and durable; the clock goes on for as long as that takes. */
  async settle(): Promise<void> {
    for (let quiet = 0, rounds = 0; quiet < 5; rounds += 1) {
      if (this.failures.length > 0) throw this.failures[0];
      if (rounds > MOST_ROUNDS)
        throw new Error(`The bench does not come to rest: ${await this.#openWork()}.`);
      quiet = (await this.#isQuiet()) ? quiet + 1 : 0;
      // What was refused is tried again a second later, and what came from long ago is judged after a while: flags rest
      // for three times as long as it took to make some.
      if (quiet === 0 && rounds % 5 === 4) this.clock.advance(rounds < 100 ? 1_000 : 3_000_000);
      await turn();
    }
  }

  async #isQuiet(): Promise<boolean> {
    await this.ingest.journal.committed();
    return (await this.#openWork()) === '';
  }

  /** What there is still to do, for people; empty where there is nothing. */
  async #openWork(): Promise<string> {
    const { journal, pipeline, store } = this.ingest;
    const { taken, outstandingReadings } = pipeline.status();
    const { opening, refills } = this.#watch.status();
    const work = {
      live: (await journal.read('live', taken.live, 1)).length,
      backlog: (await journal.read('backlog', taken.backlog, 1)).length,
      staged: await store.staged(),
      outstandingReadings,
      changes: this.#watch.settledBefore() === undefined ? 0 : 1,
      opening,
      refills,
    };
    const open = Object.entries(work).filter(([, count]) => count > 0);
    return open.map(([name, count]) => `${count} ${name}`).join(', ');
  }

  /** Time passes in steps that let everything between them run. */
  async pass(ms: number, stepMs = 5_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed));
      await turn();
      await turn();
    }
  }

  log(): Promise<readonly LoggedChange[]> {
    return this.disk.kept.changes({ afterSeq: 0, limit: Number.MAX_SAFE_INTEGER });
  }

  records(): Promise<readonly EpisodeRecord[]> {
    return this.disk.kept.episodes({ limit: Number.MAX_SAFE_INTEGER });
  }

  /** The changes that people hear of: something to be told, or an alarm that returns. */
  async told(): Promise<readonly EpisodeChange[]> {
    const told = new Set<string>();
    const changes = (await this.log()).map(({ change }) => change);
    return changes.filter(change => {
      const { id, kind, live, liveSteps } = change;
      if (liveSteps.length > 0 || (kind === 'split' && told.has(change.from))) told.add(id);
      return liveSteps.length > 0 || (kind === 'ended' && live && told.has(id));
    });
  }

  /** What was found beside what the rules make of everything stored. */
  async judgedAtOnce(): Promise<JudgedAtOnce> {
    const book = new BasisBook();
    let tracks: readonly TrackBasis[] = [];
    for (const basis of this.#bases) tracks = book.append(basis);
    const records = await this.records();
    return judgedAtOnce({ tracks, telemetry: this.ingest.store, episodes: this.disk.kept, records });
  }

  /** A new process, with what the one before has left. */
  #begin(): Watch {
    const life = { isOver: false };
    this.#life = life;
    this.#timers = new Set();
    const clock = mortalClock(this.clock, this.#timers);
    const options: Partial<IngestOptions> = {
      clock,
      onWatchDecisions: decisions => watch.decide(decisions),
      settledBefore: () => watch.settledBefore(),
      onFailure: error => {
        if (!life.isOver) this.ingest.failures.push(error);
      },
    };
    const { onStored } = this.#options;
    // The store of the new process is there once the old one is dead.
    const stored = (): TelemetryStore => this.ingest.store;
    const store = watchedStore(stored, batch => {
      if (!life.isOver) onStored?.(batch);
    });
    this.ingest.kill({ ...options, store, registry: this.#registry });
    const watch: Watch = new Watch({
      clock,
      log: SILENT_LOG,
      store: this.disk.openFor(life),
      reader: this.ingest.store,
      limits: DEFAULT_WATCH_LIMITS,
      nextTurn: turn,
      onDecisions: decisions => {
        if (!life.isOver) void this.ingest.journalWatchDecisions(decisions);
      },
      onDurable: () => undefined,
      onWatched: () => undefined,
      onFailure: error => {
        if (!life.isOver) this.ingest.failures.push(error);
      },
    });
    this.ingest.pipeline.subscribe(observation => watch.observe(observation));
    return watch;
  }
}

function basisOf({ rules, assets = [] }: WatchBenchOptions, registry: Registry, from: EpochMs): BasisEntry {
  const named = rules.map((rule, index) => ({
    id: `rule-${index}`,
    name: 'p',
    nameEn: 'p',
    source: 'proposal',
    ...rule,
  }));
  const outcome = parseRuleSet({ version: 1, validFrom: 0, rules: named });
  if (!outcome.ok) throw new Error(outcome.problems.join('; '));
  return {
    from,
    versions: { ruleSet: 1, registry: registry.version },
    ruleSet: outcome.ruleSet,
    site: { registry, district: { assets: new Map(assets.map(asset => [asset.id, asset])) } },
  };
}

/** A store that tells of every batch it is asked to take. */
function watchedStore(found: () => TelemetryStore, tell: (batch: StoreBatch) => void): TelemetryStore {
  let known: TelemetryStore | undefined;
  const store = (): TelemetryStore => (known ??= found());
  return {
    append: batch => {
      tell(batch);
      return store().append(batch);
    },
    flush: () => store().flush(),
    resume: () => store().resume(),
    latest: () => store().latest(),
    range: query => store().range(query),
    winners: spans => store().winners(spans),
    aggregate: query => store().aggregate(query),
    corrections: query => store().corrections(query),
    quarantine: query => store().quarantine(query),
    ledger: () => store().ledger(),
    countRows: () => store().countRows(),
    staged: () => store().staged(),
  };
}

/** A clock whose timers end with the process. */
function mortalClock(clock: ManualClock, timers: Set<() => void>): Clock {
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    after: (span, run) => {
      const stop = clock.after(span, () => {
        timers.delete(stop);
        run();
      });
      timers.add(stop);
      return () => {
        timers.delete(stop);
        stop();
      };
    },
  };
}
