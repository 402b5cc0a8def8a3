import { AppError, messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Cursors } from '../../domain/ports/journal.ts';
import type {
  AggregateQuery,
  CorrectionRow,
  HeldMessage,
  QuarantineQuery,
  QuarantineRow,
  RangeQuery,
  ReadingColumns,
  SeriesSpan,
  StoredDatastream,
} from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { SYSTEM_CLOCK } from '../thread/system-clock.ts';
import { readAggregates } from './aggregate-query.ts';
import type { AggregateColumns } from './aggregate-query.ts';
import { CommitFaults } from './commit-faults.ts';
import { CommitWriter } from './commit-writer.ts';
import type { DatabaseOptions } from './database.ts';
import { DatabaseKeeper } from './database-keeper.ts';
import { GroupCommit } from './group-commit.ts';
import { countByDatastream, readCorrections, readQuarantine, readRange } from './history-queries.ts';
import type { View } from './history-queries.ts';
import { KnownDatastreams } from './known-datastreams.ts';
import { exportObservations } from './observation-export.ts';
import type { ExportQuery } from './observation-export.ts';
import type { LedgerColumns } from './ledger-book.ts';
import { columnsOf } from './reading-columns.ts';
import { readSpans } from './series-spans.ts';
import { loadState, readHeld, readStationStates } from './stored-state.ts';
import type { StoredState } from './stored-state.ts';
import { StationIndex } from './station-index.ts';
import type { TakenBatch } from './taken-batch.ts';

/** Plain data: it crosses to the worker. */
export interface TelemetryCoreOptions extends DatabaseOptions {
  /** The longest a batch waits for company before a commit begins, milliseconds. */
  readonly lingerMs: number;
}

export interface TelemetryStats {
  /** Transactions made durable, and the time they took in total, seconds. */
  readonly commits: number;
  readonly commitSeconds: number;
  /** Commits and checkpoints that the disk refused; commits are tried again. */
  readonly failures: number;
  readonly stagedReadings: number;
  /** For how long nothing became durable although something is staged, milliseconds. */
  readonly waitingMs: number;
  readonly datastreams: number;
  /** Size of the file with its log. */
  readonly bytes: number;
  /** Why the last commit or checkpoint failed; absent once one succeeded. */
  readonly lastError?: string;
}

/** What `resume` answers, the latest winners as columns. */
export interface ResumptionColumns {
  readonly cursors: Cursors;
  readonly datastreams: readonly StoredDatastream[];
  readonly latest: ReadingColumns;
  readonly held: readonly HeldMessage[];
  readonly stationStates: readonly { readonly station: string; readonly state: string }[];
}

export interface CommittedColumns {
  readonly cursors: Cursors;
  readonly held: ReadonlyMap<string, number>;
  readonly ledger: LedgerColumns;
}

/** Bounds that DuckDB reads as whole numbers. */
const FAR = 9e15;

/** The whole store in one thread. Every method but `start` belongs between start and stop. */
export class TelemetryCore {
  readonly faults = new CommitFaults();
  readonly #clock: Clock = SYSTEM_CLOCK;
  readonly #keeper: DatabaseKeeper;
  readonly #group: GroupCommit;
  readonly #onFault: (fault: string | undefined) => void;
  readonly #stations = new StationIndex();
  readonly #datastreams = new KnownDatastreams(this.#stations);
  #state: StoredState | undefined;
  #writer: CommitWriter | undefined;
  #commits = 0;
  #commitMs = 0;
  #failures = 0;
  #lastError: string | undefined;

  constructor(options: TelemetryCoreOptions, onFault: (fault: string | undefined) => void) {
    this.#keeper = new DatabaseKeeper(options);
    this.#onFault = onFault;
    this.#group = new GroupCommit({
      clock: this.#clock,
      commit: batches => this.#commit(batches),
      afterCommit: () => this.#checkpoint(),
      onFault: fault => this.#noteFault(fault),
      lingerMs: options.lingerMs,
    });
  }

  /** Opens and recovers the file. Throws AppErrors and what DuckDB throws; `stop` is needed all the same. */
  async start(): Promise<void> {
    await this.#keeper.open();
    const state = await this.#keeper.write(connection => loadState(connection, this.#stations));
    for (const datastream of state.datastreams) this.#datastreams.add(datastream);
    this.#state = state;
    this.#writer = new CommitWriter({
      keeper: this.#keeper,
      state,
      datastreams: this.#datastreams,
      stations: this.#stations,
      faults: this.faults,
    });
    this.#group.start();
  }

  /** Resolves when the batch is durable. Rejects at once with `store_corrupt` for a datastream nobody announced. */
  append(batch: TakenBatch): Promise<void> {
    for (const datastream of batch.newDatastreams) this.#datastreams.add(datastream);
    const { count, datastream } = batch.readings;
    for (let row = 0; row < count; row += 1) this.#datastreams.stationOf(datastream[row] ?? 0);
    return this.#group.take(batch);
  }

  flush(): Promise<void> {
    return this.#group.flush();
  }

  get stagedReadings(): number {
    return this.#group.stagedReadings;
  }

  async resume(): Promise<ResumptionColumns> {
    return await this.#keeper.read(async connection => {
      const held = await readHeld(connection);
      const stationStates = await readStationStates(connection);
      const { mark, datastreams, heads } = this.#opened();
      return { cursors: mark.cursors, datastreams, latest: heads.all(), held, stationStates };
    });
  }

  latest(): ReadingColumns {
    const heads = this.#opened().heads.copy();
    this.#group.overlay().each(
      (columns, at) => heads.offerRow(columns, at),
      (datastream, t, quality) => heads.requalify(datastream, t, quality),
    );
    return heads.all();
  }

  async range(query: RangeQuery): Promise<ReadingColumns> {
    const view = this.#view();
    return columnsOf(await this.#keeper.read(connection => readRange(connection, view, wholeBounds(query))));
  }

  /** One stretch a datastream. */
  winners(spans: readonly SeriesSpan[]): Promise<ReadingColumns> {
    const view = this.#view();
    return this.#keeper.read(connection => readSpans(connection, view, spans.map(wholeBounds)));
  }

  async aggregate(query: AggregateQuery): Promise<AggregateColumns> {
    const view = this.#view();
    // As of now: what becomes durable later is in the overlay.
    const heads = this.#opened().heads.copy();
    return await this.#keeper.read(connection =>
      readAggregates(connection, {
        query: wholeBounds(query),
        view,
        datastream: id => this.#datastreams.get(id),
        newest: id => heads.newest(id),
      }),
    );
  }

  async corrections(query: RangeQuery): Promise<readonly CorrectionRow[]> {
    const { months } = this.#view();
    return await this.#keeper.read(connection => readCorrections(connection, months, wholeBounds(query)));
  }

  quarantine(query: QuarantineQuery): Promise<readonly QuarantineRow[]> {
    return this.#keeper.read(connection => readQuarantine(connection, query));
  }

  async countRows(): Promise<ReadonlyMap<string, number>> {
    const { months } = this.#view();
    const counts = await this.#keeper.read(connection => countByDatastream(connection, months));
    const byStation = new Map<string, number>();
    for (const [id, rows] of counts) {
      const station = this.#stations.name(this.#datastreams.stationOf(id));
      byStation.set(station, (byStation.get(station) ?? 0) + rows);
    }
    return byStation;
  }

  ledger(): CommittedColumns {
    const { mark, held, ledger } = this.#opened();
    const heldBy = new Map<string, number>();
    for (const station of held.values()) heldBy.set(station, (heldBy.get(station) ?? 0) + 1);
    return { cursors: mark.cursors, held: heldBy, ledger: ledger.columns() };
  }

  /** Copies the file at one cursor; see `DatabaseKeeper.copyTo`. */
  copyTo(path: string, onProgress: (bytes: number) => void): Promise<void> {
    return this.#keeper.copyTo(path, onProgress);
  }

  /** Everything taken so far is in it. Answers the rows. */
  async exportTo(query: ExportQuery): Promise<number> {
    await this.flush();
    const { months } = this.#view();
    return await this.#keeper.read(connection => exportObservations(connection, months, query));
  }

  stats(): TelemetryStats {
    return {
      commits: this.#commits,
      commitSeconds: this.#commitMs / 1_000,
      failures: this.#failures,
      stagedReadings: this.#group.stagedReadings,
      waitingMs: this.#group.waitingMs,
      datastreams: this.#opened().datastreams.length,
      bytes: this.#keeper.fileBytes,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** Makes what is staged durable or, where the disk refuses, gives it up; then closes the file. */
  async stop(): Promise<void> {
    this.faults.giveUp();
    await this.#group.stop();
    this.#state = undefined;
    await this.#keeper.close();
  }

  async #commit(batches: readonly TakenBatch[]): Promise<void> {
    const startMs = this.#clock.monotonicMs();
    await this.#writer?.commit(batches);
    this.#commits += 1;
    this.#commitMs += this.#clock.monotonicMs() - startMs;
  }

  async #checkpoint(): Promise<void> {
    try {
      await this.#keeper.checkpointWhenDue();
    } catch (error) {
      // Nothing is lost: the log holds it, and the next commit opens the file anew if it has to.
      this.#failures += 1;
      this.#lastError = messageOf(error);
    }
  }

  #noteFault(fault: string | undefined): void {
    const isNews = (fault === undefined) !== (this.#lastError === undefined);
    if (fault !== undefined) this.#failures += 1;
    this.#lastError = fault;
    if (isNews) this.#onFault(fault);
  }

  #view(): View {
    return { months: new Set(this.#opened().months), overlay: this.#group.overlay() };
  }

  #opened(): StoredState {
    if (this.#state === undefined) {
      throw new AppError('shutting_down', 'The telemetry store is not open.', { retryable: true });
    }
    return this.#state;
  }
}

function wholeBounds<Query extends { readonly from: EpochMs; readonly to: EpochMs }>(query: Query): Query {
  const whole = (t: number) => epochMs(Math.min(Math.max(Math.ceil(t), -FAR), FAR));
  return { ...query, from: whole(query.from), to: whole(query.to) };
}
