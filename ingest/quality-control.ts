import { formatDatastreamName } from '../domain/model/datastream.ts';
import type { DatastreamName } from '../domain/model/datastream.ts';
import type { Observation, QualityFlag } from '../domain/model/observation.ts';
import type { Registry } from '../domain/model/registry.ts';
import type { ReadingColumns, SeriesSpan, StoreBatch } from '../domain/ports/telemetry-store.ts';
import { QualityNetwork } from '../domain/quality/quality-network.ts';
import type { NetworkChanges, NetworkMember, StaleSpan } from '../domain/quality/quality-network.ts';
import type { QualityParameterFile } from '../domain/quality/quality-parameter-file.ts';
import type { SeriesLimits } from '../domain/quality/quality-series.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { BatchBuilder, BatchRest } from './batch-builder.ts';
import type { DatastreamDirectory } from './datastream-directory.ts';
import { ParameterBook } from './parameter-book.ts';
import { qualityMembers } from './quality-members.ts';
import type { DatastreamNumber } from './quality-members.ts';
import { StaleBook } from './stale-book.ts';
import { observationAt } from './stored-reading.ts';

/** Accepted readings after all tests. */
export interface JudgedReadings {
  /** With their flags, in the order in which they were given. */
  readonly observations: readonly Observation[];
  /** Those among them that took the place of another value, which may have had another flag. */
  readonly corrections: readonly Observation[];
  /** Earlier readings whose flag is another one now. */
  readonly requalified: readonly Observation[];
  /** Flags that they made old beyond the horizon. */
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
  readonly #parameters: ParameterBook;
  readonly #network: QualityNetwork;
  readonly #placeOfName = new Map<string, number>();
  /** The place of a datastream by its number, and the other way round. */
  readonly #places: number[] = [];
  readonly #numbers: (number | undefined)[] = [];
  #numbered = 0;
  #onStale: () => void = () => undefined;

  /** @param file parameters of the district, over the defaults */
  constructor(directory: DatastreamDirectory, limits: SeriesLimits, file?: QualityParameterFile) {
    this.#directory = directory;
    this.#parameters = new ParameterBook({ maxReadings: limits.maxReadings, file });
    this.#network = new QualityNetwork([], limits);
  }

  /** The members follow the registry; what is known of readings stays. */
  setRegistry(registry: Registry): void {
    const placeOf: DatastreamNumber = (station, spec) => this.#placeNamed(station, spec);
    this.#network.setMembers(qualityMembers(registry, placeOf, this.#parameters));
  }

  /** Called when flags have become old that must be made from the store, once it has what made them old. */
  onStale(listener: () => void): void {
    this.#onStale = listener;
  }

  /** Takes the accepted readings of a message, which have the flags of their values alone. */
  judge(accepted: readonly Observation[]): JudgedReadings {
    const changed: NetworkChanges[] = [];
    const stale: StaleSpan[] = [];
    for (const [datastream, readings] of byDatastream(accepted)) {
      const outcome = this.#network.offer(this.#placeOf(datastream), readings);
      changed.push(...outcome.changed);
      stale.push(...outcome.stale);
    }
    const observations: Observation[] = [];
    const own = new Map<string, Observation>();
    for (const reading of accepted) {
      const place = this.#placeOf(reading.datastream);
      const quality = this.#network.qualityOf(place, reading);
      const observation =
        quality === undefined || quality === reading.quality ? reading : { ...reading, quality };
      observations.push(observation);
      if (changed.length > 0) own.set(`${place}@${reading.t}`, observation);
    }
    const corrections: Observation[] = [];
    const requalified: Observation[] = [];
    for (const { datastream: place, changes } of changed) {
      for (const { t, before } of changes) {
        const reading = own.get(`${place}@${t}`);
        const standing = this.#observation(place, t);
        if (standing === undefined) continue;
        if (reading?.position !== standing.position) {
          if (standing.quality !== before) requalified.push(standing);
        } else if (before !== undefined) corrections.push(reading);
      }
    }
    return { observations, corrections, requalified, stale: this.#numberedSpans(stale) };
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
    for (const series of bySeries(rows)) {
      const readings = Array.from(series, at => observationAt(rows, at));
      const [first] = readings;
      if (first !== undefined) this.#network.restore(this.#placeOf(first.datastream), readings);
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

  #observation(place: number, t: EpochMs): Observation | undefined {
    const datastream = this.#numbers[place];
    const point = this.#network.pointAt(place, t);
    const quality = this.#network.qualityAt(place, t);
    if (datastream === undefined || point === undefined || quality === undefined) return undefined;
    return { ...point, datastream, quality };
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

function byDatastream(readings: readonly Observation[]): Iterable<readonly [number, readonly Observation[]]> {
  const [first] = readings;
  if (first === undefined) return [];
  if (readings.length === 1) return [[first.datastream, readings]];
  const groups = new Map<number, Observation[]>();
  for (const reading of readings) {
    const group = groups.get(reading.datastream);
    if (group === undefined) groups.set(reading.datastream, [reading]);
    else group.push(reading);
  }
  return groups;
}

/** The places of the rows of each datastream. One series after the other: memory is fast where it is near. */
function* bySeries({ count, datastream }: ReadingColumns): Iterable<Uint32Array> {
  const highest = datastream.reduce((most, each) => Math.max(most, each), -1);
  const ends = new Uint32Array(highest + 2);
  for (let at = 0; at < count; at += 1)
    ends[(datastream[at] ?? 0) + 1] = (ends[(datastream[at] ?? 0) + 1] ?? 0) + 1;
  for (let id = 1; id < ends.length; id += 1) ends[id] = (ends[id] ?? 0) + (ends[id - 1] ?? 0);
  const places = new Uint32Array(count);
  for (let at = 0; at < count; at += 1) {
    const id = datastream[at] ?? 0;
    places[ends[id] ?? 0] = at;
    ends[id] = (ends[id] ?? 0) + 1;
  }
  let begin = 0;
  for (let id = 0; id <= highest; id += 1) {
    const end = ends[id] ?? begin;
    if (end > begin) yield places.subarray(begin, end);
    begin = end;
  }
}
