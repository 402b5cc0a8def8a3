import { parseDatastreamName } from '../../domain/model/datastream.ts';
import { AppError } from '../../domain/errors.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { PointReasons } from '../../watch/explain-point.ts';
import type { Application } from '../application.ts';

/**
 * How the rules of a point stood; now where no instant is named.
 *
 * @throws AppError `not_found` for a datastream that nobody has registered or heard of
 */
export async function pointReasons(
  application: Pick<Application, 'alarms' | 'findDatastream' | 'now'>,
  asked: { readonly station: string; readonly datastream: string; readonly at: EpochMs | undefined },
): Promise<PointReasons> {
  const { station, datastream, at = application.now() } = asked;
  const name = parseDatastreamName(datastream);
  if (name === undefined || (await application.findDatastream({ station, ...name })) === undefined) {
    throw new AppError('not_found', `Station "${station}" has no datastream "${datastream}".`);
  }
  return await application.alarms.whyPoint(`${station}/${datastream}`, at);
}
