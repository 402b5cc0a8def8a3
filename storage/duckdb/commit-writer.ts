import type { Observation } from '../../domain/model/observation.ts';
import { stationOf } from '../../domain/model/topic.ts';
import type { ReadingColumns } from '../../domain/ports/telemetry-store.ts';
import { foldLog, lastSeq, logCommit } from './commit-log.ts';
import type { CommitMark } from './commit-log.ts';
import type { CommitFaults } from './commit-faults.ts';
import type { Connection } from './database.ts';
import type { DatabaseKeeper } from './database-keeper.ts';
import { sortByIdentity } from './identity-sort.ts';
import type { SortedReadings } from './identity-sort.ts';
import type { KnownDatastreams } from './known-datastreams.ts';
import { LedgerBook } from './ledger-book.ts';
import { writeObservations } from './observation-writes.ts';
import type { ObservationsWritten } from './observation-writes.ts';
import { joinColumns } from './reading-columns.ts';
import { requalifyRows } from './requalified-rows.ts';
import type { StationIndex } from './station-index.ts';
import { heldChanges, writeSideTables } from './side-writes.ts';
import type { TakenBatch } from './taken-batch.ts';
import type { StoredState } from './stored-state.ts';

export interface CommitWriterOptions {
  readonly keeper: DatabaseKeeper;
  /** Follows the file: it changes when a commit is known to have happened, and only then. */
  readonly state: StoredState;
  readonly datastreams: KnownDatastreams;
  readonly stations: StationIndex;
  readonly faults: CommitFaults;
}

/** Rows of the commit log above which the next commit folds it into the ledger. */
const FOLD_ROWS = 256;

/** What a transaction did, to be taken over into memory once it is durable. */
interface Written {
  readonly mark: CommitMark;
  readonly batches: readonly TakenBatch[];
  readonly readings: ReadingColumns;
  readonly sorted: SortedReadings;
  /** Rows that have another flag. */
  readonly changed: readonly Observation[];
  readonly observations: ObservationsWritten;
  readonly ledger: LedgerBook;
  readonly logRows: number;
}

/** Makes groups of batches durable, one transaction a group: rows, cursors, ledger and all the rest. */
export class CommitWriter {
  readonly #options: CommitWriterOptions;
  /** A transaction of which nobody knows whether it became durable. */
  #inDoubt: Written | undefined;

  constructor(options: CommitWriterOptions) {
    this.#options = options;
  }

  /** Rejects when the disk refuses; it must then be called again with the same batches. */
  async commit(batches: readonly TakenBatch[]): Promise<void> {
    const { keeper, faults } = this.#options;
    if (await this.#hasHappened()) return;
    const written = await keeper.write(async connection => {
      try {
        await connection.run('BEGIN');
        const done = await this.#write(connection, batches);
        await faults.beforeCommit();
        this.#inDoubt = done;
        await connection.run('COMMIT');
        faults.afterCommit();
        return done;
      } catch (error) {
        // DuckDB may have ended the transaction itself.
        await connection.run('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
    this.#takeOver(written);
  }

  /** Asks the file about a commit whose answer was an error: the log may have been written all the same. */
  async #hasHappened(): Promise<boolean> {
    const doubtful = this.#inDoubt;
    if (doubtful === undefined) return false;
    const seq = await this.#options.keeper.write(lastSeq);
    this.#inDoubt = undefined;
    if (seq < doubtful.mark.seq) return false;
    this.#takeOver(doubtful);
    return true;
  }

  async #write(connection: Connection, batches: readonly TakenBatch[]): Promise<Written> {
    const { state, datastreams, stations } = this.#options;
    const ledger = new LedgerBook(stations);
    for (const batch of batches) ledger.addColumns(batch.ledger);
    const cursors = batches.reduce((all, batch) => ({ ...all, ...batch.cursors }), state.mark.cursors);
    const mark: CommitMark = { seq: state.mark.seq + 1, cursors };
    const { readings, changed } = await requalifyRows(connection, {
      batches,
      readings: joinColumns(batches.map(batch => batch.readings)),
      months: state.months,
      newest: id => state.heads.newest(id),
    });
    const sorted = sortByIdentity(readings, id => state.heads.newest(id));
    const observations = await writeObservations(connection, {
      readings,
      sorted,
      months: state.months,
      datastreams,
      ledger,
    });
    await writeSideTables(connection, batches, mark.seq);
    const isFold = state.logRows >= FOLD_ROWS;
    if (isFold) {
      const totals = new LedgerBook(stations);
      totals.addAll(state.ledger);
      totals.addAll(ledger);
      await foldLog(connection, mark, totals);
    } else {
      await logCommit(connection, mark, ledger);
    }
    const logRows = isFold ? 1 : state.logRows + 1;
    return { mark, batches, readings, sorted, changed, observations, ledger, logRows };
  }

  #takeOver({ mark, batches, readings, sorted, changed, observations, ledger, logRows }: Written): void {
    const { state } = this.#options;
    this.#inDoubt = undefined;
    state.mark = mark;
    state.logRows = logRows;
    for (const month of observations.newMonths) state.months.add(month);
    for (const batch of batches) state.datastreams.push(...batch.newDatastreams);
    state.ledger.addAll(ledger);
    for (const { datastream, t, quality } of changed) state.heads.requalify(datastream, t, quality);
    for (const row of sorted.fresh) state.heads.setRow(readings, row);
    for (const winner of observations.winners) state.heads.set(winner);
    for (const [position, message] of heldChanges(batches)) {
      if (message === undefined) state.held.delete(position);
      else state.held.set(position, stationOf(message.topic));
    }
  }
}
