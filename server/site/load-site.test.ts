import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../domain/errors.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { loadSite } from './load-site.ts';

const DEMO = fileURLToPath(new URL('../../config/demo', import.meta.url));

const temporary = temporaryFolder();

async function problemsOf(stations: string, site = 'name: x\n'): Promise<readonly string[]> {
  writeFileSync(join(temporary.path, 'site.yaml'), site);
  writeFileSync(join(temporary.path, 'stations.yaml'), stations);
  const error: unknown = await loadSite(temporary.path).catch((thrown: unknown) => thrown);
  if (isAppError(error, 'site_invalid')) return error.problems;
  throw new Error('The site was accepted.', { cause: error });
}

/** A stations file with one station whose lines are replaced or added. */
function station(lines: Record<string, string>): string {
  const all: Record<string, string> = {
    id: 'S-1',
    name: '站',
    datastreams: '[{ property: rainfall, intervalMs: 300000 }]',
    ...lines,
  };
  const text = Object.entries(all).map(([key, value]) => `    ${key}: ${value}`);
  return `stations:\n  -\n${text.join('\n')}\n`;
}

describe('loadSite', () => {
  it('reads things as the model has them', async () => {
    writeFileSync(join(temporary.path, 'site.yaml'), 'name: 区\n');
    writeFileSync(
      join(temporary.path, 'stations.yaml'),
      `stations:
  - id: S-1
    name: 站
    basin: b
    latitude: 22.7
    longitude: 114.2
    datastreams:
      - { property: water_level, datum: D, intervalMs: 60000, sensorSpan: [0, 5] }
      - { property: pump_running, instance: '1', intervalMs: 1000 }
gateways: [{ id: G-1, name: 关, stations: [S-1] }]
subscribers: [{ id: A-1, name: 室, basins: [b] }]
`,
    );
    expect(await loadSite(temporary.path)).toMatchObject({
      name: '区',
      isDemo: false,
      parts: [
        { kind: 'district', id: 'district', name: '区' },
        {
          kind: 'station',
          id: 'S-1',
          name: '站',
          basin: 'b',
          latitude: 22.7,
          longitude: 114.2,
          datastreams: [
            { property: 'water_level', datum: 'D', intervalMs: 60_000, sensorSpan: [0, 5] },
            { property: 'pump_running', instance: '1', intervalMs: 1_000 },
          ],
        },
        { kind: 'gateway', id: 'G-1', name: '关', stations: ['S-1'] },
        { kind: 'subscriber', id: 'A-1', name: '室', basins: ['b'] },
      ],
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['an id with a slash', { id: 'a/b' }, 'stations[0].id (a/b) is no id'],
    ['the reserved id', { id: 'alerts' }, 'stations[0].id (alerts) is no id'],
    ['an unknown key', { nam: 'x' }, 'stations[0].nam (S-1) is not known. Did you mean "name"?'],
    ['an empty name', { name: '"  "' }, 'stations[0].name (S-1)'],
    ['a latitude off the globe', { latitude: '91', longitude: '1' }, 'stations[0].latitude (S-1)'],
    ['half a place', { latitude: '22' }, 'stations[0].longitude (S-1) is missing'],
    ['a basin that cannot stand in a topic', { basin: 'a+' }, 'stations[0].basin (S-1) is no basin'],
    ['no datastreams', { datastreams: '[]' }, 'stations[0].datastreams (S-1) is missing'],
    [
      'an unknown property',
      { datastreams: '[{ property: rainfal, intervalMs: 60000 }]' },
      'stations[0].datastreams[0].property (S-1) "rainfal" is no observed property. Did you mean "rainfall"?',
    ],
    [
      'an instance with a dot',
      { datastreams: '[{ property: rainfall, instance: "1.2", intervalMs: 60000 }]' },
      'stations[0].datastreams[0].instance (S-1) is no instance',
    ],
    [
      'an instance that is a number',
      { datastreams: '[{ property: rainfall, instance: 1, intervalMs: 60000 }]' },
      'stations[0].datastreams[0].instance (S-1) must be a text; put a number into quotes',
    ],
    [
      'a level without a datum',
      { datastreams: '[{ property: sump_level, intervalMs: 60000 }]' },
      'stations[0].datastreams[0].datum (S-1) is missing: "sump_level" is a level',
    ],
    [
      'a span in the wrong order',
      { datastreams: '[{ property: rainfall, intervalMs: 60000, sensorSpan: [5, 5] }]' },
      'stations[0].datastreams[0].sensorSpan (S-1) must go from low to high, but is [5,5]',
    ],
    [
      'an interval of nothing',
      { datastreams: '[{ property: rainfall, intervalMs: 0 }]' },
      'stations[0].datastreams[0].intervalMs (S-1)',
    ],
    [
      'the same datastream twice',
      {
        datastreams:
          '[{ property: rainfall, intervalMs: 60000 }, { property: ph, intervalMs: 1000 }, { property: rainfall, intervalMs: 1000 }]',
      },
      'stations[0].datastreams[2] (S-1) "rainfall" stands at stations.yaml:5 already; give each its own instance',
    ],
  ])('refuses %s', async (_what, lines, problem) => {
    const problems = await problemsOf(station(lines));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^stations\.yaml:[3-7]: /);
    expect(problems[0]).toContain(`: ${problem}`);
  });

  it('refuses relations that do not hold', async () => {
    const text = `${station({ basin: 'b' })}gateways:
  - { id: S-1, name: x, stations: [S-1, S-9] }
  - { id: G-2, name: x, stations: [S-1] }
subscribers: [{ id: G-2, name: x, basins: [c] }]
`;
    expect(await problemsOf(text)).toEqual([
      'stations.yaml:8: gateways[0].id (S-1) "S-1" stands at stations.yaml:3 already',
      'stations.yaml:8: gateways[0].stations[1] (S-1) "S-9" is no station of this site. Did you mean "S-1"?',
      'stations.yaml:9: gateways[1].stations[0] (G-2) "S-1" stands at stations.yaml:8 (S-1) already',
      'stations.yaml:10: subscribers[0].id (G-2) "G-2" stands at stations.yaml:9 already',
      'stations.yaml:10: subscribers[0].basins[0] (G-2) "c" is the basin of no station',
    ]);
  });

  it('tells the problems of both files and of all things at once', async () => {
    const text = `stations:
  - { id: '?', name: a, datastreams: [{ property: water_level, intervalMs: no }, null] }
  - 7
gateways: [{ id: G, name: a, stations: [X] }]
`;
    const problems = await problemsOf(text, 'nam: x\n');
    const places = problems.map(problem => problem.split(' ').slice(0, 2).join(' '));
    expect(places).toEqual([
      'site.yaml:1: name',
      'site.yaml:1: nam',
      'stations.yaml:2: stations[0].datastreams[1]',
      'stations.yaml:2: stations[0].id',
      'stations.yaml:2: stations[0].datastreams[0].intervalMs',
      'stations.yaml:2: stations[0].datastreams[0].datum',
      'stations.yaml:3: stations[1]',
      'stations.yaml:4: gateways[0].stations[0]',
    ]);
  });

  it('refuses a folder without site.yaml, and one that is not there', async () => {
    const refused = async (folder: string): Promise<unknown> => {
      const error: unknown = await loadSite(folder).catch((thrown: unknown) => thrown);
      return isAppError(error, 'site_invalid') && error.problems;
    };
    expect(await refused(temporary.path)).toEqual(['site.yaml: is missing']);
    expect(await refused(join(temporary.path, 'none'))).toEqual([
      expect.stringMatching(/^site\.yaml: cannot be read: ENOENT/),
    ]);
  });
});

describe('the demo site', () => {
  it('is a demo of simulated stations in Longgang, with gateways and a subscriber', async () => {
    const site = await loadSite(DEMO);
    expect(site.isDemo).toBe(true);
    const stations = site.parts.filter(part => part.kind === 'station');
    expect(stations.length).toBeGreaterThanOrEqual(115);
    for (const { simulated, latitude, longitude, nameEn } of stations) {
      expect(simulated).toBe(true);
      expect(nameEn).toBeTruthy();
      // The box around the district, WGS-84.
      expect(latitude).toBeGreaterThan(22.55);
      expect(latitude).toBeLessThan(22.82);
      expect(longitude).toBeGreaterThan(114.04);
      expect(longitude).toBeLessThan(114.4);
    }
    expect(site.parts.filter(part => part.kind === 'gateway')).toHaveLength(2);
    expect(site.parts.filter(part => part.kind === 'subscriber')).toHaveLength(1);
    const pumps = stations.find(({ id }) => id === 'LG-PS-001')?.datastreams ?? [];
    expect(
      pumps.filter(({ property }) => property === 'pump_running').map(({ instance }) => instance),
    ).toEqual(['1', '2', '3']);
  });
});
