import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { District } from '../../domain/model/district.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { severityRank } from '../../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { LatestValue, Principal } from '../application.ts';
import type { BasinView } from './alarm-schemas.ts';
import { stationOf } from './alarm-view.ts';
import { itemsAnswer, visitInSlices } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { dataState } from './data-axis.ts';
import { latestByStation } from './latest-by-station.ts';
import { basinScopeOf, visibleStations } from './place-scope.ts';
import { basinsOf } from './station-basin.ts';
import { scopeOf } from './station-scope.ts';

/** What is counted of a basin while its stations are visited. */
type Tally = { -readonly [Key in keyof BasinView]: BasinView[Key] };

export async function listBasins({ application, principal }: Call<'basins'>): Promise<Answer> {
  const stations = visibleStations(principal, application);
  const latest = await latestByStation(application, () => true);
  const now = application.now();
  const judged = application.alarms.judged();
  const { basins } = application.district.current();
  const tallies = new Map<string | null, Tally>(
    basinsShown(basins, principal).map(basin => [basin, blankTally(basin, basins)]),
  );
  const basinOf = basinsOf(application);
  const byStation = new Map<string, Tally>();
  await visitInSlices(stations, station => {
    const basin = basinOf(station);
    const tally = tallies.get(basin) ?? blankTally(basin, basins);
    tallies.set(basin, tally);
    byStation.set(station.id, tally);
    countPoints(tally, station, { latest: latest.get(station.id) ?? [], judged, now });
  });
  for (const { episode } of application.alarms.board().values()) {
    const tally = byStation.get(stationOf(episode.subject));
    if (tally === undefined) continue;
    tally.warnings += 1;
    tally.severity = higher(tally.severity, episode.severity);
  }
  // Stations without a basin come last.
  const items = [...tallies.values()].sort((a, b) =>
    a.basin !== null && isBefore(a.basin, b.basin) ? -1 : 1,
  );
  return itemsAnswer(items, tally => tally, null);
}

/** Also those without a station; but of an integrator's only the ones where it has one. */
function basinsShown(basins: District['basins'], principal: Principal): readonly string[] {
  if (scopeOf(principal) !== undefined) return [];
  return basinScopeOf(principal)?.filter(id => basins.has(id)) ?? [...basins.keys()];
}

function blankTally(basin: string | null, basins: District['basins']): Tally {
  const registered = basin === null ? undefined : basins.get(basin);
  return {
    basin,
    name: registered?.name ?? null,
    nameEn: registered?.nameEn ?? null,
    stations: 0,
    points: 0,
    good: 0,
    suspect: 0,
    blind: 0,
    judged: 0,
    warnings: 0,
    severity: null,
  };
}

function countPoints(
  tally: Tally,
  station: StationSpec,
  seen: {
    readonly latest: readonly LatestValue[];
    readonly judged: ReadonlySet<string>;
    readonly now: EpochMs;
  },
): void {
  const byName = new Map(seen.latest.map(value => [formatDatastreamName(value), value.observation]));
  tally.stations += 1;
  for (const datastream of station.datastreams) {
    const name = formatDatastreamName(datastream);
    tally.points += 1;
    tally[dataState(byName.get(name), datastream.intervalMs, seen.now)] += 1;
    if (seen.judged.has(`${station.id}/${name}`)) tally.judged += 1;
  }
}

function higher(known: WarningSeverity | null, severity: WarningSeverity): WarningSeverity {
  return known !== null && severityRank(known) > severityRank(severity) ? known : severity;
}

function isBefore(id: string, other: string | null): boolean {
  return other === null || id < other;
}
