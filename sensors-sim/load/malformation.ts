import { Buffer } from 'node:buffer';

import { MAX_READINGS } from '../../codecs/json-v1/codec.ts';
import type { QuarantineReason } from '../../domain/model/ledger.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time/instant.ts';

/** A way to be unusable, and what the server has to make of it. */
export interface Malformation {
  /** `message`: the whole message is quarantined and holds no reading; `reading`: its one reading is. */
  readonly quarantined: 'message' | 'reading';
  readonly reason: QuarantineReason;
  /** The payload, for a message sent at this instant. */
  readonly payload: (sent: number) => Uint8Array;
}

function message(reason: QuarantineReason, payload: (sent: number) => Uint8Array): Malformation {
  return { quarantined: 'message', reason, payload };
}

function reading(reason: QuarantineReason, entry: (sent: number) => unknown): Malformation {
  return { quarantined: 'reading', reason, payload: sent => json({ sent, obs: [entry(sent)] }) };
}

/**
 * By name. Those about the future depend on the server's guard against its own clock, which holds them back where
 * many stations are ahead at once.
 */
export const MALFORMATIONS = {
  truncated: message('malformed_json', sent => json({ sent, obs: [good(sent)] }).subarray(0, -3)),
  not_utf8: message('malformed_json', () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])),
  empty: message('malformed_json', () => new Uint8Array(0)),
  no_sent: message('schema', sent => json({ obs: [good(sent)] })),
  no_readings: message('schema', sent => json({ sent, obs: [] })),
  too_many: message('schema', sent => {
    const obs = Array.from({ length: MAX_READINGS + 1 }, (_, index) => good(sent - index));
    return json({ sent, obs });
  }),
  sent_in_future: message('sent_in_future', sent => json({ sent: sent + HOUR_MS, obs: [good(sent)] })),
  value_text: reading('schema', sent => ({ ...good(sent), v: '3.2 m' })),
  no_time: reading('schema', () => ({ p: 'water_level', v: 3.2 })),
  bad_flag: reading('schema', sent => ({ ...good(sent), f: 'X' })),
  unknown_property: reading('unknown_property', sent => ({ ...good(sent), p: 'waterlevel' })),
  unknown_datastream: reading('unknown_datastream', sent => ({ ...good(sent), p: 'chlorophyll_a' })),
  future: reading('future', sent => good(sent + DAY_MS)),
  before_epoch: reading('before_epoch', () => good(1)),
} as const satisfies Record<string, Malformation>;

export type MalformationKind = keyof typeof MALFORMATIONS;

function good(t: number): { readonly p: string; readonly t: number; readonly v: number } {
  return { p: 'water_level', t, v: 1 };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
