import { z } from 'zod';

import { AppError } from '../../domain/errors.ts';
import type { QuarantineReason } from '../../domain/model/ledger.ts';
import { DEVICE_FLAGS, NORMAL_FLAG } from '../../domain/model/observation.ts';
import type { DeviceFlag } from '../../domain/model/observation.ts';
import {
  MAX_NESTING,
  MAX_PAYLOAD_BYTES,
  describeIssue,
  failure,
  isNestedDeeper,
  readJson,
} from './payload.ts';
import type { DecodeFailure } from './payload.ts';

export type { DecodeFailure } from './payload.ts';

/** The most readings one message may carry. */
export const MAX_READINGS = 500;
/** Longer than any `property.instance`; keeps what is echoed in a problem short. */
const MAX_NAME_CHARACTERS = 100;

/** One reading as the device sent it; whether the station has such a datastream is not decided here. */
export interface DecodedReading {
  /** Place in the message's `obs`. */
  readonly index: number;
  /** `property` or `property.instance`. */
  readonly p: string;
  /** phenomenonTime, epoch milliseconds UTC. */
  readonly t: number;
  /** In the unit of the property; null where the device reports a missing value. */
  readonly v: number | null;
  /** Index in DEVICE_FLAGS; an absent flag is N. */
  readonly deviceFlag: number;
}

/** An entry of `obs` that cannot be read. The rest of its message is not affected. */
export interface DecodedReject {
  readonly index: number;
  readonly reason: Extract<QuarantineReason, 'schema'>;
  readonly detail: string;
  /** The entry as parsed; safe to write as JSON again. */
  readonly entry: unknown;
}

export interface DecodedMessage {
  readonly ok: true;
  readonly seq: number | undefined;
  /** When the device says it sent the message, epoch milliseconds UTC. */
  readonly sent: number;
  readonly readings: readonly DecodedReading[];
  readonly rejects: readonly DecodedReject[];
}

/** A reading to be sent. */
export interface OutgoingReading {
  readonly p: string;
  readonly t: number;
  readonly v: number | null;
  readonly f?: DeviceFlag;
}

/** A message to be sent: 1 to 500 readings, at most 64 KiB. */
export interface OutgoingMessage {
  readonly seq?: number;
  readonly sent: number;
  readonly obs: readonly OutgoingReading[];
}

const ENTRY_SCHEMA = z.strictObject({
  p: z.string().min(1).max(MAX_NAME_CHARACTERS),
  t: z.int(),
  v: z.number().nullable(),
  f: z.enum(DEVICE_FLAGS).optional(),
});
const ENVELOPE = { seq: z.int().min(0).optional(), sent: z.int() };

/** The payload of `obs` and `backlog`, as documentation and JSON Schema show it. */
const OBSERVATIONS_SCHEMA = z.strictObject({
  ...ENVELOPE,
  obs: z.array(ENTRY_SCHEMA).min(1).max(MAX_READINGS),
});

const WHOLE = z.compile(OBSERVATIONS_SCHEMA, { strict: true });
const ENTRY = z.compile(ENTRY_SCHEMA, { strict: true });
const ENVELOPE_ONLY = z.compile(
  z.strictObject({ ...ENVELOPE, obs: z.array(z.unknown()).min(1).max(MAX_READINGS) }),
  { strict: true },
);

type Entry = z.infer<typeof ENTRY_SCHEMA>;

/**
 * Decodes a payload of `obs` or `backlog`. Never throws. One entry that cannot be read is a reject beside the
 * readings; only a problem of the envelope fails the message as a whole.
 */
export function decodeObservations(bytes: Uint8Array): DecodedMessage | DecodeFailure {
  const json = readJson(bytes);
  if (!json.ok) return json;
  const whole = WHOLE.safeParse(json.value);
  if (!whole.success) return decodeEntries(json.value);
  const { seq, sent, obs } = whole.data;
  return { ok: true, seq, sent, readings: obs.map(readingOf), rejects: [] };
}

/** The slow way, entry by entry, for a message that is not right as a whole. */
function decodeEntries(value: unknown): DecodedMessage | DecodeFailure {
  const envelope = ENVELOPE_ONLY.safeParse(value);
  if (!envelope.success) return failure('schema', describeIssue(envelope.error.issues));
  const { seq, sent, obs } = envelope.data;
  const readings: DecodedReading[] = [];
  const rejects: DecodedReject[] = [];
  for (const [index, entry] of obs.entries()) {
    const parsed = ENTRY.safeParse(entry);
    if (parsed.success) {
      readings.push(readingOf(parsed.data, index));
      continue;
    }
    if (isNestedDeeper(entry, MAX_NESTING)) {
      return failure('schema', `obs[${index}]: nested deeper than ${MAX_NESTING} levels.`);
    }
    const detail = describeIssue(parsed.error.issues, `obs[${index}]`);
    rejects.push({ index, reason: 'schema', detail, entry });
  }
  return { ok: true, seq, sent, readings, rejects };
}

function readingOf(entry: Entry, index: number): DecodedReading {
  return {
    index,
    p: entry.p,
    t: zeroUnsigned(entry.t),
    v: entry.v === null ? null : zeroUnsigned(entry.v),
    deviceFlag: entry.f === undefined ? NORMAL_FLAG : DEVICE_FLAGS.indexOf(entry.f),
  };
}

/** JSON can say -0, which equals 0 but is not the same bits: one value must have one form in every store. */
function zeroUnsigned(value: number): number {
  return value === 0 ? 0 : value;
}

/**
 * Encodes a message of readings. Throws `invalid_request` for anything the contract does not allow: JSON would
 * silently turn NaN into null, which means a missing value.
 */
export function encodeObservations(message: OutgoingMessage): Uint8Array {
  const checked = WHOLE.safeParse(message);
  if (!checked.success) throw new AppError('invalid_request', describeIssue(checked.error.issues));
  const bytes = new TextEncoder().encode(JSON.stringify(message));
  if (bytes.byteLength > MAX_PAYLOAD_BYTES) {
    throw new AppError('invalid_request', `${bytes.byteLength} bytes; at most ${MAX_PAYLOAD_BYTES} fit.`);
  }
  return bytes;
}
