import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAppError } from '../../domain/errors.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { loadSite } from './load-site.ts';

const FOLDER = fileURLToPath(new URL('../../test/fixtures/broken-district', import.meta.url));

const PLANTED = [
  'communities.csv:3: street (new-town) "nroth-street" is no street of this site. Did you mean "north-street"?',
  'datastreams.csv:3: property (RV-2) "discarge" is no observed property. Did you mean "discharge"?',
  'datastreams.csv:4: maxGapMs (SU-1) (5000) must not be below intervalMs (10000)',
  'network/assets.csv:5: type (east-pump) "pump_staton" is no type of asset. Did you mean "pump_station"?',
  'network/assets.csv:6: attributes.capacityM3 (town-rain) is no attribute of a rain_gauge (it has none)',
  'network/assets.csv:7: responsible (market-road) is missing: no asset without a responsible person',
  'network/assets.csv:8: responsible[0] (west-gate) "wang-fan" is no person of this site. Did you mean "wang-fang"?',
  'network/assets.csv:9: datum (deep-manhole) is missing: "groundM" is a level, and without its datum it means nothing',
  'network/assets.csv:10: attributes.catchmentKm2 (west-tank) "1,5" is no number',
  'network/assets.csv:11: latitude (swapped) 114.18 is not from -90 to 90; are latitude and longitude swapped?',
  'network/assets.csv:12: (short-row) has 10 cells where the head has 16',
  'network/assets.csv:13: targetClass (west-section) is missing: a section has it',
  'network/flow.csv:4: (lower-gauge>hill-reservoir) closes a circle: hill-reservoir > upper-gauge > lower-gauge > hill-reservoir',
  'notes.txt: is no file of a site: *.yaml, *.csv, *.geojson or README',
  'people.yaml:4: organisations[0].nameEng (water-bureau) is not known. Did you mean "nameEn"?',
  'people.yaml:14: persons[1].organisation (li-lei) is missing',
  'people.yaml:20: persons[3].id (wang-fang) "wang-fang" stands at people.yaml:10 already',
  'people.yaml:31: basins[2].id (south river) is no basin: letters, digits, - and _, at most 64',
  'people.yaml:33: reachs is not known. Did you mean "reaches"?',
  'shapes.geojson:1: datum is missing: must be "WGS-84", and the positions in it',
  'shapes.geojson:6: features[0].geometry.type (main-river) must be a Polygon or MultiPolygon',
  'shapes.geojson:18: features[1].geometry (main-pipe) [115.22, 22.71] lies more than 0.5 degrees outside of the assets',
  'stations.yaml:5: stations[0].neighbours[1] (RV-1) "RV-1" is the station itself',
  'stations.yaml:10: stations[0].datastreams[0].thresholds.datum (RV-1) "黄海" is another datum than that of the datastream, "1985"',
  'stations.yaml:14: stations[1].basin (RV-2) "west-river" is not that of its asset, "main-river"',
  'stations.yaml:23: stations[1].datastreams[0].thresholds.warning (RV-2) (28.5) must be above patrol (29)',
  'stations.yaml:24: stations[1].datastreams[0].thresholds.guarantee (RV-2) (40.5) lies outside the sensor span 20 to 40',
  'stations.yaml:36: stations[2].datastreams[0].thresholds.floodLimit[1].from (RS-1) "04-15" must come after "10-01": the days of a year in order',
  'stations.yaml:42: stations[3].datastreams[0].datum (SU-1) is missing: "sump_level" is a level, and without its datum it means nothing',
  'stations.yaml:56: gateways[0].channels[0].places[1].from (GW-1) lies before the end of the place before: places overlap',
];

let probe: CliProbe;
beforeEach(() => {
  probe = createCliProbe();
});
afterEach(() => probe.close());

describe('a district with thirty mistakes', () => {
  it('has all thirty told at once, each at its line, and nothing else', async () => {
    const error: unknown = await loadSite(FOLDER).catch((thrown: unknown) => thrown);
    expect(isAppError(error, 'site_invalid') && error.problems).toEqual(PLANTED);
    expect(PLANTED).toHaveLength(30);
  });

  it('is not applied', async () => {
    cpSync(FOLDER, join(probe.dataDir, 'broken'), { recursive: true });
    await probe.startServer();
    const { code, out, err } = await probe.ww('site', 'apply', 'broken');
    expect([code, out]).toEqual([1, '']);
    expect(err.match(/^ {2}- /gm)).toHaveLength(30);
    expect(probe.application.asked.administration).toEqual([]);
  });
});
