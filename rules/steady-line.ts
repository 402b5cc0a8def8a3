import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';

/** The longest stretch up to now over which a series stays within a tolerance; plain data, never changed in place. */
export interface SteadyLine {
  readonly since: EpochMs;
  /** Time of the last value. */
  readonly upTo: EpochMs;
  /** Each value of the stretch, and the time after it was last read; null for the last one. */
  readonly levels: readonly { readonly v: number; readonly leftAt: EpochMs | null }[];
}

/** A stretch that begins with a value. */
export function steadyFrom(t: EpochMs, v: number): SteadyLine {
  return { since: t, upTo: t, levels: [{ v, leftAt: null }] };
}

/** With a further value: what differs from it by more than the tolerance lies before the stretch. */
export function steadyAfter(line: SteadyLine, t: EpochMs, v: number, tolerance: number): SteadyLine {
  const before = line.levels.map(level => ({ v: level.v, leftAt: level.leftAt ?? t }));
  const left = before.filter(level => Math.abs(level.v - v) > tolerance).map(({ leftAt }) => leftAt);
  const since = epochMs(Math.max(line.since, ...left));
  const others = before.filter(level => level.v !== v);
  return shortened({ since, upTo: t, levels: [...others, { v, leftAt: null }] });
}

/** At most as long as it says. */
export function atMost(line: SteadyLine, ms: number): SteadyLine {
  return line.upTo - line.since <= ms ? line : shortened({ ...line, since: epochMs(line.upTo - ms) });
}

function shortened(line: SteadyLine): SteadyLine {
  const { since, levels } = line;
  return { ...line, levels: levels.filter(({ leftAt }) => leftAt === null || leftAt > since) };
}
