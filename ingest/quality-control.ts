import { formatDatastreamName } from '../domain/model/datastream.ts';
import type { DatastreamName } from '../domain/model/datastream.ts';
import type { Observation, QualityFlag } from '../domain/model/observation.ts';
import type { Registry } from '../domain/model/registry.ts';
import type { ReadingColumns, SeriesSpan, StoreBatch } from '../domain/ports/telemetry-store.ts';
import { QualityNetwork } from '../domain/quality/quality-network.ts';
import type { NetworkMember, StaleSpan } from '../domain/quality/quality-network.ts';
import type { SeriesLimits } from '../domain/quality/quality-series.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { BatchBuilder, BatchRest } from './batch-builder.ts';
import type { DatastreamDirectory } from './datastream-directory.ts';
import { qualityMembers } from './quality-members.ts';
import type { DatastreamNumber } from './quality-members.ts';
import { StaleBook } from './stale-book.ts';
import { observationAt } from './stored-reading.ts';

/** An accepted reading after all tests. */
export interface JudgedReading {
  /** With its flag. */
  readonly observation: Observation;
  /** Earlier readings whose flag is another one now. */
  readonly requalified: readonly Observation[];
  /** True where it took the place of another value, which may have had another flag. */
  readonly isCorrection: boolean;
  /** Flags that it made old beyond the horizon. */
  readonly stale: readonly StaleSpan[];
}

/** After every reading that is still to come. */
const FOR_EVER = epochMs(8.64e15);

/**
 * Runs the quality tests over the accepted readings of all registered datastreams, in the order in which they are
 * accepted. Datastreams are linked as soon as they are registered, before they have a number: the network knows them by
 * places of its own.
 */
export class QualityControl {
  readonly stale = new StaleBook();
  readonly #directory: DatastreamDirectory;
  readonly #maxReadings: number;
  readonly #network: QualityNetwork;
  readonly #placeOfName = new Map<string, number>();
  /** The place of a datastream by its number, and the other way round. */
  readonly #places: number[] = [];
  readonly #numbers: (number | undefined)[] = [];
  #numbered = 0;
  #onStale: () => void = () => undefined;

  constructor(directory: DatastreamDirectory, limits: SeriesLimits) {
    this.#directory = directory;
    this.#maxReadings = limits.maxReadings;
    this.#network = new QualityNetwork([], limits);
  }

  /** The members follow the registry; what is known of readings stays. */
  setRegistry(registry: Registry): void {
    const placeOf: DatastreamNumber = (station, spec) => this.#placeNamed(station, spec);
    this.#network.setMembers(qualityMembers(registry, placeOf, this.#maxReadings));
  }

  /** Called when flags have become old that must be made from the store, once it has what made them old. */
  onStale(listener: () => void): void {
    this.#onStale = listener;
  }

  /** Takes an accepted reading that has the flag of its value alone. */
  judge(accepted: Observation): JudgedReading {
    const place = this.#placeOf(accepted.datastream);
    const { changed, stale } = this.#network.offer(place, [accepted]);
    const quality = this.#network.qualityOf(place, accepted) ?? accepted.quality;
    const observation = quality === accepted.quality ? accepted : { ...accepted, quality };
    const requalified: Observation[] = [];
    let isCorrection = false;
    for (const { datastream, changes } of changed) {
      for (const { t, before, quality: after } of changes) {
        if (datastream === place && t === accepted.t) isCorrection = before !== undefined;
        else if (before !== after) requalified.push(...this.#observation(datastream, t, after));
      }
    }
    return { observation, requalified, isCorrection, stale: this.#numberedSpans(stale) };
  }

  /** The flag of the reading in memory that stands at the time; undefined where it is not known. */
  qualityAt(datastream: number, t: EpochMs): QualityFlag | undefined {
    return this.#network.qualityAt(this.#placeOf(datastream), t);
  }

  /** Closes a batch with the flags of now, and keeps what they made old with it. */
  close(builder: BatchBuilder, rest: BatchRest): StoreBatch {
    const stale = builder.takeStale();
    const flagOf = (datastream: number, t: EpochMs) => this.qualityAt(datastream, t);
    if (stale.length === 0) return builder.take(rest, flagOf);
    for (const span of stale) this.stale.add(span);
    const states = [...new Set(stale.map(({ datastream }) => datastream))].flatMap(id =>
      this.stale.stateOf(id),
    );
    this.#onStale();
    return builder.take({ ...rest, stationStates: [...(rest.stationStates ?? []), ...states] }, flagOf);
  }

  /**
   * What has to be read back from the store to go on where it was left.
   *
   * @param latest the newest reading of every datastream
   */
  spansToRestore(latest: readonly Observation[]): readonly SeriesSpan[] {
    for (const { datastream, t } of latest) this.#network.noteNewest(this.#placeOf(datastream), t);
    return latest.flatMap(({ datastream, t }) => {
      const from = this.#network.keptFrom(this.#placeOf(datastream));
      return from === undefined || t < from ? [] : [{ datastream, from, to: FOR_EVER }];
    });
  }

  /** Takes readings back from the store, with the flags that they have there. */
  restore(rows: ReadingColumns): void {
    for (let at = 0; at < rows.count; at += 1) {
      const reading = observationAt(rows, at);
      this.#network.restore(this.#placeOf(reading.datastream), reading, reading.quality);
    }
  }

  /** The parameters of a datastream and those it is compared with, by number; undefined where it is not registered. */
  member(datastream: number): NetworkMember | undefined {
    const member = this.#network.member(this.#placeOf(datastream));
    if (member === undefined) return undefined;
    const { parameters, neighbours = [], rain = [] } = member;
    const numbersOf = (places: readonly number[]) =>
      places.flatMap(place => this.#numbers[place] ?? []).filter(id => id !== datastream);
    return { datastream, parameters, neighbours: numbersOf(neighbours), rain: numbersOf(rain) };
  }

  /** Takes a flag that was made from the store; answers the one that holds. */
  settle(datastream: number, t: EpochMs, quality: QualityFlag): QualityFlag {
    this.#network.settle(this.#placeOf(datastream), t, quality);
    return this.qualityAt(datastream, t) ?? quality;
  }

  #observation(place: number, t: EpochMs, quality: QualityFlag): readonly Observation[] {
    const datastream = this.#numbers[place];
    const point = this.#network.pointAt(place, t);
    return datastream === undefined || point === undefined ? [] : [{ ...point, datastream, quality }];
  }

  #numberedSpans(spans: readonly StaleSpan[]): readonly StaleSpan[] {
    if (spans.length === 0) return spans;
    return spans.flatMap(span => {
      const datastream = this.#numbers[span.datastream];
      return datastream === undefined ? [] : [{ ...span, datastream }];
    });
  }

  #placeOf(datastream: number): number {
    const place = this.#places[datastream];
    if (place !== undefined) return place;
    for (const known of this.#directory.known(this.#numbered)) {
      const its = this.#placeNamed(known.station, known);
      this.#places[known.id] = its;
      this.#numbers[its] = known.id;
      this.#numbered += 1;
    }
    return this.#places[datastream] ?? -1;
  }

  #placeNamed(station: string, name: DatastreamName): number {
    const key = `${station}/${formatDatastreamName(name)}`;
    const place = this.#placeOfName.get(key) ?? this.#placeOfName.size;
    this.#placeOfName.set(key, place);
    return place;
  }
}
