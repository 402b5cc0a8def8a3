import type { Application, LatestValue } from '../application.ts';
import { visitInSlices } from './answer.ts';

/** The last values grouped by station, the stations in no order. */
export async function latestByStation(
  application: Application,
  wanted: (station: string) => boolean,
): Promise<ReadonlyMap<string, readonly LatestValue[]>> {
  const groups = new Map<string, LatestValue[]>();
  await visitInSlices(await application.latest(), value => {
    const group = groups.get(value.station);
    if (group !== undefined) group.push(value);
    else if (wanted(value.station)) groups.set(value.station, [value]);
  });
  return groups;
}
