import { z } from 'zod';

import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { THING_ID_PATTERN } from '../../domain/model/identifier.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import { durationMs } from '../../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../../domain/time/instant.ts';
import { Random } from '../random.ts';
import { delayText, spanText } from './span.ts';
import type { Span } from './span.ts';

/** How many readings a device keeps without a connection, and how fast they leave afterwards. */
export interface DeviceBuffer {
  /** Readings; the oldest gives way. */
  readonly capacity: number;
  readonly messagesPerS: number;
  readonly readingsPerMessage: number;
}

/**
 * What one behaviour does to one station. Every function depends on its arguments and the seed alone, so that neither
 * the speed of the play nor other stations change what is sent.
 */
export interface Effect {
  /** Spans without a connection: readings go to the device's buffer. */
  readonly offline?: readonly Span[];
  /** Spans without power: nothing is measured, and what the buffer held is gone. */
  readonly dead?: readonly Span[];
  readonly buffer?: DeviceBuffer;
  /** The reading as the logger gets it; the same object where nothing changes. */
  readonly distort?: (reading: OutgoingReading) => OutgoingReading;
  /** How far the device's clock is ahead, milliseconds. */
  readonly clockOffsetMs?: (at: EpochMs) => number;
  /** When a message made at this instant leaves the device. */
  readonly leavesAt?: (at: EpochMs) => EpochMs;
  /** After how long the message that leaves at this instant is sent once more; `undefined`: it is not. */
  readonly repeatAfterMs?: (at: EpochMs) => DurationMs | undefined;
}

/** What a behaviour needs to know of the station and the play. */
export interface EffectContext {
  readonly span: Span;
  readonly seed: number;
  /** Names behaviour and station; the label of everything random. */
  readonly label: string;
}

const property = z
  .string()
  .refine(name => OBSERVED_PROPERTIES.has(name), { error: 'is no observed property' });

/**
 * The fields of every behaviour: which stations, and when. `stations` names them, `share` draws that part of them; else
 * it is all. `properties` leaves only stations that measure one of them, and where values change, those alone.
 */
export const SELECTION = {
  stations: z
    .array(z.string().regex(new RegExp(THING_ID_PATTERN), { error: 'is no station id' }))
    .min(1)
    .optional(),
  share: z.number().gt(0).max(1).optional(),
  properties: z.array(property).min(1).optional(),
  /** After the start of the scenario. */
  from: delayText.default(durationMs(0)),
  /** Until the end of the scenario where it is absent. */
  duration: spanText.optional(),
};

export const probability = z.number().gt(0).max(1);

/** Uniform in [0, 1), a function of the label and the key alone. */
export function drawAt({ seed, label }: EffectContext, key: string | number): number {
  return new Random(seed, `${label}/${key}`).next();
}

/** Lets a change of values apply within the span and to the properties it is meant for. */
export function distortWithin(
  context: EffectContext,
  properties: readonly string[] | undefined,
  distort: (reading: OutgoingReading) => OutgoingReading,
): Pick<Effect, 'distort'> {
  const { from, to } = context.span;
  return {
    distort: reading => {
      if (reading.t < from || reading.t >= to) return reading;
      const [name = ''] = reading.p.split('.', 1);
      return properties === undefined || properties.includes(name) ? distort(reading) : reading;
    },
  };
}

/** A value with the resolution of the loggers, three decimals. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
