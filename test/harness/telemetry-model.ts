import { AppError } from '../../domain/errors.ts';
import type { ReadingCounts } from '../../domain/model/ledger.ts';
import { QUALITY } from '../../domain/model/observation.ts';
import type { Observation, QualityFlag, SourceRank } from '../../domain/model/observation.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import { stationOf } from '../../domain/model/topic.ts';
import { compareCandidates, sameContent } from '../../domain/model/winner.ts';
import { BUCKETS, bucketStart } from '../../domain/time/bucket.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type {
  Aggregate,
  AggregateQuery,
  AggregateRow,
  CommittedLedger,
  CorrectionRow,
  HeldMessage,
  LedgerDelta,
  QuarantineQuery,
  QuarantineRow,
  RangeQuery,
  ReadingColumns,
  RequalifiedColumns,
  SeriesSpan,
  StoreBatch,
  StoreResumption,
  StoredDatastream,
} from '../../domain/ports/telemetry-store.ts';

/**
 * What a store holds after some batches, as the contract of the port says it: every candidate of every identity is
 * kept, and everything else is derived when it is asked for. Slow, and meant to be obviously right.
 */
export class TelemetryModel {
  readonly #datastreams = new Map<number, StoredDatastream>();
  readonly #candidates = new Map<string, Observation[]>();
  readonly #deltas: LedgerDelta[] = [];
  readonly #quarantine = new Map<string, QuarantineRow>();
  readonly #held = new Map<number, HeldMessage>();
  readonly #states = new Map<string, string>();
  #cursors = { live: 0, backlog: 0 };

  apply(batch: StoreBatch): void {
    for (const datastream of batch.newDatastreams) this.#datastreams.set(datastream.id, datastream);
    for (const reading of observationsOf(batch.readings)) {
      this.#station(reading.datastream);
      const identity = `${reading.datastream}@${reading.t}`;
      const known = this.#candidates.get(identity);
      if (known === undefined) this.#candidates.set(identity, [reading]);
      else known.push(reading);
    }
    for (const { datastream, t, quality } of flagsOf(batch.requalified)) {
      const candidates = this.#candidates.get(`${datastream}@${t}`) ?? [];
      const winner = bestOfEachContent(candidates)[0];
      if (winner !== undefined) candidates[candidates.indexOf(winner)] = { ...winner, quality };
    }
    this.#deltas.push(...batch.ledger);
    for (const item of batch.quarantined) {
      const key = `${item.position}/${item.item}`;
      if (!this.#quarantine.has(key)) this.#quarantine.set(key, { ...item, released: false });
    }
    for (const { position, item } of batch.released) {
      const row = this.#quarantine.get(`${position}/${item}`);
      if (row !== undefined) this.#quarantine.set(`${position}/${item}`, { ...row, released: true });
    }
    for (const message of batch.held) this.#held.set(message.position, message);
    for (const position of batch.unheld) this.#held.delete(position);
    for (const { station, state } of batch.stationStates ?? []) this.#states.set(station, state);
    this.#cursors = { ...this.#cursors, ...batch.cursors };
  }

  range(query: RangeQuery): Observation[] {
    return this.#winners(query.datastream)
      .filter(({ t }) => query.from <= t && t < query.to)
      .slice(0, query.limit);
  }

  winners(spans: readonly SeriesSpan[]): Observation[] {
    return spans.flatMap(span => this.range({ ...span, limit: Number.POSITIVE_INFINITY }));
  }

  latest(): Observation[] {
    return [...this.#datastreams.keys()].flatMap(id => this.#winners(id).slice(-1));
  }

  aggregate(query: AggregateQuery): AggregateRow[] {
    return query.datastreams
      .flatMap(datastream => this.#buckets(datastream, query))
      .filter(({ t }) => query.from <= t && t < query.to)
      .slice(0, query.limit);
  }

  corrections(query: RangeQuery): CorrectionRow[] {
    return this.range({ ...query, limit: Number.POSITIVE_INFINITY })
      .flatMap(winner => {
        const [, ...losers] = bestOfEachContent(this.#candidatesOf(winner));
        const { v, deviceFlag, source } = winner;
        return losers.map(loser => ({
          ...loser,
          quality: QUALITY.unknown,
          winner: { v, deviceFlag, source },
        }));
      })
      .slice(0, query.limit);
  }

  quarantine(query: QuarantineQuery): QuarantineRow[] {
    const { station, reason, includeReleased = false, after, limit } = query;
    return [...this.#quarantine.values()]
      .filter(row => station === undefined || row.station === station)
      .filter(row => reason === undefined || row.reason === reason)
      .filter(row => includeReleased || !row.released)
      .filter(row => after === undefined || byPlace(row, after) > 0)
      .toSorted(byPlace)
      .slice(0, limit);
  }

  ledger(): CommittedLedger {
    const stations = new Map<string, { messages: MutableMessages; readings: MutableReadings }>();
    const of = (station: string) => {
      const counts = stations.get(station) ?? { messages: noMessages(), readings: noReadings() };
      stations.set(station, counts);
      return counts;
    };
    for (const delta of this.#deltas) {
      const { messages, readings } = of(delta.station);
      messages.decoded += delta.messagesDecoded;
      messages.quarantined += delta.messagesQuarantined;
      readings.decoded += delta.readingsDecoded;
      readings.quarantined += delta.readingsQuarantined;
      readings.rejected += delta.readingsRejected;
    }
    for (const candidates of this.#candidates.values()) {
      const { readings } = of(this.#station(candidates[0]!.datastream));
      const contents = bestOfEachContent(candidates).length;
      readings.stored += 1;
      readings.corrected += contents - 1;
      readings.duplicate += candidates.length - contents;
    }
    const held = new Map<string, number>();
    for (const { topic } of this.#held.values()) {
      held.set(stationOf(topic), (held.get(stationOf(topic)) ?? 0) + 1);
    }
    return { cursors: this.#cursors, held, stations };
  }

  countRows(): Map<string, number> {
    const rows = new Map<string, number>();
    for (const candidates of this.#candidates.values()) {
      const station = this.#station(candidates[0]!.datastream);
      rows.set(station, (rows.get(station) ?? 0) + 1);
    }
    return rows;
  }

  resume(): StoreResumption {
    return {
      cursors: this.#cursors,
      datastreams: [...this.#datastreams.values()],
      latest: this.latest(),
      held: [...this.#held.values()],
      stationStates: [...this.#states].map(([station, state]) => ({ station, state })),
    };
  }

  #station(datastream: number): string {
    const known = this.#datastreams.get(datastream);
    if (known === undefined)
      throw new AppError('store_corrupt', `Datastream ${datastream} was not announced.`);
    return known.station;
  }

  #candidatesOf({ datastream, t }: Observation): readonly Observation[] {
    return this.#candidates.get(`${datastream}@${t}`) ?? [];
  }

  /** The winners of one datastream, oldest first. */
  #winners(datastream: number): Observation[] {
    return [...this.#candidates.values()]
      .filter(candidates => candidates[0]!.datastream === datastream)
      .map(candidates => bestOfEachContent(candidates)[0]!)
      .toSorted((a, b) => a.t - b.t);
  }

  #buckets(datastream: number, query: AggregateQuery): AggregateRow[] {
    const known = this.#datastreams.get(datastream);
    if (known === undefined) return [];
    const kind = OBSERVED_PROPERTIES.get(known.property)?.interpolation ?? 'instantaneous';
    const counted = this.#winners(datastream).flatMap(({ t, v, quality }) =>
      v === null || quality === QUALITY.fail || quality === QUALITY.missing ? [] : [{ t, v }],
    );
    const buckets = new Map<number, { values: number[]; difference: number }>();
    for (const [index, { t, v }] of counted.entries()) {
      const start = bucketStart(t, BUCKETS[query.bucket], kind);
      const bucket = buckets.get(start) ?? { values: [], difference: 0 };
      buckets.set(start, bucket);
      bucket.values.push(v);
      const before = counted[index - 1];
      if (before !== undefined) bucket.difference += v < before.v ? v : v - before.v;
    }
    return [...buckets].map(([start, { values, difference }]) => {
      const sum = values.reduce((total, v) => total + v, 0);
      const all: Record<Aggregate, number> = {
        count: values.length,
        min: Math.min(...values),
        max: Math.max(...values),
        mean: sum / values.length,
        sum,
        last: values.at(-1)!,
        difference,
      };
      const wanted = Object.fromEntries(query.aggregates.map(name => [name, all[name]]));
      return { datastream, t: epochMs(start), values: wanted };
    });
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type MutableMessages = { decoded: number; quarantined: number };
type MutableReadings = Mutable<ReadingCounts>;

const noMessages = (): MutableMessages => ({ decoded: 0, quarantined: 0 });
const noReadings = (): MutableReadings => ({
  decoded: 0,
  stored: 0,
  duplicate: 0,
  corrected: 0,
  quarantined: 0,
  rejected: 0,
  inFlight: 0,
});

/** The best candidate of every distinct content of one identity; the first is the winner. */
function bestOfEachContent(candidates: readonly Observation[]): Observation[] {
  const best: Observation[] = [];
  for (const candidate of candidates.toSorted((a, b) => compareCandidates(b, a))) {
    if (!best.some(known => sameContent(known, candidate))) best.push(candidate);
  }
  return best;
}

function byPlace(
  a: { readonly position: number; readonly item: number },
  b: { readonly position: number; readonly item: number },
): number {
  return a.position - b.position || a.item - b.item;
}

function flagsOf(columns: RequalifiedColumns | undefined) {
  return Array.from({ length: columns?.count ?? 0 }, (_, at) => ({
    datastream: columns!.datastream[at]!,
    t: columns!.t[at]!,
    quality: columns!.quality[at]! as QualityFlag,
  }));
}

/** The rows of columns as observations; a NaN value is null again. */
export function observationsOf(columns: ReadingColumns): Observation[] {
  return Array.from({ length: columns.count }, (_, at): Observation => {
    const v = columns.v[at]!;
    return {
      datastream: columns.datastream[at]!,
      t: epochMs(columns.t[at]!),
      v: Number.isNaN(v) ? null : v,
      quality: columns.quality[at]! as QualityFlag,
      deviceFlag: columns.deviceFlag[at]!,
      source: columns.source[at]! as SourceRank,
      sent: epochMs(columns.sent[at]!),
      received: epochMs(columns.received[at]!),
      position: columns.position[at]!,
    };
  });
}
