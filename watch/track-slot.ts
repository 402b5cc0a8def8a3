import type { Cursors } from '../domain/ports/journal.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { BasisSegment } from '../rules/plan.ts';
import type { RuleTrack } from '../rules/rule-track.ts';
import type { Sample } from '../rules/sample.ts';

/** That samples came from beyond the horizon of a track. */
export interface OlderSamples {
  /** phenomenonTime of the earliest. */
  readonly from: EpochMs;
  /** Monotonic times of the first and of the last of them. */
  readonly sinceMs: number;
  readonly lastMs: number;
  /** The batches of the journal that carry them. */
  readonly through: Cursors;
  /** What the track was given since: the store may not have it yet, and the track may have folded it already. */
  readonly given: Sample[];
}

/** One rule for one subject in the running watch. */
export interface TrackSlot {
  readonly rule: string;
  readonly subject: string;
  /** Append-only. */
  readonly basis: readonly BasisSegment[];
  /** Absent until the first sample: after a start most tracks have nothing to do yet. */
  track: RuleTrack | undefined;
  /** Samples that came before the track was open. */
  waiting: Sample[];
  /** Grows with every change that was told. */
  revision: number;
  refill: OlderSamples | undefined;
  /** It was judged anew since its last checkpoint. */
  isRefilled: boolean;
}

/** Every datastream that the rule ever reads. */
export function inputsOf({ basis }: Pick<TrackSlot, 'basis'>): ReadonlySet<string> {
  return new Set(basis.flatMap(({ plan }) => plan?.inputs.map(({ key }) => key) ?? []));
}

/** How far back a judgement under any plan looks, milliseconds. */
export function reachOf({ basis }: Pick<TrackSlot, 'basis'>): number {
  return Math.max(0, ...basis.map(({ plan }) => plan?.reachMs ?? 0));
}

/** Whether silences of an input, or outages of ours, mean anything to the rule. */
export function hearsSilence({ basis }: Pick<TrackSlot, 'basis'>): boolean {
  return basis.some(({ plan }) => plan !== undefined && plan.silencesMs.length > 0);
}

/** The zones whose official signals any plan of the rule asks for. */
export function zonesOf({ basis }: Pick<TrackSlot, 'basis'>): ReadonlySet<string> {
  return new Set(basis.flatMap(({ plan }) => plan?.zones ?? []));
}
