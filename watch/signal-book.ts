import type { RainstormSignal } from '../domain/model/watch-decision.ts';
import type { EpisodeStore } from '../domain/ports/episode-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { winningSignal } from '../rules/sample.ts';
import { SIGNAL_STANDS_MS } from '../rules/signals-in-force.ts';
import { zonesOf } from './track-slot.ts';
import type { TrackSlot } from './track-slot.ts';

const EVER = epochMs(Number.MAX_SAFE_INTEGER);

/** The last official signal of each zone, for rules that come to ask for it later than it came. */
export class SignalBook {
  readonly #byZone = new Map<string, RainstormSignal>();

  /** Takes those that are kept and may still stand. */
  async recall(store: Pick<EpisodeStore, 'decisions'>, now: EpochMs): Promise<void> {
    const recent = await store.decisions({ from: epochMs(now - SIGNAL_STANDS_MS), to: EVER, inputs: [] });
    for (const decision of recent) if (decision.kind === 'signal') this.take(decision);
  }

  take(signal: RainstormSignal): void {
    const known = this.#byZone.get(signal.zone);
    if (known === undefined || known.t < signal.t) this.#byZone.set(signal.zone, signal);
    else if (known.t === signal.t) this.#byZone.set(signal.zone, winningSignal(signal, known));
  }

  /** The signals that a rule asks for since its last basis, and did not before. */
  newFor({ basis }: Pick<TrackSlot, 'basis'>): readonly RainstormSignal[] {
    if (this.#byZone.size === 0) return [];
    const before = zonesOf({ basis: basis.slice(0, -1) });
    const zones = [...zonesOf({ basis: basis.slice(-1) })].filter(zone => !before.has(zone));
    return zones.flatMap(zone => this.#byZone.get(zone) ?? []);
  }
}
