import { AppError } from '../../domain/errors.ts';
import type { QuarantineRow } from '../../domain/ports/telemetry-store.ts';
import type { Application } from '../application.ts';
import { itemsAnswer, jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { QuarantineView } from './response-schemas.ts';
import { inScope, requireScopedStation } from './station-scope.ts';

/** Bytes of a payload that a list shows. */
export const QUARANTINE_LIST_PAYLOAD_BYTES = 4 * 1024;

export async function listQuarantine({ application, principal, query }: Call<'quarantine'>): Promise<Answer> {
  requireScopedStation(principal, query.station);
  const rows = await application.quarantine({
    ...(query.station === undefined ? {} : { station: query.station }),
    ...(query.reason === undefined ? {} : { reason: query.reason }),
    includeReleased: query.released === 'include',
    ...(query.cursor === undefined ? {} : { after: place(query.cursor) }),
    limit: query.limit + 1,
  });
  const page = rows.slice(0, query.limit);
  const last = rows.length > page.length ? page.at(-1) : undefined;
  return itemsAnswer(
    page,
    row => quarantineView(row, QUARANTINE_LIST_PAYLOAD_BYTES),
    last === undefined ? null : encodeCursor('quarantine', [last.position, last.item]),
  );
}

export async function showQuarantineItem({
  application,
  principal,
  params,
}: Call<'quarantineItem'>): Promise<Answer> {
  const row = await findQuarantined(application, params);
  // Out of scope answers like absent: whether an item exists is nothing an integrator may learn.
  if (row === undefined || !inScope(principal, row.station)) {
    throw new AppError('not_found', `Nothing lies in quarantine at ${params.position}/${params.item}.`);
  }
  return jsonAnswer(quarantineView(row, Number.POSITIVE_INFINITY));
}

/** The item at exactly this place, released or not; undefined where there is none. */
export async function findQuarantined(
  application: Pick<Application, 'quarantine'>,
  place: { readonly position: number; readonly item: number },
): Promise<QuarantineRow | undefined> {
  const [row] = await application.quarantine({
    includeReleased: true,
    after: { position: place.position, item: place.item - 1 },
    limit: 1,
  });
  return row?.position === place.position && row.item === place.item ? row : undefined;
}

export async function replayQuarantine({ application, body }: Call<'quarantineReplay'>): Promise<Answer> {
  const { tried, released, stillQuarantined } = await application.replayQuarantine({
    ...(body.station === undefined ? {} : { station: body.station }),
    ...(body.reason === undefined ? {} : { reason: body.reason }),
  });
  return jsonAnswer({ tried, released, stillQuarantined });
}

function place(cursor: string): { readonly position: number; readonly item: number } {
  const [position, item] = decodeCursor('quarantine', cursor);
  return { position, item };
}

/** An item with at most `maxBytes` of its payload: as text where the whole payload is UTF-8, else as base64. */
export function quarantineView(row: QuarantineRow, maxBytes: number): QuarantineView {
  const { position, item, reason, detail, station, principal, topic, received, released, sha256 } = row;
  const bytes = row.payload;
  const truncated = bytes.byteLength > maxBytes;
  const text = utf8Of(bytes);
  return {
    position,
    item,
    reason,
    detail,
    station,
    principal,
    topic,
    received,
    released,
    sha256,
    payload:
      text === undefined
        ? Buffer.from(truncated ? bytes.subarray(0, maxBytes) : bytes).toString('base64')
        : truncated
          ? beginning(bytes, maxBytes)
          : text,
    payloadEncoding: text === undefined ? 'base64' : 'utf8',
    payloadBytes: bytes.byteLength,
    payloadTruncated: truncated,
  };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The first bytes of valid UTF-8 as text; a character that the cut would split is left out. */
function beginning(bytes: Uint8Array, maxBytes: number): string {
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return strictUtf8.decode(bytes.subarray(0, end));
}
