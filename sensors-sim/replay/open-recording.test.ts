import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { openRecording } from './open-recording.ts';
import type { RecordedReading, Recording } from './recording.ts';

const folder = temporaryFolder();
const T = 1_620_345_600_000;

function write(text: string, name = 'readings.csv'): string {
  const path = join(folder.path, name);
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

async function readAll(recording: Recording): Promise<readonly RecordedReading[]> {
  const all: RecordedReading[] = [];
  for await (const reading of recording.readings()) all.push(reading);
  return all;
}

async function refusal(path: string): Promise<readonly string[]> {
  try {
    await openRecording(path, { onProblem: 'refuse' });
    return ['not refused'];
  } catch (error) {
    if (!isAppError(error, 'recording_invalid')) throw error;
    return error.problems.length > 0 ? error.problems : [error.message];
  }
}

describe('the CSV form', () => {
  it.each(['readings.csv', 'readings.csv.gz'])(
    'is read with flags, instances and both forms of time from %s',
    async name => {
      const lines = [
        'station,property,t,v,flag,datum',
        'R-1,water_level,2021-05-07T00:00:00Z,3.217,,gauge zero',
        `R-1,water_level,${T + 300_000},3.25,T,`,
        'R-1,pump_running.2,2021-05-07T08:05:00.500+08:00,1,N,',
        '',
        'R-2,rainfall,2021-05-07T00:00Z,,B,',
      ];
      const recording = await openRecording(write(`\uFEFF${lines.join('\r\n')}`, name), {
        onProblem: 'refuse',
      });
      expect(await readAll(recording)).toEqual([
        { station: 'R-1', p: 'water_level', t: T, v: 3.217, line: 2 },
        { station: 'R-1', p: 'water_level', t: T + 300_000, v: 3.25, f: 'T', line: 3 },
        { station: 'R-1', p: 'pump_running.2', t: T + 300_500, v: 1, f: 'N', line: 4 },
        { station: 'R-2', p: 'rainfall', t: T, v: null, f: 'B', line: 6 },
      ]);
      expect(recording.stations).toEqual([
        {
          kind: 'station',
          id: 'R-1',
          name: 'R-1',
          simulated: true,
          datastreams: [
            { property: 'water_level', datum: 'gauge zero', intervalMs: 300_000 },
            { property: 'pump_running', instance: '2', intervalMs: 900_000 },
          ],
        },
        {
          kind: 'station',
          id: 'R-2',
          name: 'R-2',
          simulated: true,
          datastreams: [{ property: 'rainfall', intervalMs: 900_000 }],
        },
      ]);
      expect(recording).toMatchObject({
        rows: 4,
        readingCount: 4,
        span: { from: T, to: T + 300_500 },
        skipped: {},
        excluded: {},
        missing: { empty: 1 },
      });
      expect(await readAll(recording)).toHaveLength(4);
    },
  );

  it('takes names, places and datums from the table of stations beside it', async () => {
    write(
      'id,name,name_en,latitude,longitude,basin,datum\nR-1,"Wharf, old",Wharf,22.7,114.2,north,PD\n',
      'stations.csv',
    );
    const recording = await openRecording(write(`station,property,t,v\nR-1,water_level,${T},1\n`), {
      onProblem: 'refuse',
    });
    expect(recording.stations).toEqual([
      {
        kind: 'station',
        id: 'R-1',
        name: 'Wharf, old',
        nameEn: 'Wharf',
        latitude: 22.7,
        longitude: 114.2,
        basin: 'north',
        simulated: true,
        datastreams: [{ property: 'water_level', datum: 'PD', intervalMs: 900_000 }],
      },
    ]);
  });

  const bad = [
    'station,property,t,v,flag',
    `R-1,ph,${T},7.1,`,
    `R 1,ph,${T},7.1,`,
    `R-1,acidity,${T},7.1,`,
    'R-1,ph,2021-05-07T00:00:00,7.1,',
    'R-1,ph,2021-05-37T00:00:00Z,7.1,',
    `R-1,ph,${T},7.1 mg,`,
    `R-1,ph,${T},1e999,`,
    `R-1,ph,${T},7.1,X`,
    `R-1,ph,${T},7.1`,
    `R-1,"ph,${T},7.1,`,
    `R-1,water_level,${T},7.1,`,
    `R-1,ph,${T},${'7'.repeat(70_000)},`,
    `R-1,ph,${T + 1},7.2,`,
  ].join('\n');

  it('refuses a file with every problem and its line', async () => {
    const problems = await refusal(write(bad));
    expect(
      problems.map(problem => problem.replace(/^readings\.csv line (\d+): (.{15}).*$/, '$1 $2')),
    ).toEqual([
      '3 The station is ',
      '4 The property is',
      '5 The time is nei',
      '6 The time is nei',
      '7 The value is no',
      '8 The value is no',
      '9 The device flag',
      '10 The row does no',
      '11 The row does no',
      '12 The datastream ',
      '13 The line is lon',
    ]);
  });

  it('leaves bad rows out and counts them by reason where it is told to', async () => {
    const recording = await openRecording(write(bad), { onProblem: 'skip' });
    expect((await readAll(recording)).map(({ line }) => line)).toEqual([2, 14]);
    expect(recording.skipped).toEqual({
      station: 1,
      property: 1,
      time: 2,
      value: 2,
      flag: 1,
      columns: 2,
      datum: 1,
      long_line: 1,
    });
    expect(recording).toMatchObject({ rows: 13, readingCount: 2 });
    expect(recording.problems).toHaveLength(11);
  });

  it('judges the rows alike in both readings when a datum comes late or changes', async () => {
    const lines = ['', 'a', '', 'b', 'a'].map((datum, index) => `R-1,water_level,${T + index},1,${datum}`);
    const path = write(['station,property,t,v,datum', ...lines].join('\n'));
    const recording = await openRecording(path, { onProblem: 'skip' });
    expect((await readAll(recording)).map(({ line }) => line)).toEqual([3, 4, 6]);
    expect(recording).toMatchObject({ rows: 5, readingCount: 3, skipped: { datum: 2 } });
  });

  it.each([
    ['', /is empty/],
    ['a,b,c\n', /header is not known/],
    ['station,property,t\n', /header is not known/],
    ['station,property,t,v,datum,flag\n', /header is not known/],
  ])('refuses a file that begins with %j', async (text, message) => {
    expect((await refusal(write(text)))[0]).toMatch(message);
  });

  it('refuses what cannot be read or unpacked', async () => {
    expect((await refusal(join(folder.path, 'absent.csv')))[0]).toMatch(/cannot be read/);
    const torn = gzipSync(`station,property,t,v\n${`R-1,ph,${T},7\n`.repeat(1_000)}`).subarray(0, 60);
    writeFileSync(join(folder.path, 'torn.csv.gz'), torn);
    expect((await refusal(join(folder.path, 'torn.csv.gz')))[0]).toMatch(/cannot be read/);
  });

  it('tells what is wrong in the table of stations', async () => {
    const rows = ['id,name,latitude,longitude', 'R-1,a,91,0', 'R-2,b,,', 'R-2,c,,', 'R 3,d,,', 'R-4,e'];
    write(rows.join('\n'), 'stations.csv');
    const problems = await refusal(write(`station,property,t,v\nR-1,ph,${T},7\n`));
    expect(problems.map(problem => problem.slice(0, 19))).toEqual(
      [2, 4, 5, 6].map(line => `stations.csv line ${line}`),
    );
  });
});

describe('a day of the Environment Agency', () => {
  const header = 'dateTime,stationReference,parameter,qualifier,unitName,value';
  const at = '2021-05-07T00:00:00Z';

  it('maps units to datums, several measures to instances and keeps what is no number', async () => {
    write(
      'stationReference,stationName,latitude,longitude,maxOnRecord\nE1,"Hope Street, Coventry",52.4,-1.5,2\n',
      'ea-stations.csv',
    );
    const rows = [
      `${at},E1,level,Tidal Level,mAOD,4.59`,
      `${at},E1,level,Stage,mASD,0.260|0.267`,
      `${at},E1,rainfall,Water,mm,0.2`,
      `${at},E2,level,Tidal Level,mm,9636.000`,
      `${at},E2,level,Tidal Level,mm,`,
      `${at},E2,level,Tidal Level,mm,-61`,
      `${at},E3,level,Stage,m,1.097`,
    ];
    const recording = await openRecording(write([header, ...rows].join('\n')), { onProblem: 'refuse' });
    expect((await readAll(recording)).map(({ station, p, v }) => [station, p, v])).toEqual([
      ['E1', 'water_level.Tidal-Level-mAOD', 4.59],
      ['E1', 'water_level.Stage-mASD', '0.260|0.267'],
      ['E1', 'rainfall', 0.2],
      ['E2', 'water_level', 9.636],
      ['E2', 'water_level', null],
      ['E2', 'water_level', -0.061],
      ['E3', 'water_level', 1.097],
    ]);
    const [first, second, third] = recording.stations;
    expect(first).toMatchObject({ name: 'Hope Street, Coventry', latitude: 52.4, longitude: -1.5 });
    expect(first?.datastreams).toEqual([
      {
        property: 'water_level',
        instance: 'Tidal-Level-mAOD',
        datum: 'Ordnance Datum Newlyn',
        intervalMs: 900_000,
      },
      { property: 'water_level', instance: 'Stage-mASD', datum: 'station datum', intervalMs: 900_000 },
      { property: 'rainfall', intervalMs: 900_000 },
    ]);
    expect([second?.name, second?.datastreams[0]?.datum, third?.datastreams[0]?.datum]).toEqual([
      'E2',
      'local stage datum',
      'local stage datum',
    ]);
  });

  it('keeps measures apart whose names look alike', async () => {
    const rows = ['A b', 'A-b', '(1)', '[1]', ''].map(qualifier => `${at},E1,level,${qualifier},m,1`);
    const recording = await openRecording(write([header, ...rows].join('\n')), { onProblem: 'refuse' });
    expect(new Set((await readAll(recording)).map(({ p }) => p)).size).toBe(5);
    expect(recording.stations[0]?.datastreams).toHaveLength(5);
  });

  it('refuses a unit it does not know', async () => {
    const problems = await refusal(write(`${header}\n${at},E1,level,Stage,ft,1\n${at},E1,flow,,mm,1\n`));
    expect(problems).toHaveLength(2);
  });
});
