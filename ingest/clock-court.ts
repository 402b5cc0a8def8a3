import { decodeObservations } from '../codecs/json-v1/codec.ts';
import type { JournalledEntry } from '../domain/ports/journal.ts';
import type { HeldMessage } from '../domain/ports/telemetry-store.ts';
import type { BatchBuilder } from './batch-builder.ts';
import type { ClockDecision } from './clock-decision.ts';
import { ClockGuard } from './clock-guard.ts';
import type { ClockTrust } from './clock-guard.ts';
import { HeldMessages, entryFrom, heldFrom } from './held-messages.ts';
import type { MessageIntake } from './message-intake.ts';

export interface ClockCourtOptions {
  readonly intake: MessageIntake;
  /** Journals the decision; it takes effect when it is read back from the journal. */
  readonly onDecision: (decision: ClockDecision) => void;
  /** Told when our own clock becomes suspect or trusted again. */
  readonly onTrust: (trust: ClockTrust) => void;
}

/**
 * Keeps what looks like the future until it is clear whose clock is wrong: the devices' (then it is quarantined) or
 * ours (then it waits until our clock is right, and is accepted by the corrected receivedTime).
 */
export class ClockCourt {
  readonly #options: ClockCourtOptions;
  readonly #guard = new ClockGuard();
  readonly #held = new HeldMessages();

  constructor(options: ClockCourtOptions) {
    this.#options = options;
  }

  get trust(): ClockTrust {
    return this.#guard.trust;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** Takes over what was held when the last process ended; the watch begins anew. */
  adopt(held: readonly HeldMessage[], stationOf: (topic: string) => string, atMs: number): void {
    for (const message of held) {
      this.#held.add(message);
      this.#guard.observe(stationOf(message.topic), true, atMs);
    }
  }

  /** Tells of a message that is not from the future; only of interest while something is watched. */
  sawPresent(station: string, atMs: number): void {
    if (this.#guard.trust !== 'trusted') this.#guard.observe(station, false, atMs);
  }

  /** Holds a message in the batch. Pass it to `detain` once that batch was handed to the store. */
  hold(entry: JournalledEntry, station: string, at: { builder: BatchBuilder; ms: number }): HeldMessage {
    this.#guard.observe(station, true, at.ms);
    const message = heldFrom(entry);
    at.builder.hold(message);
    return message;
  }

  /** From here on the message can be released: its holding precedes any release in the store's order. */
  detain(messages: readonly HeldMessage[]): void {
    for (const message of messages) this.#held.add(message);
  }

  /** Judges where the time has come. Released messages go through `release`. */
  poll(atMs: number, release: (messages: readonly HeldMessage[]) => void): void {
    const verdict = this.#guard.poll(atMs);
    switch (verdict) {
      case 'none':
        return;
      case 'devices_wrong':
        release(this.#held.takeThrough(Number.POSITIVE_INFINITY));
        return;
      case 'ours_wrong':
        this.#options.onTrust('suspect');
        return;
      case 'ours_right_again': {
        this.#options.onTrust('trusted');
        const throughPosition = this.#held.highestPosition();
        if (throughPosition > 0) {
          this.#options.onDecision({ throughPosition, correctionMs: this.#lag() });
        }
        return;
      }
    }
  }

  /** Carries a journalled decision out: what was held is decided by the corrected receivedTime. */
  carryOut(decision: ClockDecision, builder: BatchBuilder): void {
    this.release(this.#held.takeThrough(decision.throughPosition), builder, decision.correctionMs);
  }

  /** Decides held messages now; what is still in the future is quarantined. */
  release(messages: readonly HeldMessage[], builder: BatchBuilder, correctionMs: number): void {
    for (const message of messages) {
      builder.unhold(message.position);
      this.#options.intake.take(
        entryFrom(message),
        { part: 'whole', future: 'decide', correctionMs },
        builder,
      );
    }
  }

  /** How far our clock was behind: the median over the held messages of sent − received. */
  #lag(): number {
    const lags: number[] = [];
    for (const message of this.#held.all()) {
      const decoded = decodeObservations(message.payload);
      if (decoded.ok) lags.push(decoded.sent - message.received);
    }
    return lags.toSorted((a, b) => a - b)[Math.floor(lags.length / 2)] ?? 0;
  }
}
