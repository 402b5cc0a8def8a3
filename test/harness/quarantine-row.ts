import type { QuarantineRow } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';

/** A whole message of RIVER-1 in quarantine, but for the given fields. */
export function quarantineRow(fields: Partial<QuarantineRow> = {}): QuarantineRow {
  return {
    position: 1,
    item: -1,
    reason: 'malformed_json',
    detail: 'Unexpected end.',
    station: 'RIVER-1',
    principal: 'RIVER-1',
    topic: 'ww/v1/RIVER-1/obs',
    received: epochMs(7),
    payload: new TextEncoder().encode('{"seq":'),
    sha256: 'abc',
    released: false,
    ...fields,
  };
}
