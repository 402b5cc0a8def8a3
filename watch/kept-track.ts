import type { BasisVersions } from '../domain/model/episode.ts';
import type { TrackCheckpoint, TrackKey } from '../domain/ports/episode-store.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { FoldState } from '../rules/fold-state.ts';
import type { Basis } from '../rules/plan.ts';

/** Grows whenever a program would misread the states of the one before: they are then judged anew from the readings. */
const FORMAT = 4;

/** What a track goes on from: everything up to `foldedTo` is in `base`. */
export interface KeptTrack {
  readonly foldedTo: EpochMs;
  readonly base: FoldState;
}

interface KeptState {
  readonly format: number;
  /** Of the plan in force; null where there was none. */
  readonly measureKey: string | null;
  /** Its segments are places in the segments of the checkpoint. */
  readonly base: FoldState;
}

/** The state of a track as it is kept: it names the segments of the basis by their versions, which outlive their places. */
export function keepTrack({ rule, subject }: TrackKey, basis: Basis, kept: KeptTrack): TrackCheckpoint {
  const segments: BasisVersions[] = [];
  const place = (segment: number): number => {
    const versions = basis[segment]?.versions;
    return versions === undefined ? -1 : segments.push(versions) - 1;
  };
  const measureKey = basis[kept.base.segment]?.plan?.measureKey ?? null;
  const state: KeptState = { format: FORMAT, measureKey, base: withSegments(kept.base, place) };
  return { rule, subject, foldedTo: kept.foldedTo, state: JSON.stringify(state), segments };
}

/**
 * Undefined where the state means nothing under the basis of now: its versions are no longer known, the rule measures
 * something else, or another program wrote it.
 */
export function restoreTrack(
  { state, segments, foldedTo }: TrackCheckpoint,
  basis: Basis,
): KeptTrack | undefined {
  const { format, measureKey, base } = JSON.parse(state) as KeptState;
  if (format !== FORMAT) return undefined;
  const place = (segment: number): number => {
    const versions = segments[segment];
    return basis.findIndex(
      each => each.versions.ruleSet === versions?.ruleSet && each.versions.registry === versions.registry,
    );
  };
  const restored = withSegments(base, place);
  const isKnown = base.segment < 0 || restored.segment >= 0;
  const isOpenKnown = restored.open === null || restored.open.segment >= 0;
  if (!isKnown || !isOpenKnown) return undefined;
  if ((basis[restored.segment]?.plan?.measureKey ?? null) !== measureKey) return undefined;
  return { foldedTo, base: restored };
}

function withSegments(base: FoldState, place: (segment: number) => number): FoldState {
  const { open } = base;
  return {
    ...base,
    segment: place(base.segment),
    open: open === null ? null : { ...open, segment: place(open.segment) },
  };
}
