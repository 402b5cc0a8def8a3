import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { DAY_MS, SECOND_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { StationModel } from './station-model.ts';
import type { StormField } from './storm-field.ts';

/** The longest step of the models while readings are taken, milliseconds. */
const STEP_MS = 10 * SECOND_MS;
/** The same while the models only have to catch up. */
const COARSE_STEP_MS = 60 * SECOND_MS;
/** How long the models run before the first reading, so that rivers and streets know the weather of the day. */
const WARM_UP_MS = DAY_MS;

/** The readings of one station in time: each datastream at the whole multiples of its own interval. */
export class StationSchedule {
  readonly #spec: StationSpec;
  readonly #model: StationModel;
  /** When each datastream is due next. */
  readonly #due: Map<DatastreamSpec, EpochMs>;

  constructor(
    spec: StationSpec,
    options: { readonly seed: number; readonly storms: StormField; readonly start: EpochMs },
  ) {
    const { seed, storms, start } = options;
    this.#spec = spec;
    this.#model = new StationModel(spec, { seed, storms, from: epochMs(start - WARM_UP_MS) });
    this.#settle(start);
    this.#due = new Map(spec.datastreams.map(datastream => [datastream, nextDue(datastream, start)]));
  }

  /** The state at the start, so that a display has values at once. Totals are left out: their period is not over. */
  first(): readonly OutgoingReading[] {
    return this.#spec.datastreams
      .filter(datastream => !isPeriodTotal(datastream))
      .map(datastream => this.#read(datastream));
  }

  /** When the next reading is due; `undefined` for a station without datastreams. */
  get due(): EpochMs | undefined {
    const all = [...this.#due.values()];
    return all.length === 0 ? undefined : epochMs(Math.min(...all));
  }

  /** The readings of all datastreams that are due at `due`. */
  next(): readonly OutgoingReading[] {
    const { due } = this;
    if (due === undefined) return [];
    this.#model.advance(due, STEP_MS);
    const readings: OutgoingReading[] = [];
    for (const [datastream, at] of this.#due) {
      if (at !== due) continue;
      readings.push(this.#read(datastream));
      this.#due.set(datastream, nextDue(datastream, due));
    }
    return readings;
  }

  /** Leaves out what was due before `at`: the process slept, and old readings would be no simulation of now. */
  skipTo(at: EpochMs): void {
    this.#settle(at);
    for (const [datastream, due] of this.#due)
      if (due < at) this.#due.set(datastream, nextDue(datastream, at));
  }

  /** Brings the models to `at` without readings; totals begin anew with the period that `at` lies in. */
  #settle(at: EpochMs): void {
    const begun = this.#spec.datastreams
      .filter(isPeriodTotal)
      .map(datastream => ({ datastream, begin: epochMs(nextDue(datastream, at) - datastream.intervalMs) }));
    for (const { datastream, begin } of begun.sort((a, b) => a.begin - b.begin)) {
      this.#model.advance(begin, COARSE_STEP_MS);
      this.#model.read(datastream);
    }
    this.#model.advance(at, COARSE_STEP_MS);
  }

  #read(datastream: DatastreamSpec): OutgoingReading {
    return { p: formatDatastreamName(datastream), t: this.#model.now, v: this.#model.read(datastream) };
  }
}

function isPeriodTotal(datastream: DatastreamSpec): boolean {
  return OBSERVED_PROPERTIES.get(datastream.property)?.interpolation === 'period_total';
}

function nextDue(datastream: DatastreamSpec, after: EpochMs): EpochMs {
  const { intervalMs } = datastream;
  return epochMs((Math.floor(after / intervalMs) + 1) * intervalMs);
}
