import { encodeWatchDecisions } from '../../codecs/watch-decision/codec.ts';
import { AppError } from '../../domain/errors.ts';
import { SERVER_PRINCIPAL, WATCH_DECISION_TOPIC } from '../../domain/model/topic.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { RainstormSignal } from '../../domain/model/watch-decision.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { EpisodeStore } from '../../domain/ports/episode-store.ts';
import type { JournalAppender } from '../../domain/ports/journal.ts';
import { FUTURE_TOLERANCE_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { SIGNAL_STANDS_MS } from '../../rules/signals-in-force.ts';
import { appendDurably } from '../journal-append.ts';
import type { Principal } from '../principal.ts';

/** The zone of a signal for the whole district. */
export const WHOLE_DISTRICT = '*';

/** A signal that stands: since `t`, and until a day after it unless it is repeated or lifted. */
export type StandingSignal = RainstormSignal & { readonly severity: WarningSeverity };

/** What a person says of an official rainstorm signal. */
export interface SignalReport {
  /** Id of a basin, or `*`. */
  readonly zone: string;
  /** Null: lifted. */
  readonly severity: WarningSeverity | null;
  /** When the authority issued it; now where nothing is said. */
  readonly t?: EpochMs;
}

export interface SignalService {
  /** By zone. */
  standing(): Promise<readonly StandingSignal[]>;
  /**
   * Resolves when the signal is durable in the journal. Rejects with `not_found` for a zone that is no basin,
   * `invalid_request` for a time that lies in the future or more than a day back, `conflict` where the zone has another
   * signal of that instant, and the retryable error of the journal where it takes nothing.
   */
  report(principal: Principal, report: SignalReport): Promise<RainstormSignal>;
}

export interface SignalDeskOptions {
  readonly clock: Clock;
  readonly journal: JournalAppender;
  readonly store: Pick<EpisodeStore, 'decisions'>;
  readonly isBasin: (id: string) => boolean;
  readonly note: (principal: Principal, action: string, subject: string) => Promise<void>;
}

/** Takes official rainstorm signals: what is reported becomes a journalled input of the rules. */
export class SignalDesk implements SignalService {
  readonly #options: SignalDeskOptions;
  /** Journalled or on the way there: the store learns of them a little later. */
  #reported: readonly RainstormSignal[] = [];

  constructor(options: SignalDeskOptions) {
    this.#options = options;
  }

  async standing(): Promise<readonly StandingSignal[]> {
    const newest = new Map<string, RainstormSignal>();
    for (const signal of await this.#recent()) newest.set(signal.zone, signal);
    return [...newest.values()].filter(isStanding).sort((a, b) => (a.zone < b.zone ? -1 : 1));
  }

  async report(principal: Principal, { zone, severity, t }: SignalReport): Promise<RainstormSignal> {
    const { clock, journal, isBasin, note } = this.#options;
    const now = clock.now();
    if (zone !== WHOLE_DISTRICT && !isBasin(zone)) {
      throw new AppError('not_found', `There is no basin "${zone}"; the whole district is "*".`);
    }
    const signal: RainstormSignal = { kind: 'signal', zone, t: t ?? now, severity };
    if (signal.t > now + FUTURE_TOLERANCE_MS || signal.t <= now - SIGNAL_STANDS_MS) {
      throw new AppError('invalid_request', 'A signal must be of the last 24 hours.');
    }
    const kept = await this.#recent();
    // From here to the journal nothing may come in between: of two that contradict each other one is refused.
    const other = [...kept, ...this.#reported].find(each => each.zone === zone && each.t === signal.t);
    if (other !== undefined && other.severity !== severity) {
      throw new AppError('conflict', `Zone "${zone}" has another signal of that instant.`);
    }
    const [payload] = encodeWatchDecisions([signal]);
    if (payload === undefined) throw new Error('A signal has a payload.');
    this.#reported = [...this.#reported.filter(each => each.t > now - SIGNAL_STANDS_MS), signal];
    try {
      await appendDurably(journal, 'live', {
        received: now,
        principal: SERVER_PRINCIPAL,
        topic: WATCH_DECISION_TOPIC,
        qos: 1,
        payload,
      });
    } catch (error) {
      this.#reported = this.#reported.filter(each => each !== signal);
      throw error;
    }
    await note(principal, severity === null ? 'signal.lift' : `signal.${severity}`, `${zone} of ${signal.t}`);
    return signal;
  }

  /** Those that may still stand, oldest first. */
  async #recent(): Promise<readonly RainstormSignal[]> {
    const now = this.#options.clock.now();
    const to = epochMs(now + FUTURE_TOLERANCE_MS + 1);
    const decisions = await this.#options.store.decisions({
      from: epochMs(now - SIGNAL_STANDS_MS),
      to,
      inputs: [],
    });
    return decisions.filter(decision => decision.kind === 'signal');
  }
}

function isStanding(signal: RainstormSignal): signal is StandingSignal {
  return signal.severity !== null;
}
