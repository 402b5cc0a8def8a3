import { ladderOf, thresholdProblems } from '../../domain/model/threshold.ts';
import type { Thresholds } from '../../domain/model/threshold.ts';
import { thresholds as thresholdsSchema } from './datastream-schema.ts';
import type { SiteIndex } from './site-index.ts';
import { standText } from './site-problems.ts';
import type { SiteProblems } from './site-problems.ts';
import { placeIn } from './source-entry.ts';
import type { SourceEntry } from './source-entry.ts';
import { DATASTREAMS_MAX, datastreamNameOf } from './thing-schema.ts';

/** The datastreams of each station by its id, in the order of the files. */
export function datastreamsByStation(index: SiteIndex): ReadonlyMap<string, readonly SourceEntry[]> {
  const byStation = new Map<string, SourceEntry[]>();
  for (const entry of index.entries('datastreams')) {
    if (entry.station === undefined) continue;
    const own = byStation.get(entry.station);
    if (own === undefined) byStation.set(entry.station, [entry]);
    else own.push(entry);
  }
  return byStation;
}

/** What datastreams cannot know by themselves: their station, each other, and the ladder of their thresholds. */
export function checkDatastreams(index: SiteIndex, problems: SiteProblems): void {
  const byStation = datastreamsByStation(index);
  for (const entry of index.entries('stations')) {
    const { id } = entry.value;
    if (typeof id !== 'string' || index.isUnread(id)) continue;
    const count = byStation.get(id)?.length ?? 0;
    const place = placeIn(entry, ['datastreams']);
    if (count === 0) problems.add(place, 'is missing: a station has at least one datastream');
    if (count > DATASTREAMS_MAX) problems.add(place, `are ${count}, more than ${DATASTREAMS_MAX}`);
  }
  for (const [station, entries] of byStation) {
    tellUnknownStation(station, entries, { index, problems });
    tellRepeated(entries, problems);
  }
  for (const entry of index.entries('datastreams')) checkLadder(entry, index, problems);
}

function tellUnknownStation(
  station: string,
  entries: readonly SourceEntry[],
  { index, problems }: { readonly index: SiteIndex; readonly problems: SiteProblems },
): void {
  if (index.mayHave(['stations'], station)) return;
  const message = `"${station}" is no station of this site.${index.hint(['stations'], station)}`;
  for (const entry of entries) problems.add(placeIn(entry, ['station']), message);
}

function tellRepeated(entries: readonly SourceEntry[], problems: SiteProblems): void {
  const seen = new Map<string, SourceEntry>();
  for (const entry of entries) {
    const own = datastreamNameOf(entry.value);
    if (own === undefined) continue;
    const first = seen.get(own);
    if (first === undefined) seen.set(own, entry);
    else {
      const stand = standText(placeIn(first));
      problems.add(placeIn(entry), `"${own}" stands at ${stand} already; give each its own instance`);
    }
  }
}

/** Which thresholds belong together depends on what stands at the station. */
function checkLadder(entry: SourceEntry, index: SiteIndex, problems: SiteProblems): void {
  const { property, thresholds } = entry.value;
  if (typeof property !== 'string' || thresholds === undefined) return;
  const parsed = thresholdsSchema.safeParse(thresholds);
  if (!parsed.success) return;
  const asset = index.find('stations', entry.station)?.value['asset'];
  // The ladder of a level is that of a river or of a reservoir, and the asset may stand in a file that was not read.
  if (typeof asset === 'string' && index.find('assets', asset) === undefined) return;
  const type = index.find('assets', asset)?.value['type'];
  const ladder = ladderOf(property, typeof type === 'string' ? type : undefined);
  const given: Thresholds = parsed.data;
  for (const { name, message } of thresholdProblems(given, ladder)) {
    problems.add(placeIn(entry, ['thresholds', name]), message);
  }
}
