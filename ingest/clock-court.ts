import { decodeObservations } from '../codecs/json-v1/codec.ts';
import type { JournalledEntry } from '../domain/ports/journal.ts';
import type { HeldMessage } from '../domain/ports/telemetry-store.ts';
import type { BatchBuilder } from './batch-builder.ts';
import { isCovered } from './clock-decision.ts';
import type { ClockDecision } from './clock-decision.ts';
import { ClockGuard } from './clock-guard.ts';
import type { ClockTrust } from './clock-guard.ts';
import { HeldMessages, entryFrom, heldFrom, laneOf, rangeOf } from './held-messages.ts';
import type { MessageIntake } from './message-intake.ts';

export interface ClockCourtOptions {
  readonly intake: MessageIntake;
  /** Journals the decision, however long that takes; it takes effect when it is read back from the journal. */
  readonly onDecision: (decision: ClockDecision) => void;
  /** Told when our own clock becomes suspect or trusted again. */
  readonly onTrust: (trust: ClockTrust) => void;
}

/** Decisions remembered: far more than can concern messages that were not consumed when they were made. */
const REMEMBERED_DECISIONS = 100;

/**
 * Keeps what looks like the future until it is clear whose clock is wrong: the devices' (then it is quarantined) or
 * ours (then it waits until our clock is right, and is accepted by the corrected receivedTime).
 */
export class ClockCourt {
  readonly #options: ClockCourtOptions;
  readonly #guard = new ClockGuard();
  readonly #held = new HeldMessages();
  /** Made and not yet read back: what they cover is no longer to be judged. */
  #pending: readonly ClockDecision[] = [];
  #decisions: readonly ClockDecision[] = [];
  /** Held in a batch that is still being gathered. */
  #inHand = 0;

  constructor(options: ClockCourtOptions) {
    this.#options = options;
  }

  get trust(): ClockTrust {
    return this.#guard.trust;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** Decisions carried out, to be kept with the batch that consumes them. */
  get decisions(): readonly ClockDecision[] {
    return this.#decisions;
  }

  /** Takes over what was held and decided when the last process ended; the watch begins anew. */
  adopt(
    kept: { readonly held: readonly HeldMessage[]; readonly decisions: readonly ClockDecision[] },
    stationOf: (topic: string) => string,
    atMs: number,
  ): void {
    this.#decisions = kept.decisions;
    for (const message of kept.held) {
      this.#held.add(message);
      this.#guard.observe(stationOf(message.topic), true, atMs);
    }
  }

  /** Tells of a message that was looked at and not taken, or is not from the future. */
  saw(station: string, isFuture: boolean, atMs: number): void {
    if (isFuture || this.#guard.trust !== 'trusted') this.#guard.observe(station, isFuture, atMs);
  }

  /**
   * Holds a message from the future in the batch; pass it to `detain` once that batch was handed to the store. One
   * that a decision covers, read again after a crash, is decided at once.
   */
  hold(
    entry: JournalledEntry,
    station: string,
    at: { readonly builder: BatchBuilder; readonly ms: number },
  ): HeldMessage | undefined {
    const { topic, position } = entry;
    const decision = this.#decisions.find(each => isCovered(each, { lane: laneOf(topic), position }));
    if (decision !== undefined) {
      this.#decide(entry, decision.correctionMs, at.builder);
      return undefined;
    }
    this.#guard.observe(station, true, at.ms);
    const message = heldFrom(entry);
    at.builder.hold(message);
    this.#inHand += 1;
    return message;
  }

  /** From here on the message can be released: its holding precedes any release in the store's order. */
  detain(messages: readonly HeldMessage[]): void {
    this.#inHand -= messages.length;
    for (const message of messages) this.#held.add(message);
  }

  /**
   * Judges where the time has come. Released messages go through `release`. While messages are held that were not
   * detained yet there is no verdict: it could not be carried out on all that gave rise to it.
   */
  poll(atMs: number, release: (messages: readonly HeldMessage[]) => void): void {
    if (this.#inHand > 0) return;
    const verdict = this.#guard.poll(atMs);
    switch (verdict) {
      case 'none':
        return;
      case 'devices_wrong': {
        const messages = this.#unjudged();
        this.#held.delete(messages);
        release(messages);
        return;
      }
      case 'ours_wrong':
        this.#options.onTrust('suspect');
        return;
      case 'ours_right_again': {
        this.#options.onTrust('trusted');
        const messages = this.#unjudged();
        if (messages.length === 0) return;
        const decision: ClockDecision = {
          live: rangeOf(messages, 'live'),
          backlog: rangeOf(messages, 'backlog'),
          correctionMs: this.#lag(messages),
        };
        this.#pending = [...this.#pending, decision];
        this.#options.onDecision(decision);
        return;
      }
    }
  }

  /**
   * Carries a journalled decision out: what was held is decided by the corrected receivedTime.
   *
   * @param fresh messages held in the same batch; those decided are taken out
   */
  carryOut(decision: ClockDecision, builder: BatchBuilder, fresh: HeldMessage[]): void {
    const covers = ({ topic, position }: HeldMessage): boolean =>
      isCovered(decision, { lane: laneOf(topic), position });
    const others = this.#decisions.filter(known => !isSame(known, decision));
    this.#decisions = [...others, decision].slice(-REMEMBERED_DECISIONS);
    this.#pending = this.#pending.filter(pending => !isSame(pending, decision));
    const messages = this.#held.select(covers);
    this.#held.delete(messages);
    const waiting = fresh.splice(0);
    fresh.push(...waiting.filter(message => !covers(message)));
    this.#inHand -= waiting.length - fresh.length;
    this.release([...messages, ...waiting.filter(covers)], builder, decision.correctionMs);
  }

  /** Decides held messages now; what is still in the future is quarantined. */
  release(messages: readonly HeldMessage[], builder: BatchBuilder, correctionMs: number): void {
    for (const message of messages) {
      builder.unhold(message.position);
      this.#decide(entryFrom(message), correctionMs, builder);
    }
  }

  #decide(entry: JournalledEntry, correctionMs: number, builder: BatchBuilder): void {
    this.#options.intake.take(entry, { part: 'whole', future: 'decide', correctionMs }, builder);
  }

  /** What is held and not covered by a decision that is on its way. */
  #unjudged(): HeldMessage[] {
    return this.#held.select(
      ({ topic, position }) =>
        !this.#pending.some(decision => isCovered(decision, { lane: laneOf(topic), position })),
    );
  }

  /** How far our clock was behind: the median over the held messages of sent − received. */
  #lag(messages: readonly HeldMessage[]): number {
    const lags = messages.flatMap(message => {
      const decoded = decodeObservations(message.payload);
      return decoded.ok ? [decoded.sent - message.received] : [];
    });
    // Only a clock that was behind makes the present look like the future.
    return Math.max(0, lags.toSorted((a, b) => a - b)[Math.floor(lags.length / 2)] ?? 0);
  }
}

function isSame(a: ClockDecision, b: ClockDecision): boolean {
  return (
    a.correctionMs === b.correctionMs &&
    a.live?.from === b.live?.from &&
    a.live?.through === b.live?.through &&
    a.backlog?.from === b.backlog?.from &&
    a.backlog?.through === b.backlog?.through
  );
}
