import { parseDatastreamName } from '../../domain/model/datastream.ts';
import { AppError } from '../../domain/errors.ts';
import { DEVICE_FLAGS } from '../../domain/model/observation.ts';
import { DAY_MS, SECOND_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { QualityReasons } from '../../ingest/explain-quality.ts';
import type { Application } from '../application.ts';
import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { requireScope } from './station-scope.ts';

/** Readings of one a second. */
const ROWS_OF_A_DAY = DAY_MS / SECOND_MS;

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
  if (id !== undefined) {
    const span = { from: epochMs(at - DAY_MS), to: epochMs(at + 1), limit: ROWS_OF_A_DAY };
    const last = (await application.range({ datastream: id, ...span })).at(-1);
    const reasons = last && (await application.explainQuality(id, last.t));
    if (reasons !== undefined) return reasons;
  }
  throw new AppError('not_found', `There is no reading of ${station}/${datastream} in the day before.`);
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
