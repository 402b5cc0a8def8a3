import type { TrackBasis } from './basis-book.ts';
import type { ListenedInput } from './silence-book.ts';

/** Every input whose silence means something to a rule in force, with all limits that any of them wants told. */
export function listenedInputs(tracks: readonly TrackBasis[]): ReadonlyMap<string, ListenedInput> {
  const inputs = new Map<string, ListenedInput>();
  for (const { basis } of tracks) {
    const plan = basis.at(-1)?.plan;
    if (plan === undefined || plan.silencesMs.length === 0) continue;
    for (const { key, intervalMs } of plan.inputs) {
      const known = inputs.get(key)?.silencesMs ?? [];
      const silencesMs = [...new Set([...known, ...plan.silencesMs])].sort((a, b) => a - b);
      inputs.set(key, { input: key, intervalMs, silencesMs });
    }
  }
  return inputs;
}
