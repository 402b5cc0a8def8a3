import { z } from 'zod';

import { AppError } from '../../domain/errors.ts';
import type { UpChannel } from '../../domain/model/topic.ts';
import {
  MAX_NESTING,
  MAX_PAYLOAD_BYTES,
  describeIssue,
  failure,
  isNestedDeeper,
  readJson,
} from './payload.ts';
import type { DecodeFailure } from './payload.ts';

/** The up channels that do not carry readings. */
export type SideChannel = Exclude<UpChannel, 'obs' | 'backlog'>;

/** `status`, also the last will. Firmware differs, so further keys are allowed and kept. */
export const STATUS_SCHEMA = z.looseObject({
  state: z.enum(['online', 'offline']),
  fw: z.string().max(200).optional(),
  /** Supply voltage, volts. */
  battery: z.number().optional(),
});

/** `event`: what happened and when; the other keys belong to the event type. */
export const EVENT_SCHEMA = z.looseObject({
  type: z.string().min(1).max(100),
  /** Epoch milliseconds UTC. */
  t: z.int(),
});

/** `cmd/ack`: what became of the command with this id. */
export const COMMAND_ACK_SCHEMA = z.strictObject({
  id: z.string().min(1).max(100),
  state: z.enum(['accepted', 'rejected', 'done', 'failed']),
  reason: z.string().max(1_000).optional(),
});

/** What the journal holds in place of a picture: see the port SnapshotFiles. */
export const SNAPSHOT_REFERENCE_SCHEMA = z.strictObject({
  name: z.string().min(1).max(500),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0),
});

export type StatusMessage = Readonly<z.infer<typeof STATUS_SCHEMA>>;
export type EventMessage = Readonly<z.infer<typeof EVENT_SCHEMA>>;
export type CommandAck = Readonly<z.infer<typeof COMMAND_ACK_SCHEMA>>;
export type SnapshotNote = Readonly<z.infer<typeof SNAPSHOT_REFERENCE_SCHEMA>>;

/** A decoded message of a side channel. */
export type SideMessage =
  | { readonly channel: 'status'; readonly body: StatusMessage }
  | { readonly channel: 'event'; readonly body: EventMessage }
  | { readonly channel: 'cmd/ack'; readonly body: CommandAck }
  | { readonly channel: 'snapshot'; readonly body: SnapshotNote };

const STATUS = z.compile(STATUS_SCHEMA, { strict: true });
const EVENT = z.compile(EVENT_SCHEMA, { strict: true });
const COMMAND_ACK = z.compile(COMMAND_ACK_SCHEMA, { strict: true });
const SNAPSHOT_REFERENCE = z.compile(SNAPSHOT_REFERENCE_SCHEMA, { strict: true });

/** Decodes a payload of a side channel. Never throws. */
export function decodeSideMessage(
  channel: SideChannel,
  bytes: Uint8Array,
): { readonly ok: true; readonly message: SideMessage } | DecodeFailure {
  const json = readJson(bytes);
  if (!json.ok) return json;
  if (isNestedDeeper(json.value, MAX_NESTING)) {
    return failure('schema', `Nested deeper than ${MAX_NESTING} levels.`);
  }
  return check(channel, json.value);
}

function check(
  channel: SideChannel,
  value: unknown,
): { readonly ok: true; readonly message: SideMessage } | DecodeFailure {
  switch (channel) {
    case 'status': {
      const parsed = STATUS.safeParse(value);
      return parsed.success ? { ok: true, message: { channel, body: parsed.data } } : refused(parsed.error);
    }
    case 'event': {
      const parsed = EVENT.safeParse(value);
      return parsed.success ? { ok: true, message: { channel, body: parsed.data } } : refused(parsed.error);
    }
    case 'cmd/ack': {
      const parsed = COMMAND_ACK.safeParse(value);
      return parsed.success ? { ok: true, message: { channel, body: parsed.data } } : refused(parsed.error);
    }
    case 'snapshot': {
      const parsed = SNAPSHOT_REFERENCE.safeParse(value);
      return parsed.success ? { ok: true, message: { channel, body: parsed.data } } : refused(parsed.error);
    }
  }
}

function refused(error: z.ZodError): DecodeFailure {
  return failure('schema', describeIssue(error.issues));
}

/** Encodes a side message. Throws `invalid_request` for anything that would not be decoded again. */
export function encodeSideMessage(message: SideMessage): Uint8Array {
  const checked = check(message.channel, message.body);
  if (!checked.ok) throw new AppError('invalid_request', checked.detail);
  const bytes = new TextEncoder().encode(JSON.stringify(message.body));
  if (bytes.byteLength > MAX_PAYLOAD_BYTES) {
    throw new AppError('invalid_request', `${bytes.byteLength} bytes; at most ${MAX_PAYLOAD_BYTES} fit.`);
  }
  return bytes;
}
