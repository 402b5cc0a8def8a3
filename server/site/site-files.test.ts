import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../domain/errors.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { loadSite } from './load-site.ts';
import type { Site } from './load-site.ts';
import { readSiteFolder } from './read-site-folder.ts';
import { SiteProblems } from './site-problems.ts';

const temporary = temporaryFolder();

/** What every asset below names. */
const AREAS = `organisations: [{ id: o, name: 局, role: operator }]
persons: [{ id: p, name: 王, organisation: o }, { id: q, name: 李, organisation: o }]
streets: [{ id: s, name: 街 }]
communities: [{ id: c, name: 社区, street: s }]
basins: [{ id: b, name: 流域 }]
`;
const ASSET_HEAD = 'id,name,type,basin,community,operator,regulator,responsible,latitude,longitude';
const ASSET_ROW = 'a1,闸,sluice_gate,b,c,o,o,p,22.7,114.2';
const STATION = '{ id: S-1, name: 站, datastreams: [{ property: ph, intervalMs: 60000 }] }';

type Files = Readonly<Record<string, string | Uint8Array>>;

async function load(files: Files): Promise<Site> {
  for (const [file, text] of Object.entries({ 'site.yaml': 'name: 区\n', 'areas.yaml': AREAS, ...files })) {
    mkdirSync(dirname(join(temporary.path, file)), { recursive: true });
    writeFileSync(join(temporary.path, file), text);
  }
  return await loadSite(temporary.path);
}

async function problemsOf(files: Files): Promise<readonly string[]> {
  const error: unknown = await load(files).catch((thrown: unknown) => thrown);
  if (isAppError(error, 'site_invalid')) return error.problems;
  throw new Error('The site was accepted.', { cause: error });
}

function partOf({ parts }: Site, id: string): unknown {
  return parts.find(part => part.id === id);
}

describe('CSV files', () => {
  it('say the same as YAML: numbers, lists, booleans, fields inside fields', async () => {
    const site = await load({
      'assets.csv': `${ASSET_HEAD},datum,attributes.bottomM,attributes.surfaceM2\na1,库,reservoir,b,c,o,o,p; q,+22.7,114.2,D,-1.5,2e5\n`,
      'stations.csv': 'id,name,asset,simulated,neighbours\nS-1,站,a1,TRUE,S-2\nS-2,站,,false,\n',
      'south.datastreams.csv':
        'station,property,instance,datum,intervalMs,maxGapMs,sensorSpan.min,sensorSpan.max,thresholds.datum,thresholds.dead,thresholds.floodLimit\n' +
        'S-1,water_level,,D,60000,180000,20,70,D,40,04-15=61.0; 10-01=62.5\n' +
        'S-1,pump_running,01,,1000,,,,,,\n' +
        'S-2,ph,,,60000,,,,,,\n',
    });
    expect(partOf(site, 'a1')).toMatchObject({
      responsible: ['p', 'q'],
      latitude: 22.7,
      datum: 'D',
      attributes: { bottomM: -1.5, surfaceM2: 200_000 },
    });
    expect(partOf(site, 'S-1')).toEqual({
      kind: 'station',
      id: 'S-1',
      name: '站',
      asset: 'a1',
      assetType: 'reservoir',
      basin: 'b',
      latitude: 22.7,
      longitude: 114.2,
      simulated: true,
      neighbours: ['S-2'],
      datastreams: [
        {
          property: 'water_level',
          datum: 'D',
          intervalMs: 60_000,
          maxGapMs: 180_000,
          sensorSpan: [20, 70],
          thresholds: {
            datum: 'D',
            dead: 40,
            floodLimit: [
              { from: '04-15', level: 61 },
              { from: '10-01', level: 62.5 },
            ],
          },
        },
        { property: 'pump_running', instance: '01', intervalMs: 1_000 },
      ],
    });
    expect(partOf(site, 'S-2')).toMatchObject({ simulated: false });
  });

  it('may come from a spreadsheet: byte order mark, CRLF, blanks, empty rows, line breaks in a cell', async () => {
    const site = await load({
      'streets.csv': '\ufeffid,name\r\n t1 , 东街 \r\n,\r\n\r\nt2,"西\r\n街"\r\n',
    });
    expect(partOf(site, 't1')).toEqual({ kind: 'street', id: 't1', name: '东街' });
    expect(
      await problemsOf({ 'streets.csv': 'id,name\r\nt1,"a\r\nb"\r\n\r\nt-2,x\r\n?,"a\r\nb"\r\n' }),
    ).toEqual([expect.stringContaining('streets.csv:6: id (?) is no id')]);
  });

  it.each<[string, string, string, string]>([
    [
      'a number with a comma',
      'assets.csv',
      `${ASSET_HEAD}\na1,闸,sluice_gate,b,c,o,o,p,"22,7",114.2`,
      '2: latitude (a1) "22,7" is no number',
    ],
    [
      'an unknown column',
      'assets.csv',
      `${ASSET_HEAD},datun\n${ASSET_ROW},`,
      '1: datun is not known. Did you mean "datum"?',
    ],
    ['a column twice', 'streets.csv', 'id,name,name\nt,a,b', '1: name stands in the head twice'],
    ['a column that is missing, once', 'streets.csv', 'id\nt1\nt2', '1: name is missing in the head'],
    ['an empty required cell', 'streets.csv', 'id,name\nt1,', '2: name (t1) is missing'],
    ['a cell too few', 'streets.csv', 'id,name\nt1', '2: (t1) has 1 cells where the head has 2'],
    [
      'a cell too many',
      'assets.csv',
      `${ASSET_HEAD}\n${ASSET_ROW},x`,
      '2: (a1) has 11 cells where the head has 10',
    ],
    [
      'neither true nor false',
      'stations.csv',
      'id,name,simulated\nS-1,站,yes',
      '2: simulated (S-1) "yes" is neither true nor false',
    ],
    [
      'a quote that is not closed',
      'streets.csv',
      'id,name\nt1,a\nt2,"b\nt3,c\n',
      '3: begins a quote that is never closed',
    ],
    ['a quote in the middle', 'streets.csv', 'id,name\nt1,"a"b\n', '2: Invalid Closing Quote'],
    ['nothing', 'streets.csv', '', '1: is empty'],
    ['a field for YAML only', 'stations.csv', 'id,name,datastreams\nS-1,站,', '1: datastreams is not known'],
    [
      'an unknown name in a list',
      'assets.csv',
      `${ASSET_HEAD}\n${ASSET_ROW.replace(',p,', ',p;x,')}`,
      '2: responsible[1] (a1) "x" is no person',
    ],
  ])('are refused: %s', async (_what, file, text, problem) => {
    const stations = `stations: [${STATION}]\n`;
    const problems = await problemsOf({
      ...(file === 'stations.csv' ? {} : { 'stations.yaml': stations }),
      [file]: text,
    });
    expect(problems.filter(told => !told.includes('at least one datastream'))).toEqual([
      expect.stringContaining(`${file}:${problem}`),
    ]);
  });

  it.each<[string, string, string]>([
    ['a span with one end', 'S-1,rainfall,60000,0,,,', 'sensorSpan.max (S-1) is missing'],
    [
      'a flood limit that is none',
      'S-1,rainfall,60000,,,,04-15:61',
      'thresholds.floodLimit (S-1) "04-15:61" is not like',
    ],
    [
      'an unknown station',
      'S-9,rainfall,60000,,,,',
      'station (S-9) "S-9" is no station of this site. Did you mean "S-1"?',
    ],
    ['no station', ',rainfall,60000,,,,', 'station is missing'],
    ['a datastream its station has', 'S-1,ph,60000,,,,', '(S-1) "ph" stands at stations.yaml:1 already'],
    [
      'thresholds in the wrong order',
      'S-1,rainfall,60000,,,9,8',
      'thresholds.high (S-1) (8) must be above low (9)',
    ],
  ])('of datastreams are refused: %s', async (_what, row, problem) => {
    const last = row.includes(',9,8') ? 'thresholds.high' : 'thresholds.floodLimit';
    const problems = await problemsOf({
      'stations.yaml': `stations: [${STATION}]\n`,
      'x.datastreams.csv': `station,property,intervalMs,sensorSpan.min,sensorSpan.max,thresholds.low,${last}\n${row}\n`,
    });
    expect(problems).toEqual([expect.stringContaining(`x.datastreams.csv:2: ${problem}`)]);
  });
});

describe('a site folder', () => {
  it('adds up lists of several files, also in other folders', async () => {
    const site = await load({
      'a.yaml': `stations: [${STATION}]\n`,
      'deep/er/b.yaml': `stations: [${STATION.replace('S-1', 'S-2')}]\ngateways:\n`,
      'README.md': '[',
      '.draft.yaml': '[',
      '.git/x': '[',
    });
    expect(site.parts.filter(({ kind }) => kind === 'station').map(({ id }) => id)).toEqual(['S-1', 'S-2']);
  });

  it('follows links to files, as a mounted configuration has them', async () => {
    writeFileSync(join(temporary.path, '.data'), 'streets: [{ id: t1, name: 街 }]\n');
    symlinkSync('.data', join(temporary.path, 'streets.yaml'));
    expect(partOf(await load({}), 't1')).toBeDefined();
    symlinkSync('nowhere', join(temporary.path, 'lost.yaml'));
    expect(await problemsOf({})).toEqual([expect.stringMatching(/^lost\.yaml: cannot be read: ENOENT/)]);
  });

  it('reads a folder once, wherever links lead to it', async () => {
    mkdirSync(join(temporary.path, 'south'));
    for (const link of ['a', 'b', 'south/c']) symlinkSync(temporary.path, join(temporary.path, link));
    symlinkSync('itself.yaml', join(temporary.path, 'itself.yaml'));
    expect(await problemsOf({})).toEqual([
      'a: leads to a folder that is read already',
      'b: leads to a folder that is read already',
      expect.stringMatching(/^itself\.yaml: cannot be read: ELOOP/),
      'south/c: leads to a folder that is read already',
    ]);
  });

  it('reads no device and nothing that is too large', async () => {
    symlinkSync('/dev/zero', join(temporary.path, 'zero.streets.csv'));
    writeFileSync(join(temporary.path, 'large.streets.csv'), '');
    truncateSync(join(temporary.path, 'large.streets.csv'), 64 * 1024 * 1024 + 1);
    expect(await problemsOf({})).toEqual([
      'large.streets.csv: has 67108865 bytes; split what is over 67108864',
      'zero.streets.csv: is no regular file',
    ]);
  });

  it('may have more rows than a call may have arguments', () => {
    const rows = Array.from({ length: 150_000 }, (_, index) => `t${index}`);
    writeFileSync(join(temporary.path, 'streets.csv'), `id\n${rows.join('\n')}\n`);
    expect(readSiteFolder(temporary.path, new SiteProblems()).entries).toHaveLength(150_000);
  });

  it('tells each problem short and without what a terminal obeys', async () => {
    const [hostile = ''] = await problemsOf({
      'streets.csv': `id,name\n"\u001b[31m\u202e${'x'.repeat(9_999)}",街\n`,
    });
    expect(hostile).toMatch(/^streets\.csv:2: id \(\\u001b\[31m\\u202exxx/);
    expect(hostile.length).toBeLessThan(1_100);
  });

  it('tells at most 100,000 problems', () => {
    const problems = new SiteProblems();
    for (let line = 1; line <= 100_001; line += 1) problems.add({ file: 'a.csv', line }, 'is wrong');
    expect(problems.texts()).toHaveLength(100_001);
    expect(problems.texts().at(-1)).toBe('and 1 more');
  });

  it('refuses names with characters that nobody sees, and makes one line of several', async () => {
    const names = ['a\\0b', '\\e[31mred', 'abc\\u202egpj', 'fine\\nname'];
    const streets = names.map((name, index) => `  - { id: t${index}, name: "${name}" }`);
    expect(await problemsOf({ 'streets.yaml': `streets:\n${streets.join('\n')}\n` })).toEqual(
      [0, 1, 2].map(index =>
        expect.stringMatching(new RegExp(`streets\\[${index}\\]\\.name .* cannot be seen`)),
      ),
    );
    const site = await load({ 'streets.yaml': `streets:\n${streets[3]}\n` });
    expect(partOf(site, 't3')).toMatchObject({ name: 'fine name' });
  });

  it('survives a datum that is nested without end', async () => {
    const datum = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(
      await problemsOf({ 'a.geojson': `{"type":"FeatureCollection","datum":${datum},"features":[]}` }),
    ).toEqual([expect.stringMatching(/^a\.geojson:1: datum is no text: must be "WGS-84"/)]);
  });

  it('refuses files it does not know, each with its nearest name', async () => {
    expect(
      await problemsOf({ 'a.yml': '', 'south.asets.csv': '', 'basins.csv': '', 'x.csv/y.txt': '' }),
    ).toEqual([
      'a.yml: is no file of a site: *.yaml, *.csv, *.geojson or README',
      expect.stringMatching(/^basins\.csv: must say what it lists/),
      expect.stringMatching(/^south\.asets\.csv: must say what it lists: .* Did you mean "assets"\?$/),
      'x.csv/y.txt: is no file of a site: *.yaml, *.csv, *.geojson or README',
    ]);
  });

  it('refuses a YAML file that is no lists of entries', async () => {
    expect(
      await problemsOf({
        'a.yaml': '- 1\n',
        'b.yaml': 'streets: 7\nassts: []\nbasins: [3]\n',
        'c.yaml': 'stations: [{ id: S, name: s, datastreams: 7 }]\n',
      }),
    ).toEqual([
      expect.stringContaining('a.yaml:1: must have lists under their names'),
      'b.yaml:1: streets must be a list',
      'b.yaml:2: assts is not known. Did you mean "assets"?',
      'b.yaml:3: basins[0] must be an entry with fields',
      'c.yaml:1: stations[0].datastreams must be a list',
      expect.stringContaining('c.yaml:1: stations[0].datastreams (S) is missing'),
    ]);
  });

  it('tells bad syntax at its line, reads the other files, and does not call missing what may stand there', async () => {
    const assets = `${ASSET_HEAD}\n${ASSET_ROW}\n${ASSET_ROW.replace('a1', 'a2').replace(',p,', ',r,')}\n`;
    const problems = await problemsOf({
      'areas.yaml': AREAS.replace('streets: [', 'streets: ['.repeat(2)),
      'assets.csv': assets,
      'datastreams.csv': 'station,property\nS-1,"ph\n',
      'more.yaml': 'streets: [{ id: t, name: 街, name: 路 }]\n',
      'stations.csv': 'id,name\nS-1,站\nS-2,站\n',
      'x.geojson': `{"type":"FeatureCollection","datum":"WGS-84","features":[
        {"type":"Feature","id":"basin:b","geometry":null},
        {"type":"Feature","id":"basin:bb","geometry":null}]}`,
    });
    expect(problems.filter(problem => !problem.startsWith('areas.yaml:'))).toEqual([
      'assets.csv:3: responsible[0] (a2) "r" is no person of this site.',
      'datastreams.csv:2: begins a quote that is never closed',
      'more.yaml:1: Map keys must be unique',
      'stations.csv:3: datastreams (S-2) is missing: a station has at least one datastream',
      'x.geojson:3: features[1] (bb) "bb" is no basin of this site.',
    ]);
    expect(problems[0]).toMatch(/^areas\.yaml:\d: /);
  });

  it('refuses GB18030 and reads its file as if it may hold anything', async () => {
    // 街 in GB18030.
    const bytes = Buffer.concat([Buffer.from('id,name\nt1,'), Buffer.from([0xbd, 0xd6]), Buffer.from('\n')]);
    expect(
      await problemsOf({ 'streets.csv': bytes, 'communities.csv': 'id,name,street\nd1,x,t1\nd2,x,t9\n' }),
    ).toEqual([
      'communities.csv:3: street (d2) "t9" is no street of this site.',
      'streets.csv: is not UTF-8 (GB18030 or UTF-16, perhaps); save it as UTF-8',
    ]);
  });

  it('knows the district by its names', async () => {
    const site = await load({ 'site.yaml': 'name: 区\nnameEn: District\ndemo: true\n' });
    expect(site).toMatchObject({ name: '区', nameEn: 'District', isDemo: true });
    expect(site.parts[0]).toEqual({ kind: 'district', id: 'district', name: '区', nameEn: 'District' });
    expect(await problemsOf({ 'site.yaml': 'name: [\n' })).toEqual([
      expect.stringMatching(/^site\.yaml:\d: /),
    ]);
  });
});
