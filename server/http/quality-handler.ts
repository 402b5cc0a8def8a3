import { parseDatastreamName } from '../../domain/model/datastream.ts';
import { AppError } from '../../domain/errors.ts';
import { DEVICE_FLAGS } from '../../domain/model/observation.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { QualityReasons } from '../../ingest/explain-quality.ts';
import type { Application } from '../application.ts';
import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { requireScope } from './station-scope.ts';

/** How far back is looked for the last reading: mostly it is near. */
const LOOKS_BACK_MS = [MINUTE_MS, HOUR_MS, DAY_MS];
const PAGE = 10_000;

/**
 * What the quality tests say of the last stored reading at or before an instant, now where none is named.
 *
 * @throws AppError `not_found` where there is none of that day, or nobody has registered its datastream
 */
export async function qualityReasons(
  application: Pick<Application, 'findDatastream' | 'explainQuality' | 'range' | 'now'>,
  asked: { readonly station: string; readonly datastream: string; readonly at: EpochMs | undefined },
): Promise<QualityReasons> {
  const { station, datastream, at = application.now() } = asked;
  const name = parseDatastreamName(datastream);
  const found = name === undefined ? undefined : await application.findDatastream({ station, ...name });
  if (found?.spec === undefined) {
    throw new AppError('not_found', `Station "${station}" has no datastream "${datastream}".`);
  }
  const { id } = found;
  const t = id === undefined ? undefined : await lastTime(application, { datastream: id, at });
  const reasons = id === undefined || t === undefined ? undefined : await application.explainQuality(id, t);
  if (reasons === undefined) {
    throw new AppError('not_found', `There is no reading of ${station}/${datastream} in the day before.`);
  }
  return reasons;
}

/** When the last reading at or before an instant was measured; undefined where there is none of the day before. */
async function lastTime(
  application: Pick<Application, 'range'>,
  { datastream, at }: { readonly datastream: number; readonly at: EpochMs },
): Promise<EpochMs | undefined> {
  const to = epochMs(at + 1);
  for (const backMs of LOOKS_BACK_MS) {
    let last: EpochMs | undefined;
    for (;;) {
      const from = epochMs(last === undefined ? at - backMs : last + 1);
      const rows = await application.range({ datastream, from, to, limit: PAGE });
      last = rows.at(-1)?.t ?? last;
      if (rows.length < PAGE) break;
    }
    if (last !== undefined) return last;
  }
  return undefined;
}

export async function explainQuality(call: Call<'quality'>): Promise<Answer> {
  const { application, principal, params, query } = call;
  requireScope(principal, params.station);
  const at = query.at === undefined ? undefined : epochMs(query.at);
  const { reading, tests } = await qualityReasons(application, { ...params, at });
  return jsonAnswer({
    subject: `${params.station}/${params.datastream}`,
    t: reading.t,
    v: reading.v,
    deviceFlag: DEVICE_FLAGS[reading.deviceFlag],
    flag: reading.quality,
    received: reading.received,
    tests: tests.map(({ test, flag, detail }) => ({ test, flag, detail })),
  });
}
