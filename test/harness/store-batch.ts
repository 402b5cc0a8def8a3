import { QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type { LedgerDelta, QuarantineItem, StoreBatch } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { ReadingBuffer } from '../../ingest/reading-buffer.ts';
import { requalifiedColumns } from '../../ingest/requalified-columns.ts';
import type { RequalifiedReading } from '../../ingest/requalified-columns.ts';

/** An observation of a device that has nothing more to say than what the test is about. */
export function observation(
  fields: Pick<Observation, 'datastream' | 't'> & Partial<Observation>,
): Observation {
  return {
    v: 1,
    quality: QUALITY.good,
    deviceFlag: 0,
    source: SOURCE_RANK.device,
    sent: epochMs(fields.t + 1_000),
    received: epochMs(fields.t + 2_000),
    position: 1,
    ...fields,
  };
}

/** A batch for the store with these parts; whatever is absent is empty. */
export function storeBatch(
  parts: Partial<Omit<StoreBatch, 'readings' | 'requalified'>> & {
    readonly readings?: readonly Observation[];
    readonly requalified?: readonly RequalifiedReading[];
  } = {},
): StoreBatch {
  const buffer = new ReadingBuffer();
  const { readings = [], requalified, ...rest } = parts;
  for (const reading of readings) buffer.add(reading);
  return {
    newDatastreams: [],
    ledger: [],
    quarantined: [],
    released: [],
    held: [],
    unheld: [],
    cursors: {},
    ...rest,
    readings: buffer.take(),
    ...(requalified === undefined ? {} : { requalified: requalifiedColumns(requalified) }),
  };
}

export function ledgerDelta(station: string, counts: Partial<LedgerDelta>): LedgerDelta {
  return {
    station,
    messagesDecoded: 0,
    messagesQuarantined: 0,
    readingsDecoded: 0,
    readingsQuarantined: 0,
    readingsRejected: 0,
    ...counts,
  };
}

export function quarantineItem(fields: Partial<QuarantineItem> = {}): QuarantineItem {
  return {
    position: 1,
    item: -1,
    reason: 'malformed_json',
    detail: 'Unexpected end of JSON input, 第一行',
    station: 'S-1',
    principal: 'S-1',
    topic: 'ww/v1/S-1/obs',
    received: epochMs(1_790_000_000_000),
    payload: Uint8Array.from([0, 255, 10]),
    sha256: 'ab'.repeat(32),
    ...fields,
  };
}
