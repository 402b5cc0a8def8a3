import { formatDatastreamName } from '../domain/model/datastream.ts';
import type { Observation, QualityFlag, SourceRank } from '../domain/model/observation.ts';
import type {
  ReadingColumns,
  SeriesSpan,
  StoredDatastream,
  TelemetryStore,
} from '../domain/ports/telemetry-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Reading } from '../rules/sample.ts';

export interface WatchHistoryOptions {
  readonly reader: Pick<TelemetryStore, 'winners'>;
  /** The numbered datastreams from the `start`-th on; they only grow. */
  readonly datastreams: (start: number) => readonly StoredDatastream[];
  /** How many of them had readings in the store when the watch began. */
  readonly storedAtStart: number;
}

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
    this.#idOf(input);
    return this.#storedInputs.has(input);
  }

  /** Everything stored or taken of some inputs, of each with from ≤ t ≤ upTo, in no order. */
  async readings(
    from: ReadonlyMap<string, EpochMs>,
    upTo = EVER,
  ): Promise<ReadonlyMap<string, readonly Reading[]>> {
    const spans: SeriesSpan[] = [];
    for (const [input, start] of from) {
      const datastream = this.#idOf(input);
      if (datastream !== undefined) spans.push({ datastream, from: start, to: epochMs(upTo + 1) });
    }
    if (spans.length === 0) return new Map();
    const columns = await this.#options.reader.winners(spans);
    const readings = new Map<string, Reading[]>();
    for (let row = 0; row < columns.count; row += 1) {
      const input = this.inputOf(columns.datastream[row] ?? 0);
      if (input === undefined) continue;
      const reading = readingAt(columns, row, input);
      const known = readings.get(input);
      if (known === undefined) readings.set(input, [reading]);
      else known.push(reading);
    }
    return readings;
  }

  #idOf(input: string): number | undefined {
    if (!this.#ids.has(input)) this.#learn();
    return this.#ids.get(input);
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

function readingAt(columns: ReadingColumns, row: number, input: string): Reading {
  const v = columns.v[row] ?? Number.NaN;
  return {
    kind: 'reading',
    input,
    t: epochMs(columns.t[row] ?? 0),
    v: Number.isNaN(v) ? null : v,
    quality: (columns.quality[row] ?? 0) as QualityFlag,
    deviceFlag: columns.deviceFlag[row] ?? 0,
    source: (columns.source[row] ?? 0) as SourceRank,
    sent: epochMs(columns.sent[row] ?? 0),
    received: epochMs(columns.received[row] ?? 0),
    position: columns.position[row] ?? 0,
  };
}
