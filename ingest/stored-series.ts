import type { Observation } from '../domain/model/observation.ts';
import type { ReadingColumns, SeriesSpan, TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { Companions } from '../domain/quality/judge-reading.ts';
import type { QualityFinding } from '../domain/quality/quality-finding.ts';
import { companionReachMs, windowFor } from '../domain/quality/quality-parameters.ts';
import { explainStored, qualifyInTurn } from '../domain/quality/qualify-series.ts';
import type { ReadingQuality } from '../domain/quality/qualify-series.ts';
import { SeriesWindow } from '../domain/quality/series-window.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { QualityControl } from './quality-control.ts';
import type { Stretch } from './stale-book.ts';
import { observationAt } from './stored-reading.ts';

interface Sources {
  readonly store: Pick<TelemetryStore, 'winners'>;
  readonly control: Pick<QualityControl, 'member'>;
}

/** Readings of the store by datastream, all that the flags of some stretches follow from. */
export class StoredSeries {
  readonly #control: Sources['control'];
  readonly #rows = new Map<number, Observation[]>();
  readonly #windows = new Map<number, SeriesWindow>();

  private constructor(columns: ReadingColumns, control: Sources['control']) {
    this.#control = control;
    for (let at = 0; at < columns.count; at += 1) {
      const row = observationAt(columns, at);
      const known = this.#rows.get(row.datastream);
      if (known === undefined) this.#rows.set(row.datastream, [row]);
      else known.push(row);
    }
  }

  static async read(stretches: readonly Stretch[], { store, control }: Sources): Promise<StoredSeries> {
    return new StoredSeries(await store.winners(spansFor(stretches, control)), control);
  }

  of(datastream: number): readonly Observation[] {
    return this.#rows.get(datastream) ?? [];
  }

  /** The flags of a stretch that was read, one by one; none of a datastream that is not registered. */
  judge({ datastream, span }: Stretch): Iterable<ReadingQuality> {
    const member = this.#control.member(datastream);
    if (member === undefined) return [];
    return qualifyInTurn(this.of(datastream), member.parameters, span, this.#companionsOf(member));
  }

  /** What every test says of a reading in a stretch that was read; undefined where nothing can be said. */
  explain(datastream: number, t: EpochMs): readonly QualityFinding[] | undefined {
    const member = this.#control.member(datastream);
    return member && explainStored(this.of(datastream), member.parameters, t, this.#companionsOf(member));
  }

  #companionsOf(member: Member): Companions {
    const { neighbours = [], rain = [] } = member;
    return {
      neighbours: neighbours.map(id => this.#windowOf(id)),
      rain: rain.map(id => this.#windowOf(id)),
    };
  }

  #windowOf(datastream: number): SeriesWindow {
    let window = this.#windows.get(datastream);
    if (window === undefined) {
      const failSpan = this.#control.member(datastream)?.parameters.grossRange.failSpan;
      window = SeriesWindow.of(this.of(datastream), failSpan ?? [Number.NEGATIVE_INFINITY, Infinity]);
      this.#windows.set(datastream, window);
    }
    return window;
  }
}

type Member = NonNullable<ReturnType<QualityControl['member']>>;

/** One span for each datastream that takes part. */
function spansFor(stretches: readonly Stretch[], control: Sources['control']): readonly SeriesSpan[] {
  const spans = new Map<number, SeriesSpan>();
  const add = (datastream: number, from: number, to: number): void => {
    const known = spans.get(datastream);
    spans.set(datastream, {
      datastream,
      from: epochMs(Math.min(from, known?.from ?? from)),
      to: epochMs(Math.max(to, known?.to ?? to)),
    });
  };
  for (const { datastream, span } of stretches) {
    const member = control.member(datastream);
    if (member === undefined) continue;
    const { parameters, neighbours = [], rain = [] } = member;
    const own = windowFor(span, parameters);
    add(datastream, own.from, own.to + 1);
    const reachMs = companionReachMs(parameters);
    for (const id of [...neighbours, ...rain]) add(id, span.from - reachMs, span.to + 1);
  }
  return [...spans.values()];
}
