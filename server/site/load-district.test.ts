import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../domain/errors.ts';
import type { RegistryPart } from '../../domain/model/district.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { digestOf } from './assemble-parts.ts';
import { loadSite } from './load-site.ts';
import type { Site } from './load-site.ts';

const temporary = temporaryFolder();

const PEOPLE = `organisations:
  - { id: bureau, name: 局, role: regulator }
persons:
  - { id: wang, name: 王, organisation: bureau, duty: 值班, phone: '+8675512345678' }
streets:
  - { id: north, name: 北 }
communities:
  - { id: old, name: 老, street: north }
basins:
  - { id: main, name: 大河 }
  - { id: west, name: 西河 }
reaches:
  - { id: lower, name: 下游, basin: main, lengthM: 1200 }
`;

/** Flow-style YAML of a value; JSON is YAML. */
function list(name: string, entries: readonly object[]): string {
  return `${name}:\n${entries.map(entry => `  - ${JSON.stringify(entry)}\n`).join('')}`;
}

const GAUGE = {
  id: 'gauge',
  name: '站',
  type: 'river_gauge',
  basin: 'main',
  community: 'old',
  operator: 'bureau',
  regulator: 'bureau',
  responsible: ['wang'],
  latitude: 22.7,
  longitude: 114.2,
};
const RESERVOIR = { ...GAUGE, id: 'pool', type: 'reservoir' };
const PIPE = { ...GAUGE, id: 'pipe', type: 'pipe' };
const RAIN = { property: 'rainfall', intervalMs: 300_000 };
const STATION = { id: 'S-1', name: '站', datastreams: [RAIN] };
const LEVEL = { property: 'water_level', datum: 'D', intervalMs: 60_000 };

async function load(files: Readonly<Record<string, string | Uint8Array>>): Promise<Site> {
  for (const [file, text] of Object.entries({ 'site.yaml': 'name: 区\n', 'people.yaml': PEOPLE, ...files })) {
    mkdirSync(dirname(join(temporary.path, file)), { recursive: true });
    writeFileSync(join(temporary.path, file), text);
  }
  return await loadSite(temporary.path);
}

async function problemsOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<readonly string[]> {
  const error: unknown = await load(files).catch((thrown: unknown) => thrown);
  if (isAppError(error, 'site_invalid')) return error.problems;
  throw new Error('The site was accepted.', { cause: error });
}

function level(more: object, asset?: string): object {
  return {
    ...STATION,
    ...(asset === undefined ? {} : { asset }),
    datastreams: [{ ...LEVEL, ...more }],
  };
}

/** A station at the gauge, and one at the pool, with these thresholds. */
const atGauge = (thresholds: object): object => level({ thresholds: { datum: 'D', ...thresholds } }, 'gauge');
const atPool = (thresholds: object): object => level({ thresholds: { datum: 'D', ...thresholds } }, 'pool');

function channel(...places: readonly object[]): object {
  const placed = places.map(place => ({ latitude: 22.7, longitude: 114.2, ...place }));
  return { id: 'G-1', name: '关', stations: [], channels: [{ id: 'c', name: '河', places: placed }] };
}

describe('loadSite', () => {
  it('refuses what single entries cannot be', async () => {
    const cases: readonly (readonly [string, object, string])[] = [
      ['assets', { ...GAUGE, id: 'a b' }, 'id (a b) is no id'],
      [
        'assets',
        { ...GAUGE, type: 'resevoir' },
        'type (gauge) "resevoir" is no type of asset. Did you mean "reservoir"?',
      ],
      ['assets', { ...GAUGE, responsible: [] }, 'responsible (gauge) is empty'],
      ['assets', { ...GAUGE, responsible: undefined }, 'responsible (gauge) is missing: no asset without'],
      [
        'assets',
        { ...GAUGE, responsible: ['wang', 'wang'] },
        'responsible[1] (gauge) "wang" stands at [0] already',
      ],
      [
        'assets',
        { ...GAUGE, attributes: { pumpCount: 1 } },
        'attributes.pumpCount (gauge) is no attribute of a river_gauge',
      ],
      [
        'assets',
        { ...GAUGE, attributes: { catchmentkm2: 1 } },
        'attributes.catchmentkm2 (gauge) is not known. Did you mean "catchmentKm2"?',
      ],
      [
        'assets',
        { ...GAUGE, attributes: { catchmentKm2: -1 } },
        'attributes.catchmentKm2 (gauge) (-1) must not be below 0',
      ],
      [
        'assets',
        { ...GAUGE, attributes: { imperviousShare: 60 } },
        'attributes.imperviousShare (gauge) (60) is a share',
      ],
      [
        'assets',
        { ...GAUGE, type: 'pump_station', attributes: { pumpCount: 1.5 } },
        'attributes.pumpCount (gauge) (1.5) must be a whole number',
      ],
      ['assets', { ...GAUGE, attributes: { bottomM: 20 } }, 'datum (gauge) is missing: "bottomM" is a level'],
      ['assets', { ...GAUGE, waterBody: 'river' }, 'waterBody (gauge) is for sections only'],
      [
        'assets',
        { ...GAUGE, type: 'section', waterBody: 'lake' },
        'targetClass (gauge) is missing: a section has it',
      ],
      [
        'assets',
        { ...GAUGE, latitude: 114.2, longitude: 22.7 },
        'latitude (gauge) 114.2 is not from -90 to 90; are latitude and longitude swapped?',
      ],
      ['persons', { id: 'li', name: '李' }, 'organisation (li) is missing'],
      [
        'persons',
        { id: 'li', name: '李', organisation: 'bureau', phone: '0755-123' },
        'phone (li) is no telephone number',
      ],
      [
        'persons',
        { id: 'li', name: '李', organisation: 'bureau', phone: 8_675_512_345_678 },
        'phone (li) must be a text; put a number into quotes',
      ],
      ['organisations', { id: 'x', name: 'x', role: 'owner' }, 'role (x)'],
      ['basins', { id: 'x', name: 'x', geometry: {} }, 'geometry (x) is not known.'],
      ['flow', { from: 'lower', to: 'lower' }, 'to (lower>lower) "lower" is where the edge begins'],
      [
        'stations',
        level({ maxGapMs: 30_000 }),
        'datastreams[0].maxGapMs (S-1) (30000) must not be below intervalMs (60000)',
      ],
      [
        'stations',
        level({ datum: undefined }),
        'datastreams[0].datum (S-1) is missing: "water_level" is a level',
      ],
      [
        'stations',
        level({ thresholds: { warning: 3 } }),
        'datastreams[0].thresholds.datum (S-1) is missing: thresholds of a level',
      ],
      [
        'stations',
        level({ thresholds: { datum: 'E', warning: 3 } }),
        'datastreams[0].thresholds.datum (S-1) "E" is another datum',
      ],
      [
        'stations',
        level({ property: 'turbidity', thresholds: { datum: 'D' } }),
        'datastreams[0].thresholds.datum (S-1) must not be there',
      ],
      [
        'stations',
        level({ sensorSpan: [0, 5], thresholds: { datum: 'D', warning: 6 } }),
        'datastreams[0].thresholds.warning (S-1) (6) lies outside the sensor span 0 to 5',
      ],
      [
        'stations',
        { ...STATION, datastreams: [{ ...RAIN, thresholds: { low: -1 } }] },
        'datastreams[0].thresholds.low (S-1) (-1) lies outside the sensor span 0 to 800',
      ],
      [
        'stations',
        atGauge({ warnig: 3 }),
        'datastreams[0].thresholds.warnig (S-1) is not known. Did you mean "warning"?',
      ],
      [
        'stations',
        atGauge({ red: 3 }),
        'datastreams[0].thresholds.red (S-1) is no threshold of the river ladder',
      ],
      [
        'stations',
        atGauge({ warning: 3, guarantee: 2 }),
        'datastreams[0].thresholds.guarantee (S-1) (2) must not be below warning (3)',
      ],
      [
        'stations',
        atGauge({ floodLimit: [{ from: '04-15', level: 3 }] }),
        'datastreams[0].thresholds.floodLimit (S-1) is no threshold of the river ladder',
      ],
      [
        'stations',
        atPool({ warning: 3 }),
        'datastreams[0].thresholds.warning (S-1) is no threshold of the reservoir ladder',
      ],
      [
        'stations',
        atPool({ floodLimit: [{ from: '02-30', level: 3 }] }),
        'datastreams[0].thresholds.floodLimit[0].from (S-1) "02-30" is no day of the year',
      ],
      [
        'stations',
        atPool({
          floodLimit: [
            { from: '04-15', level: 3 },
            { from: '04-15', level: 4 },
          ],
        }),
        'datastreams[0].thresholds.floodLimit[1].from (S-1) "04-15" must come after "04-15"',
      ],
      [
        'stations',
        atPool({ floodLimit: [{ from: '04-15', level: 9_999 }] }),
        'datastreams[0].thresholds.floodLimit[0].level (S-1) (9999) lies outside',
      ],
      [
        'stations',
        { ...STATION, datastreams: undefined },
        'datastreams (S-1) is missing: a station has at least one',
      ],
      [
        'gateways',
        channel({ from: 5 }, { from: 5 }),
        'channels[0].places[1].from (G-1) must be after that of the place before',
      ],
      [
        'gateways',
        channel({ from: 5, to: 9 }, { from: 8 }),
        'channels[0].places[1].from (G-1) lies before the end of the place before',
      ],
      ['gateways', channel({ from: 5, to: 5 }), 'channels[0].places[0].to (G-1) must be after `from`'],
      [
        'gateways',
        channel({ from: 'spring' }),
        'channels[0].places[0].from (G-1) must be epoch milliseconds or a time',
      ],
    ];
    for (const [name, entry, problem] of cases) {
      const assets = name === 'assets' ? [entry] : [GAUGE, RESERVOIR];
      const problems = await problemsOf({
        'assets.yaml': list('assets', assets),
        'more.yaml': name === 'assets' ? '' : list(name, [entry]),
      });
      expect(problems).toEqual([expect.stringContaining(`.yaml:2: ${name}[0].${problem}`)]);
    }
  });

  it('refuses names of what is not there', async () => {
    const cases: readonly (readonly [string, object, string])[] = [
      [
        'persons',
        { id: 'li', name: '李', organisation: 'bureu' },
        'organisation (li) "bureu" is no organisation of this site. Did you mean "bureau"?',
      ],
      ['communities', { id: 'x', name: 'x', street: 'x' }, 'street (x) "x" is no street'],
      ['reaches', { id: 'x', name: 'x', basin: 'x' }, 'basin (x) "x" is no basin'],
      ['assets', { ...GAUGE, basin: 'x' }, 'basin (gauge) "x" is no basin'],
      ['assets', { ...GAUGE, reach: 'x' }, 'reach (gauge) "x" is no reach'],
      ['assets', { ...GAUGE, community: 'x' }, 'community (gauge) "x" is no community'],
      ['assets', { ...GAUGE, operator: 'x' }, 'operator (gauge) "x" is no organisation'],
      ['assets', { ...GAUGE, regulator: 'x' }, 'regulator (gauge) "x" is no organisation'],
      ['assets', { ...GAUGE, responsible: ['wang', 'x'] }, 'responsible[1] (gauge) "x" is no person'],
      ['flow', { from: 'x', to: 'lower' }, 'from (x>lower) "x" is no asset or reach'],
      ['flow', { from: 'lower', to: 'x' }, 'to (lower>x) "x" is no asset or reach'],
      // Whether it has the thresholds of a river or of a reservoir is not known then.
      ['stations', level({ thresholds: { datum: 'D', dead: 3 } }, 'x'), 'asset (S-1) "x" is no asset'],
      ['stations', { ...STATION, asset: 'x' }, 'asset (S-1) "x" is no asset'],
      ['stations', { ...STATION, basin: 'x' }, 'basin (S-1) "x" is no basin'],
      ['stations', { ...STATION, neighbours: ['x'] }, 'neighbours[0] (S-1) "x" is no station'],
      ['stations', { ...STATION, neighbours: ['S-1'] }, 'neighbours[0] (S-1) "S-1" is the station itself'],
      [
        'stations',
        { ...STATION, asset: 'lower-gauge', basin: 'west' },
        'basin (S-1) "west" is not that of its asset, "main"',
      ],
      ['gateways', { id: 'G', name: 'g', stations: ['x'] }, 'stations[0] (G) "x" is no station'],
      ['gateways', { id: 'G', name: 'g', asset: 'x', stations: [] }, 'asset (G) "x" is no asset'],
      ['gateways', channel({ from: 5, asset: 'x' }), 'channels[0].places[0].asset (G-1) "x" is no asset'],
      ['subscribers', { id: 'A', name: 'a', basins: ['x'] }, 'basins[0] (A) "x" is no basin'],
    ];
    for (const [name, entry, problem] of cases) {
      const problems = await problemsOf({
        'assets.yaml': list('assets', [{ ...GAUGE, id: 'lower-gauge' }]),
        'more.yaml': list(name, [entry]),
      });
      expect(problems).toEqual([expect.stringContaining(`more.yaml:2: ${name}[0].${problem}`)]);
    }
  });

  it('refuses the same id twice in a namespace, whatever the files', async () => {
    const assets = [GAUGE, { ...GAUGE, id: 'lower' }];
    const problems = await problemsOf({
      'a.yaml': list('assets', assets),
      'b.assets.csv': 'id\ngauge\n',
      'streets.csv': 'id,name\nold,街\nnorth,街\n',
      'flow.csv': 'from,to\ngauge,lower\ngauge,lower\n',
    });
    expect(problems.filter(problem => problem.includes('already'))).toEqual([
      'b.assets.csv:2: id (gauge) "gauge" stands at a.yaml:2 already',
      'flow.csv:3: (gauge>lower) "gauge>lower" stands at flow.csv:2 already',
      'people.yaml:13: reaches[0].id (lower) "lower" stands at a.yaml:3 already',
      'streets.csv:3: id (north) "north" stands at people.yaml:6 already',
    ]);
  });

  it('names each cycle of the flow graph once, at the edge that closes it', async () => {
    const nodes = ['a', 'b', 'c', 'd', 'e', 'f'].map(id => ({ ...GAUGE, id }));
    const edges = ['c,a', 'a,b', 'b,c', 'a,d', 'd,e', 'e,d', 'lower,a', 'b,f', 'e,f'];
    const problems = await problemsOf({
      'assets.yaml': list('assets', nodes),
      'flow.csv': `from,to\n${edges.join('\n')}\n`,
    });
    expect(problems).toEqual([
      'flow.csv:4: (b>c) closes a circle: c > a > b > c',
      'flow.csv:7: (e>d) closes a circle: d > e > d',
    ]);
    const open = ['c,a', 'a,b', 'c,b', 'a,d', 'd,e', 'b,e', 'lower,a'];
    const site = await load({ 'flow.csv': `from,to\n${open.join('\n')}\n` });
    expect(site.parts.filter(({ kind }) => kind === 'flow').map(({ id }) => id)).toEqual(
      open.map(edge => edge.replace(',', '>')).toSorted(),
    );
  });

  it('lets a station take basin and place from its asset', async () => {
    const own = { ...STATION, id: 'S-2', asset: 'gauge', latitude: 22.8, longitude: 114.3 };
    const { parts } = await load({
      'assets.yaml': list('assets', [GAUGE]),
      'stations.yaml': list('stations', [{ ...STATION, asset: 'gauge' }, own, { ...STATION, id: 'S-3' }]),
    });
    const atGauge = { asset: 'gauge', assetType: 'river_gauge', basin: 'main' };
    expect(parts.filter(({ kind }) => kind === 'station')).toEqual([
      { kind: 'station', ...STATION, ...atGauge, latitude: 22.7, longitude: 114.2 },
      { kind: 'station', ...own, ...atGauge },
      { kind: 'station', ...STATION, id: 'S-3' },
    ]);
  });

  it('finds a place far from all others', async () => {
    const near = ['a', 'b', 'c'].map(id => ({ ...GAUGE, id, latitude: 25.7, longitude: -80.3 }));
    const far = [
      { ...GAUGE, id: 'x', latitude: -80.3, longitude: 25.7 },
      { ...GAUGE, id: 'y', latitude: 25.7, longitude: -8.03 },
    ];
    expect(await problemsOf({ 'assets.yaml': list('assets', [...near, ...far]) })).toEqual([
      'assets.yaml:5: assets[3].latitude (x) (-80.3, 25.7) lies more than 5 degrees from the middle of the site; are latitude and longitude swapped?',
      'assets.yaml:6: assets[4].latitude (y) (25.7, -8.03) lies more than 5 degrees from the middle of the site',
    ]);
  });

  it('has the same digest for the same district, whatever the files and their order', async () => {
    const first = await load({ 'assets.yaml': list('assets', [GAUGE, RESERVOIR]) });
    const turned = Object.fromEntries(Object.entries(GAUGE).toReversed());
    const second = await load({
      'assets.yaml': list('assets', [RESERVOIR]),
      'z.yaml': list('assets', [turned]),
    });
    expect(second.digest).toBe(first.digest);
    expect(second.parts).toEqual(first.parts);
    const third = await load({ 'z.yaml': list('assets', [{ ...GAUGE, name: '新站' }]) });
    expect(third.digest).not.toBe(first.digest);
    const turnedParts = first.parts.map(
      part => Object.fromEntries(Object.entries(part).toReversed()) as unknown as RegistryPart,
    );
    expect(digestOf(turnedParts)).toBe(first.digest);
  });

  it('puts shapes to their parts', async () => {
    const area = {
      type: 'Polygon',
      coordinates: [
        [
          [114.1, 22.6],
          [114.3, 22.6],
          [114.3, 22.8],
          [114.1, 22.6],
        ],
      ],
    };
    const line = {
      type: 'LineString',
      coordinates: [
        [114.2, 22.7],
        [114.21, 22.71],
      ],
    };
    const { parts } = await load({
      'assets.yaml': list('assets', [GAUGE, PIPE]),
      'map/shapes.geojson': shapes(['basin:main', area], ['reach:lower', line], ['asset:pipe', line]),
    });
    expect(
      Object.fromEntries(parts.flatMap(part => ('geometry' in part ? [[part.id, part.geometry]] : []))),
    ).toEqual({
      main: area,
      lower: line,
      pipe: line,
    });
  });
});

function shapes(...features: readonly (readonly [unknown, unknown])[]): string {
  const lines = features.map(([id, geometry]) =>
    JSON.stringify({ type: 'Feature', id, properties: {}, geometry }),
  );
  return `{"type":"FeatureCollection","datum":"WGS-84","features":[\n${lines.join(',\n')}\n]}\n`;
}

describe('shapes', () => {
  const line = {
    type: 'LineString',
    coordinates: [
      [114.2, 22.7],
      [114.21, 22.71],
    ],
  };
  it.each<[string, unknown, unknown, string]>([
    [
      'a basin that is a line',
      'basin:main',
      line,
      'features[0].geometry.type (main) must be a Polygon or MultiPolygon',
    ],
    [
      'no geometry',
      'reach:lower',
      null,
      'features[0].geometry (lower) must be a LineString or MultiLineString',
    ],
    [
      'an open ring',
      'basin:main',
      {
        type: 'Polygon',
        coordinates: [
          [
            [114.1, 22.6],
            [114.3, 22.6],
            [114.3, 22.8],
            [114.2, 22.6],
          ],
        ],
      },
      'features[0].geometry.coordinates[0] (main) must end where it begins',
    ],
    [
      'a position off the globe',
      'reach:lower',
      {
        type: 'LineString',
        coordinates: [
          [22.7, 114.2],
          [114.21, 22.71],
        ],
      },
      'features[0].geometry.coordinates[0][1] (lower)',
    ],
    [
      'a position with a height',
      'reach:lower',
      {
        type: 'LineString',
        coordinates: [
          [114.2, 22.7, 3],
          [114.21, 22.71],
        ],
      },
      'features[0].geometry.coordinates[0] (lower) must be [longitude, latitude]',
    ],
    [
      'a shape elsewhere',
      'reach:lower',
      {
        type: 'LineString',
        coordinates: [
          [114.2, 22.7],
          [114.8, 22.71],
        ],
      },
      'features[0].geometry (lower) [114.8, 22.71] lies more than 0.5 degrees outside',
    ],
    [
      'an unknown part',
      'basin:mian',
      line,
      'features[0] (mian) "mian" is no basin of this site. Did you mean "main"?',
    ],
    [
      'an unknown kind',
      'baisn:main',
      line,
      'features[0].id "baisn:main" must begin with basin:, reach: or asset:. Did you mean "basin"?',
    ],
    ['no id', 7, line, 'features[0] must be a Feature with an id'],
    ['an asset without a shape', 'asset:gauge', line, 'features[0] (gauge) belongs to a river_gauge'],
  ])('are refused: %s', async (_what, id, geometry, problem) => {
    const problems = await problemsOf({
      'assets.yaml': list('assets', [GAUGE]),
      'map.geojson': shapes([id, geometry]),
    });
    const line = typeof id === 'string' ? ':2' : '';
    expect(problems).toEqual([expect.stringContaining(`map.geojson${line}: ${problem}`)]);
  });

  it('are refused twice, in another datum and in a file that is no GeoJSON', async () => {
    const twice = shapes(['reach:lower', line], ['reach:lower', line]);
    expect(
      await problemsOf({
        'assets.yaml': list('assets', [GAUGE]),
        'a.geojson': twice,
        'b.geojson': '{"type":"FeatureCollection","datum":"GCJ-02","features":[]}',
        'c.geojson': '{"type":"FeatureCollection",\n"features":[}]}',
        'd.geojson': '{\n"type":"FeatureCollection"',
        'e.geojson': '[]',
      }),
    ).toEqual([
      'a.geojson:3: features[1] (lower) has a shape at a.geojson:2 already',
      'b.geojson:1: datum is "GCJ-02": must be "WGS-84", and the positions in it',
      expect.stringMatching(/^c\.geojson:2: /),
      expect.stringMatching(/^d\.geojson:2: /),
      'e.geojson:1: is no FeatureCollection',
    ]);
  });
});
