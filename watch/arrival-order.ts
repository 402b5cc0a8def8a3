import type { EpochMs } from '../domain/time/instant.ts';
import { compareSamples } from '../rules/sample.ts';
import type { Sample } from '../rules/sample.ts';

/** When it became known: a reading when it was received, a decision when it was made. */
export function arrivalOf(sample: Sample): EpochMs {
  return sample.kind === 'reading' ? sample.received : sample.t;
}

/**
 * Samples as they became known. Of one instant: readings first, as the journal has them, since a silence is decided when
 * everything up to its time was heard.
 */
export function inArrivalOrder(samples: readonly Sample[]): readonly Sample[] {
  return [...samples].sort(
    (a, b) => arrivalOf(a) - arrivalOf(b) || placeOf(a) - placeOf(b) || compareSamples(a, b),
  );
}

function placeOf(sample: Sample): number {
  return sample.kind === 'reading' ? sample.position : Number.MAX_SAFE_INTEGER;
}
