import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../domain/errors.ts';
import type { RegistryPart } from '../../domain/model/district.ts';
import type { PartSelection } from '../../domain/ports/registry-store.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { SqliteOperations } from '../../storage/sqlite/operations.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { SYSTEM_PRINCIPAL } from '../application.ts';
import { Administration } from '../identity/administration.ts';
import { diffParts } from './diff-parts.ts';
import { loadSite } from './load-site.ts';

const STATIONS = 10_000;

const NUMBERS = Array.from({ length: STATIONS }, (_, index) => index);
const STATION_ROWS = NUMBERS.map(n => `S${n},站${n},A${n}`);
const DATASTREAM_ROWS = [
  'station,property,datum,intervalMs,thresholds.datum,thresholds.warning,thresholds.guarantee',
  ...NUMBERS.flatMap(n => [
    `S${n},water_level,D,60000,D,${n / 10},${n / 10 + 1}`,
    `S${n},rainfall,,300000,,,`,
  ]),
];
const NO_DIFFERENCE = { added: [], changed: [], retired: [] };

const temporary = temporaryFolder();

let now = epochMs(1_790_000_000_000);
const clock = { now: (): EpochMs => now, monotonicMs: () => 0, after: () => () => undefined };

function write(file: string, lines: readonly string[]): void {
  writeFileSync(join(temporary.path, file), `${lines.join('\n')}\n`);
}

/** A district of 10,000 stations with two datastreams each, each at its own asset and in one long line of flow. */
function writeDistrict(): void {
  write('site.yaml', ['name: 大区']);
  write('areas.yaml', [
    'organisations: [{ id: o, name: o, role: operator }]',
    'persons: [{ id: p, name: p, organisation: o }]',
    'streets: [{ id: s, name: s }]',
    'communities: [{ id: c, name: c, street: s }]',
    'basins: [{ id: b, name: b }]',
  ]);
  write('assets.csv', [
    'id,name,type,basin,community,operator,regulator,responsible,latitude,longitude',
    ...NUMBERS.map(n => `A${n},资产${n},river_gauge,b,c,o,o,p,${22.5 + n / 50_000},${114.1 + n / 50_000}`),
  ]);
  write('flow.csv', ['from,to', ...NUMBERS.slice(1).map(n => `A${n - 1},A${n}`)]);
  write('stations.csv', ['id,name,asset', ...STATION_ROWS]);
  write('datastreams.csv', DATASTREAM_ROWS);
}

// Seconds on a machine at rest; the limit is for one that has much else to do.
describe('a district of 10,000 stations in CSV', { timeout: 180_000 }, () => {
  it('is loaded whole', async () => {
    writeDistrict();
    const { parts } = await loadSite(temporary.path);
    const stations = parts.filter(part => part.kind === 'station');
    expect(stations).toHaveLength(STATIONS);
    expect(stations.find(({ id }) => id === 'S9999')).toEqual({
      kind: 'station',
      id: 'S9999',
      name: '站9999',
      asset: 'A9999',
      assetType: 'river_gauge',
      basin: 'b',
      latitude: 22.5 + 9_999 / 50_000,
      longitude: 114.1 + 9_999 / 50_000,
      datastreams: [
        {
          property: 'water_level',
          datum: 'D',
          intervalMs: 60_000,
          thresholds: { datum: 'D', warning: 999.9, guarantee: 1_000.9 },
        },
        { property: 'rainfall', intervalMs: 300_000 },
      ],
    });
  });

  it('has a mistake in every row told', async () => {
    writeDistrict();
    write('areas.yaml', ['basins: [{ id: b, name: b }]']);
    const error: unknown = await loadSite(temporary.path).catch((thrown: unknown) => thrown);
    // Community, operator, regulator and person of every asset.
    expect(isAppError(error, 'site_invalid') && error.problems).toHaveLength(4 * STATIONS);
  });

  it('is applied, changed and rolled back, and every version stays to be asked', async () => {
    writeDistrict();
    const operations = new SqliteOperations(join(temporary.path, '.operations.db'));
    const administration = new Administration({ operations, clock });
    await administration.load();
    const { district } = administration;
    const first = await loadSite(temporary.path);
    const applied = await district.apply(SYSTEM_PRINCIPAL, first);
    expect(applied).toMatchObject({ version: 1, put: first.parts.length, retired: 0 });
    expect(administration.registry.current().things.size).toBe(STATIONS);

    write('stations.csv', ['id,name,asset', ...STATION_ROWS.slice(1), 'NEW,站,A0']);
    write('datastreams.csv', [
      ...DATASTREAM_ROWS.filter(row => !row.startsWith('S0,')),
      'NEW,water_level,D,60000,D,33.5,34',
    ]);
    const second = await loadSite(temporary.path);
    const diff = diffParts(administration.siteParts(), second.parts);
    expect(diff).toEqual({
      added: [{ kind: 'station', id: 'NEW' }],
      changed: [],
      retired: [{ kind: 'station', id: 'S0' }],
    });
    now = epochMs(now + 60_000);
    expect(await district.apply(SYSTEM_PRINCIPAL, second)).toMatchObject({ version: 2, put: 1, retired: 1 });
    expect(diffParts(await partsOf({ newest: true }), second.parts)).toEqual(NO_DIFFERENCE);

    now = epochMs(now + 60_000);
    expect(await district.rollBack(SYSTEM_PRINCIPAL, { version: 1 })).toMatchObject({ version: 3 });
    expect(diffParts(administration.siteParts(), first.parts)).toEqual(NO_DIFFERENCE);
    expect(diffParts(await partsOf({ version: 2 }), second.parts)).toEqual(NO_DIFFERENCE);
    await operations.close();

    async function partsOf(selection: PartSelection): Promise<readonly RegistryPart[]> {
      return (await district.parts(selection)).map(({ part }) => part);
    }
  });
});
