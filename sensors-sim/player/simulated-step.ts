import type { OutgoingMessage } from '../../codecs/json-v1/codec.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Behaviour } from '../scenario/behaviour-kinds.ts';

/** A message as the device made it; the bytes say the same. */
export interface SimulatedMessage extends OutgoingMessage {
  readonly channel: 'obs' | 'backlog';
  readonly payload: Uint8Array;
}

/** A message leaves the device. */
export interface SimulatedSend {
  readonly kind: 'send';
  /** When it leaves by true time, not by the device's own clock. */
  readonly at: EpochMs;
  readonly station: ThingId;
  readonly message: SimulatedMessage;
  /** True where the same bytes were sent before. */
  readonly isRepeat: boolean;
  /** What is wrong with this message, for the account. */
  readonly behaviours: readonly Behaviour['kind'][];
}

/** What happens in the simulated district, in the order of time. */
export type SimulatedStep =
  | SimulatedSend
  | { readonly kind: 'connect'; readonly at: EpochMs; readonly station: ThingId }
  /** The connection is lost without a word, so that the last will speaks. */
  | { readonly kind: 'cut'; readonly at: EpochMs; readonly station: ThingId }
  /** The device loses readings for good: its buffer was full, or its power was gone. */
  | { readonly kind: 'lost'; readonly at: EpochMs; readonly station: ThingId; readonly readings: number }
  /** Time passes without an event, so that whoever plays can let other work in. */
  | { readonly kind: 'pass'; readonly at: EpochMs };
