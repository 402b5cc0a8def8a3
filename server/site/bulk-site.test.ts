import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../domain/errors.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { loadSite } from './load-site.ts';

const STATIONS = 10_000;

const temporary = temporaryFolder();

function write(file: string, lines: readonly string[]): void {
  writeFileSync(join(temporary.path, file), `${lines.join('\n')}\n`);
}

/** A district of 10,000 stations with two datastreams each, each at its own asset and in one long line of flow. */
function writeDistrict(): void {
  const numbers = Array.from({ length: STATIONS }, (_, index) => index);
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
    ...numbers.map(n => `A${n},资产${n},river_gauge,b,c,o,o,p,${22.5 + n / 50_000},${114.1 + n / 50_000}`),
  ]);
  write('flow.csv', ['from,to', ...numbers.slice(1).map(n => `A${n - 1},A${n}`)]);
  write('stations.csv', ['id,name,asset', ...numbers.map(n => `S${n},站${n},A${n}`)]);
  write('datastreams.csv', [
    'station,property,datum,intervalMs,thresholds.datum,thresholds.warning,thresholds.guarantee',
    ...numbers.flatMap(n => [
      `S${n},water_level,D,60000,D,${n / 10},${n / 10 + 1}`,
      `S${n},rainfall,,300000,,,`,
    ]),
  ]);
}

describe('a district of 10,000 stations in CSV', () => {
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
});
