import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Behaviour } from '../scenario/behaviour-kinds.ts';
import type { DeviceBuffer } from '../scenario/behaviour.ts';
import type { CastEffect } from '../scenario/cast-behaviours.ts';
import { NEVER, mergeSpans, spanAt } from '../scenario/span.ts';
import type { Span } from '../scenario/span.ts';

type Kind = Behaviour['kind'];

const PLAIN_BUFFER: DeviceBuffer = { capacity: 10_000, messagesPerS: 2, readingsPerMessage: 100 };

/** All effects on one station as one: what its connection, clock, logger and modem do at any instant. */
export class DeviceState {
  readonly buffer: DeviceBuffer;
  readonly #effects: readonly CastEffect[];
  readonly #dead: readonly Span[];
  readonly #disconnected: readonly Span[];

  /** @param away spans without a connection that no behaviour causes */
  constructor(effects: readonly CastEffect[], away: readonly Span[] = []) {
    this.#effects = effects;
    this.buffer = effects.find(({ buffer }) => buffer !== undefined)?.buffer ?? PLAIN_BUFFER;
    this.#dead = mergeSpans(effects.flatMap(({ dead }) => dead ?? []));
    this.#disconnected = mergeSpans([
      ...effects.flatMap(({ offline }) => offline ?? []),
      ...this.#dead,
      ...away,
    ]);
  }

  hasPower(at: EpochMs): boolean {
    return spanAt(this.#dead, at) === undefined;
  }

  isConnected(at: EpochMs): boolean {
    return spanAt(this.#disconnected, at) === undefined;
  }

  /** When the connection comes back or is lost next; `undefined` where it stays as it is. */
  nextChange(after: EpochMs): EpochMs | undefined {
    const now = spanAt(this.#disconnected, after);
    if (now !== undefined) return now.to >= NEVER ? undefined : now.to;
    return this.#disconnected.find(({ from }) => from > after)?.from;
  }

  /** When something that is to leave at this instant can leave; `undefined`: never. */
  connectedFrom(at: EpochMs): EpochMs | undefined {
    const gap = spanAt(this.#disconnected, at);
    if (gap === undefined) return at;
    return gap.to >= NEVER ? undefined : gap.to;
  }

  /** The time the device's own clock shows. */
  clock(at: EpochMs): EpochMs {
    let offsetMs = 0;
    for (const { clockOffsetMs } of this.#effects) offsetMs += clockOffsetMs?.(at) ?? 0;
    return epochMs(at + offsetMs);
  }

  isClockWrong(at: EpochMs): boolean {
    return this.clock(at) !== at;
  }

  /** What the logger makes of a reading, and which behaviours changed it. */
  distort(reading: OutgoingReading): { readonly reading: OutgoingReading; readonly by: readonly Kind[] } {
    let changed = reading;
    const by: Kind[] = [];
    for (const { kind, distort } of this.#effects) {
      const next = distort?.(changed) ?? changed;
      if (next !== changed) by.push(kind);
      changed = next;
    }
    return { reading: changed, by };
  }

  /** When a message made now leaves: a device has one modem, so the last behaviour with a say decides. */
  leavesAt(at: EpochMs): EpochMs {
    let leaves = at;
    for (const effect of this.#effects) leaves = effect.leavesAt?.(at) ?? leaves;
    return leaves;
  }

  /** When a message that leaves now is sent once more. */
  repeatsAt(at: EpochMs): EpochMs | undefined {
    for (const { repeatAfterMs } of this.#effects) {
      const after = repeatAfterMs?.(at);
      if (after !== undefined) return epochMs(at + after);
    }
    return undefined;
  }
}
