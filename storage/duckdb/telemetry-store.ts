import type { MessagePort } from 'node:worker_threads';

import type { Observation } from '../../domain/model/observation.ts';
import type {
  Aggregate,
  AggregateQuery,
  AggregateRow,
  CommittedLedger,
  CorrectionRow,
  QuarantineQuery,
  QuarantineRow,
  RangeQuery,
  ReadingColumns,
  SeriesSpan,
  StoreBatch,
  StoreResumption,
  TelemetryStore,
} from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { Remote } from '../thread/remote.ts';
import type { AggregateColumns } from './aggregate-query.ts';
import { COUNTER, COUNTERS, deltaColumns } from './ledger-book.ts';
import type { Counter, LedgerColumns } from './ledger-book.ts';
import { buffersOf, observationsOf } from './reading-columns.ts';
import type { TakenBatch } from './taken-batch.ts';
import type { CommittedColumns, ResumptionColumns } from './telemetry-core.ts';

/**
 * The store from any thread, through a port that `DuckdbTelemetry.openStore` gave. `append` takes the arrays of the
 * readings away from the caller. After the store stopped every call rejects with `worker_failed`.
 */
class TelemetryStoreClient implements TelemetryStore {
  readonly #port: MessagePort;
  readonly #remote: Remote;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#remote = new Remote(port);
    port.on('close', () => this.#remote.fail('the telemetry store was closed'));
  }

  async resume(): Promise<StoreResumption> {
    const resumption = await this.#remote.call<ResumptionColumns>('resume');
    return { ...resumption, latest: observationsOf(resumption.latest) };
  }

  append(batch: StoreBatch): Promise<void> {
    // A payload may be a view of a whole read of the journal, and all of it would be cloned.
    const own = <Item extends { readonly payload: Uint8Array }>(items: readonly Item[]): Item[] =>
      items.map(item => ({ ...item, payload: item.payload.slice() }));
    const ledger = deltaColumns(batch.ledger);
    const taken: TakenBatch = {
      ...batch,
      ledger,
      quarantined: own(batch.quarantined),
      held: own(batch.held),
    };
    const buffers = [...buffersOf(batch.readings), ledger.counts.buffer as ArrayBuffer];
    return this.#remote.call('append', taken, buffers);
  }

  flush(): Promise<void> {
    return this.#remote.call('flush');
  }

  async latest(): Promise<readonly Observation[]> {
    return observationsOf(await this.#remote.call<ReadingColumns>('latest'));
  }

  async range(query: RangeQuery): Promise<readonly Observation[]> {
    return observationsOf(await this.#remote.call<ReadingColumns>('range', query));
  }

  winners(spans: readonly SeriesSpan[]): Promise<ReadingColumns> {
    return this.#remote.call('winners', spans);
  }

  async aggregate(query: AggregateQuery): Promise<readonly AggregateRow[]> {
    const columns = await this.#remote.call<AggregateColumns>('aggregate', query);
    return Array.from({ length: columns.count }, (_, at): AggregateRow => {
      const values: Partial<Record<Aggregate, number>> = {};
      for (const [which, aggregate] of columns.aggregates.entries()) {
        values[aggregate] = columns.values[which]?.[at] ?? 0;
      }
      return { datastream: columns.datastream[at] ?? 0, t: epochMs(columns.t[at] ?? 0), values };
    });
  }

  async ledger(): Promise<CommittedLedger> {
    const { cursors, held, ledger } = await this.#remote.call<CommittedColumns>('ledger');
    return { cursors, held, stations: stationCounts(ledger) };
  }

  countRows(): Promise<ReadonlyMap<string, number>> {
    return this.#remote.call('countRows');
  }

  corrections(query: RangeQuery): Promise<readonly CorrectionRow[]> {
    return this.#remote.call('corrections', query);
  }

  quarantine(query: QuarantineQuery): Promise<readonly QuarantineRow[]> {
    return this.#remote.call('quarantine', query);
  }

  staged(): Promise<number> {
    return this.#remote.call('staged');
  }

  /** Lets this thread end; open calls reject. */
  close(): void {
    this.#port.close();
  }
}
export type { TelemetryStoreClient };

function stationCounts({ stations, counts }: LedgerColumns): CommittedLedger['stations'] {
  return new Map(
    stations.map((station, index) => {
      const of = (counter: Counter): number => counts[index * COUNTERS + counter] ?? 0;
      return [
        station,
        {
          messages: { decoded: of(COUNTER.messagesDecoded), quarantined: of(COUNTER.messagesQuarantined) },
          readings: {
            decoded: of(COUNTER.readingsDecoded),
            stored: of(COUNTER.stored),
            duplicate: of(COUNTER.duplicate),
            corrected: of(COUNTER.corrected),
            quarantined: of(COUNTER.readingsQuarantined),
            rejected: of(COUNTER.readingsRejected),
            inFlight: 0,
          },
        },
      ];
    }),
  );
}

/** A store over a port from `DuckdbTelemetry.openStore`. */
export function createTelemetryStore(port: MessagePort): TelemetryStoreClient {
  return new TelemetryStoreClient(port);
}
