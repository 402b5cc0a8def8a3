import { Buffer } from 'node:buffer';

import { MAX_READINGS, encodeObservations } from '../../codecs/json-v1/codec.ts';
import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { MAX_PAYLOAD_BYTES } from '../../codecs/json-v1/payload.ts';
import { MINUTE_MS } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { DeviceMessage } from '../device/device.ts';
import type { RecordedReading } from './recording.ts';

/** A message of recorded readings of one station. */
export interface ReplayMessage extends DeviceMessage {
  readonly station: string;
  readonly readings: number;
  /** Of these, with a value that is no number. */
  readonly unreadable: number;
}

/** `{"sent":…,"obs":…}` around the entries. */
const ENVELOPE_BYTES = 64;
/** Older readings go where they delay nothing fresh. */
const FRESH_MS = 10 * MINUTE_MS;

/** Packs readings of one station into messages within the limits of the contract. */
export function replayMessages(
  station: string,
  readings: readonly RecordedReading[],
  now: EpochMs,
): readonly ReplayMessage[] {
  const messages: ReplayMessage[] = [];
  let entries: RecordedReading[] = [];
  let bytes = ENVELOPE_BYTES;
  for (const reading of readings) {
    const size = Buffer.byteLength(JSON.stringify(entryOf(reading))) + 1;
    if (entries.length === MAX_READINGS || (bytes + size > MAX_PAYLOAD_BYTES && entries.length > 0)) {
      messages.push(messageOf(station, entries, now));
      entries = [];
      bytes = ENVELOPE_BYTES;
    }
    entries.push(reading);
    bytes += size;
  }
  if (entries.length > 0) messages.push(messageOf(station, entries, now));
  return messages;
}

function messageOf(station: string, readings: readonly RecordedReading[], now: EpochMs): ReplayMessage {
  const isFresh = readings.some(({ t }) => now - t <= FRESH_MS);
  const numbers: OutgoingReading[] = [];
  for (const { p, t, v, f } of readings) {
    if (typeof v !== 'string') numbers.push({ p, t, v, ...(f === undefined ? {} : { f }) });
  }
  const unreadable = readings.length - numbers.length;
  return {
    station,
    channel: isFresh ? 'obs' : 'backlog',
    qos: 1,
    readings: readings.length,
    unreadable,
    payload: sent =>
      unreadable === 0
        ? encodeObservations({ sent, obs: numbers })
        : // The codec refuses to write what is against the contract, and that is what has to be sent here.
          Buffer.from(JSON.stringify({ sent, obs: readings.map(entryOf) })),
  };
}

function entryOf({ p, t, v, f }: RecordedReading): object {
  return f === undefined ? { p, t, v } : { p, t, v, f };
}
