import { compareSamples, winningSample } from './sample.ts';
import type { Sample } from './sample.ts';

/** A change of the window: from this place on the fold must run again. */
export interface Insertion {
  /** First place that differs; undefined where nothing was new. */
  readonly from: number | undefined;
  readonly inserted: ReadonlySet<Sample>;
}

const NOTHING: Insertion = { from: undefined, inserted: new Set() };

/** The samples of a horizon in the order of evaluation, one for each identity. */
export class SampleWindow {
  readonly #samples: Sample[];

  constructor(samples: readonly Sample[]) {
    this.#samples = [...samples];
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Takes samples that come in the order of evaluation. A duplicate, and a candidate that loses, changes nothing. */
  insert(offered: readonly Sample[]): Insertion {
    const [first] = offered;
    if (first === undefined) return NOTHING;
    const at = this.#placeOf(first);
    if (at === this.#samples.length) {
      for (const sample of offered) this.#samples.push(sample);
      return { from: at, inserted: new Set(offered) };
    }
    const tail = this.#samples.splice(at);
    const inserted = new Set<Sample>();
    let from: number | undefined;
    let next = 0;
    const take = (sample: Sample): void => {
      from ??= this.#samples.length;
      inserted.add(sample);
      this.#samples.push(sample);
    };
    for (const known of tail) {
      let sample = offered[next];
      while (sample !== undefined && compareSamples(sample, known) < 0) {
        take(sample);
        next += 1;
        sample = offered[next];
      }
      if (sample === undefined || compareSamples(sample, known) !== 0) {
        this.#samples.push(known);
        continue;
      }
      next += 1;
      const winner = winningSample(sample, known);
      // A reading sent again wins by its later `sent` and says the same: it takes the place, and nothing is new.
      if (winner === known || hasEqualEffect(sample, known)) this.#samples.push(winner);
      else if (isSameMessage(sample, known)) {
        // Another flag of a reading that was there before: the fold runs again, and nothing was measured.
        from ??= this.#samples.length;
        this.#samples.push(sample);
      } else take(sample);
    }
    for (const sample of offered.slice(next)) take(sample);
    return { from, inserted };
  }

  /** Forgets the first `count`. */
  drop(count: number): void {
    this.#samples.splice(0, count);
  }

  /** Where a sample stands or would stand; mostly at the end. */
  #placeOf(sample: Sample): number {
    const last = this.#samples.at(-1);
    if (last === undefined || compareSamples(last, sample) < 0) return this.#samples.length;
    let low = 0;
    let high = this.#samples.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#samples[middle];
      if (other !== undefined && compareSamples(other, sample) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function hasEqualEffect(a: Sample, b: Sample): boolean {
  if (a.kind !== 'reading' || b.kind !== 'reading') return a.kind === b.kind && saidBy(a) === saidBy(b);
  return a.v === b.v && a.quality === b.quality && a.deviceFlag === b.deviceFlag && a.source === b.source;
}

function isSameMessage(a: Sample, b: Sample): boolean {
  return a.kind === 'reading' && b.kind === 'reading' && a.position === b.position && a.v === b.v;
}

/** What samples of one identity may differ by. */
function saidBy(sample: Sample): unknown {
  if (sample.kind === 'silence') return sample.since;
  if (sample.kind === 'signal') return sample.severity;
  return sample.kind === 'outage' ? sample.from : sample.t;
}
