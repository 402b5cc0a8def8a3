import { formatDatastreamName } from '../domain/model/datastream.ts';
import type { Observation } from '../domain/model/observation.ts';
import type { StoredDatastream, TelemetryReader } from '../domain/ports/telemetry-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Reading } from '../rules/sample.ts';

export interface WatchHistoryOptions {
  readonly reader: Pick<TelemetryReader, 'range'>;
  /** The numbered datastreams from the `start`-th on; they only grow. */
  readonly datastreams: (start: number) => readonly StoredDatastream[];
  /** How many of them had readings in the store when the watch began. */
  readonly storedAtStart: number;
}

const PAGE = 50_000;
const EVER = epochMs(Number.MAX_SAFE_INTEGER - 1);

/** Readings by the names that rules use. */
export class WatchHistory {
  readonly #options: WatchHistoryOptions;
  readonly #inputs = new Map<number, string>();
  readonly #ids = new Map<string, number>();
  readonly #storedInputs = new Set<string>();
  #known = 0;

  constructor(options: WatchHistoryOptions) {
    this.#options = options;
  }

  /** `station/property[.instance]` of a datastream by its number. */
  inputOf(datastream: number): string | undefined {
    const input = this.#inputs.get(datastream);
    if (input !== undefined) return input;
    this.#learn();
    return this.#inputs.get(datastream);
  }

  /** Whether an input had readings in the store when the watch began. */
  wasStored(input: string): boolean {
    if (!this.#ids.has(input)) this.#learn();
    return this.#storedInputs.has(input);
  }

  /** Everything stored or taken of an input with from ≤ t ≤ upTo. */
  async readings(input: string, from: EpochMs, upTo = EVER): Promise<readonly Reading[]> {
    if (!this.#ids.has(input)) this.#learn();
    const datastream = this.#ids.get(input);
    if (datastream === undefined) return [];
    const readings: Reading[] = [];
    for (let start = from; ;) {
      const query = { datastream, from: start, to: epochMs(upTo + 1), limit: PAGE };
      const page = await this.#options.reader.range(query);
      for (const observation of page) readings.push(readingOf(observation, input));
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return readings;
      start = epochMs(last.t + 1);
    }
  }

  #learn(): void {
    for (const datastream of this.#options.datastreams(this.#known)) {
      const input = `${datastream.station}/${formatDatastreamName(datastream)}`;
      this.#inputs.set(datastream.id, input);
      this.#ids.set(input, datastream.id);
      if (this.#known < this.#options.storedAtStart) this.#storedInputs.add(input);
      this.#known += 1;
    }
  }
}

/** A reading as rules see it. */
export function readingOf(observation: Observation, input: string): Reading {
  const { t, v, quality, deviceFlag, source, sent, received, position } = observation;
  return { kind: 'reading', input, t, v, quality, deviceFlag, source, sent, received, position };
}
