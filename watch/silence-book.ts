import { countedSilenceMs } from '../domain/model/watch-decision.ts';
import type { OwnOutage, SilenceDecision } from '../domain/model/watch-decision.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';

/** A datastream whose silence means something to a rule. */
export interface ListenedInput {
  readonly input: string;
  readonly intervalMs: DurationMs;
  /** The silences after which a decision is wanted, the shortest first. */
  readonly silencesMs: readonly DurationMs[];
}

interface Ear extends ListenedInput {
  /** phenomenonTime of the newest reading; undefined before the first. */
  lastT: EpochMs | undefined;
  lastReceived: EpochMs;
  /** How many of `silencesMs` were decided since `lastT`. */
  decided: number;
}

/** Outages further back than any silence that is still to be decided need not be kept. */
const MOST_OUTAGES = 100;

/**
 * Decides when a datastream is silent: nothing was received for as long as it says, and nothing it measured is younger,
 * and neither counts the time in which we ourselves did not listen (`countedSilenceMs`). Time is what was heard through,
 * not the clock: while readings wait to be taken nobody is silent.
 */
export class SilenceBook {
  readonly #reconnectMs: DurationMs;
  #ears = new Map<string, Ear>();
  #outages: readonly Pick<OwnOutage, 'from' | 't'>[] = [];

  constructor(reconnectMs: DurationMs) {
    this.#reconnectMs = reconnectMs;
  }

  /** What to listen for from now on; what was heard of an input before stays known. */
  listen(inputs: Iterable<ListenedInput>): void {
    const ears = new Map<string, Ear>();
    for (const input of inputs) {
      const known = this.#ears.get(input.input);
      const heard = known ?? { lastT: undefined, lastReceived: epochMs(0), decided: 0 };
      ears.set(input.input, {
        ...input,
        lastT: heard.lastT,
        lastReceived: heard.lastReceived,
        // Other limits are decided anew: a decision that says the same changes nothing.
        decided: 0,
      });
    }
    this.#ears = ears;
  }

  heard(input: string, t: EpochMs, received: EpochMs): void {
    const ear = this.#ears.get(input);
    if (ear === undefined) return;
    if (received > ear.lastReceived) ear.lastReceived = received;
    if (ear.lastT !== undefined && t <= ear.lastT) return;
    ear.lastT = t;
    ear.decided = 0;
  }

  away(outage: Pick<OwnOutage, 'from' | 't'>): void {
    this.#outages = [...this.#outages, outage].slice(-MOST_OUTAGES);
  }

  /** The decisions that are due, each told once. */
  due(heardThrough: EpochMs): readonly SilenceDecision[] {
    const decisions: SilenceDecision[] = [];
    for (const ear of this.#ears.values()) {
      const { lastT, lastReceived, silencesMs, input } = ear;
      const next = silencesMs[ear.decided];
      if (lastT === undefined || next === undefined) continue;
      if (heardThrough < Math.max(lastT, lastReceived) + next) continue;
      if (this.#isReturning(ear, heardThrough)) continue;
      const since = epochMs(Math.max(lastT, lastReceived));
      const further = silencesMs
        .slice(ear.decided)
        .findIndex(
          limitMs => countedSilenceMs(this.#outages, { since, now: heardThrough, limitMs }) < limitMs,
        );
      if (further === 0) continue;
      ear.decided = further < 0 ? silencesMs.length : ear.decided + further;
      decisions.push({ kind: 'silence', input, t: heardThrough, since: lastT });
    }
    return decisions;
  }

  /** After an outage of ours devices need a while to find back, and then an interval to have something to say. */
  #isReturning({ intervalMs }: Ear, now: EpochMs): boolean {
    const last = this.#outages.at(-1);
    return last !== undefined && now < last.t + this.#reconnectMs + intervalMs;
  }
}
