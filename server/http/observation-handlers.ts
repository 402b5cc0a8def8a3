import { AppError } from '../../domain/errors.ts';
import { parseDatastreamName } from '../../domain/model/datastream.ts';
import { DEVICE_FLAGS } from '../../domain/model/observation.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { InterpolationKind } from '../../domain/model/observed-property.ts';
import type { Aggregate, AggregateRow } from '../../domain/ports/telemetry-store.ts';
import type { BucketName } from '../../domain/time/bucket.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { itemsAnswer, jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { requireScope } from './station-scope.ts';

/** What `interval` answers when the client does not say `agg`: what has a meaning for this kind of series. */
const DEFAULT_AGGREGATES: Readonly<Record<InterpolationKind, readonly Aggregate[]>> = {
  instantaneous: ['count', 'min', 'max', 'mean', 'last'],
  counter: ['count', 'difference'],
  period_total: ['count', 'sum'],
};

export async function readObservations(call: Call<'observations'>): Promise<Answer> {
  const { application, principal, params, query } = call;
  requireScope(principal, params.station);
  const name = parseDatastreamName(params.datastream);
  const found =
    name === undefined ? undefined : await application.findDatastream({ station: params.station, ...name });
  if (name === undefined || found === undefined) {
    throw new AppError('not_found', `Station "${params.station}" has no datastream "${params.datastream}".`);
  }
  if (found.id === undefined) return itemsAnswer([], () => undefined, null);
  const page = { datastream: found.id, ...pageStart(query), to: epochMs(query.to), limit: query.limit };
  if (query.interval === undefined) return await rawRows(call, page);
  const kind = OBSERVED_PROPERTIES.get(name.property)?.interpolation ?? 'instantaneous';
  return await aggregatedRows(call, page, {
    bucket: query.interval,
    aggregates: query.agg ?? DEFAULT_AGGREGATES[kind],
  });
}

interface Page {
  readonly datastream: number;
  readonly from: ReturnType<typeof epochMs>;
  readonly to: ReturnType<typeof epochMs>;
  readonly limit: number;
}

/** The cursor holds the first instant that was not answered yet. */
function pageStart(query: Call<'observations'>['query']): { readonly from: Page['from'] } {
  if (query.cursor === undefined) return { from: epochMs(query.from) };
  const [start] = decodeCursor('observations', query.cursor);
  if (start <= query.from || start >= query.to) {
    throw new AppError('invalid_request', 'The request is invalid.', {
      problems: ['query.cursor: belongs to another range'],
    });
  }
  return { from: epochMs(start) };
}

async function rawRows({ application }: Call<'observations'>, page: Page): Promise<Answer> {
  const rows = await application.range({ ...page, limit: page.limit + 1 });
  return itemsAnswer(
    rows.slice(0, page.limit),
    row => ({ t: row.t, v: row.v, flag: row.quality, deviceFlag: DEVICE_FLAGS[row.deviceFlag] }),
    nextCursor(rows, page),
  );
}

async function aggregatedRows(
  { application }: Call<'observations'>,
  page: Page,
  asked: { readonly bucket: BucketName; readonly aggregates: readonly Aggregate[] },
): Promise<Answer> {
  const rows = await application.aggregate({ ...page, ...asked, limit: page.limit + 1 });
  return itemsAnswer(
    rows.slice(0, page.limit),
    row => aggregateView(row, asked.aggregates),
    nextCursor(rows, page),
  );
}

function nextCursor(rows: readonly { readonly t: number }[], page: Page): string | null {
  const following = rows[page.limit];
  return following === undefined ? null : encodeCursor('observations', [following.t]);
}

function aggregateView(row: AggregateRow, aggregates: readonly Aggregate[]): unknown {
  const view: Record<string, number | null> = { t: row.t };
  for (const aggregate of aggregates) view[aggregate] = row.values[aggregate] ?? null;
  return view;
}

const encoder = new TextEncoder();

/** Takes a third party's readings: the answer comes when they are durable. */
export async function submitObservations(call: Call<'submit'>): Promise<Answer> {
  const { application, principal, body } = call;
  const { station, ...message } = body;
  requireScope(principal, station);
  if (application.registry().things.get(station)?.kind !== 'station') {
    throw new AppError('not_found', `There is no station "${station}".`);
  }
  const payload = encoder.encode(JSON.stringify(message));
  // Numbers may be longer written out (1e20) than they came; the journal must not take what the codec then refuses.
  if (payload.byteLength > PAYLOAD_MAX_BYTES) {
    throw new AppError('payload_too_large', `The readings take more than ${PAYLOAD_MAX_BYTES} bytes.`);
  }
  await application.submit(principal, { station, payload });
  return jsonAnswer({ station, readings: message.obs.length });
}

/** The size limit of an `obs` payload in the wire contract. */
const PAYLOAD_MAX_BYTES = 64 * 1024;
