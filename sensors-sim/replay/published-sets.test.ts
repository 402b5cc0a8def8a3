import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { openRecording } from './open-recording.ts';
import { RECORDING_FORMATS } from './recording-formats.ts';
import type { Recording } from './recording.ts';

const folder = temporaryFolder();

function write(name: string, ...lines: readonly string[]): string {
  const path = join(folder.path, name);
  writeFileSync(path, lines.join('\n'));
  return path;
}

const open = (path: string) => openRecording(path, { onProblem: 'refuse' });
const openLenient = (path: string) => openRecording(path, { onProblem: 'skip' });

/** Its readings as `line station property time value`. */
async function textsOf(recording: Recording): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { line, station, p, t, v } of recording.readings()) {
    texts.push(`${line} ${station} ${p} ${new Date(t).toISOString()} ${v}`);
  }
  return texts;
}

async function refusal(path: string): Promise<string> {
  try {
    await open(path);
    return 'not refused';
  } catch (error) {
    if (!isAppError(error, 'recording_invalid')) throw error;
    return error.message;
  }
}

describe('a file of an unknown kind', () => {
  it('is refused with the name of every kind that is known', async () => {
    const message = await refusal(write('x.csv', 'a,b', '1,2'));
    expect(RECORDING_FORMATS.length).toBeGreaterThan(5);
    for (const { title } of RECORDING_FORMATS) expect(message).toContain(title);
  });
});

describe('floods of FloodNet', () => {
  const header =
    'sensor_name,sensor_id,flood_start_time,flood_end_time,max_depth_inches,onset_time_mins,drain_time_mins,' +
    'duration_mins,duration_above_4_inches_mins,duration_above_12_inches_mins,duration_above_24_inches_mins,' +
    'flood_profile_depth_inches,flood_profile_time_secs';
  const flood = (sensor: string, start: string, depths: string, seconds: string) =>
    `Some St,${sensor},${start},,,,,,,,,"${depths}","${seconds}"`;
  const start = '2021-09-02T01:00:00.000';

  it('become a ponding depth in metres at each point of the curve', async () => {
    write(
      'sensor-metadata.csv',
      '"sensor_name","sensor_id","latitude","longitude"',
      '"BX - Niñé Bl","BX-niñé-1","40.8","-73.9"',
    );
    const recording = await open(
      write('floods.csv', header, flood('BX-niñé-1', start, '[0.00, 4.13, 40.87]', '[0, 63, 126]')),
    );
    expect(await textsOf(recording)).toEqual([
      '2 BX-nine-1 ponding_depth 2021-09-02T01:00:00.000Z 0',
      '2 BX-nine-1 ponding_depth 2021-09-02T01:01:03.000Z 0.104902',
      '2 BX-nine-1 ponding_depth 2021-09-02T01:02:06.000Z 1.038098',
    ]);
    expect(recording.stations).toMatchObject([{ name: 'BX - Niñé Bl', latitude: 40.8, longitude: -73.9 }]);
  });

  it('play the first of two points at one time, within a curve and over curves', async () => {
    const rows = [
      flood('B', start, '[1, 2, 3]', '[0, 60, 60]'),
      flood('B', '2021-09-02T01:01:00.000', '[4, 5]', '[0, 1]'),
    ];
    const recording = await open(write('floods.csv', header, ...rows));
    expect(await textsOf(recording)).toEqual([
      '2 B ponding_depth 2021-09-02T01:00:00.000Z 0.0254',
      '2 B ponding_depth 2021-09-02T01:01:00.000Z 0.0508',
      '3 B ponding_depth 2021-09-02T01:01:01.000Z 0.127',
    ]);
    expect(recording).toMatchObject({
      rows: 2,
      readingCount: 3,
      excluded: { same_datastream_time_twice: 2 },
    });
    expect(recording.stations).toMatchObject([{ name: 'Some St' }]);
  });

  it('are bad rows where the curve is torn', async () => {
    const torn = [
      ['[1, 2]', '[0]'],
      ['[1', '[0]'],
      ['[null]', '[0]'],
      ['[true]', '[0]'],
      ['1', '1'],
      ['', ''],
    ].map(([depths = '', seconds = '']) => flood('B', start, depths, seconds));
    const rows = [...torn, flood('B', '2021-09-02', '[1]', '[0]'), flood('', start, '[1]', '[0]'), 'B,1'];
    const path = write('floods.csv', header, ...rows);
    expect(await refusal(path)).toContain('has 9 problems');
    expect((await openLenient(path)).skipped).toEqual({ curve: 6, time: 1, station: 1, columns: 1 });
  });
});

describe('a snapshot of the national water-quality sections', () => {
  const header =
    'province,basin,section,time_mmdd_hhmm,official_class,water_temp_c,ph,do_mg_l,conductivity_us_cm,' +
    'turbidity_ntu,codmn_mg_l,nh3n_mg_l,tp_mg_l,tn_mg_l,chla_mg_l,algae_cells_l';

  it('becomes a station a section, in Beijing time, with null for what the page leaves open', async () => {
    const recording = await open(
      write(
        'cnemc-20260204.csv',
        header,
        '甲省,江,大桥,02-04 11:00,III,9.3,8.14,10.26,464.6,150.9,3.28,--,0.113,,0.0021,8729.0',
        '乙省,江,大桥,12-31 23:45,,9,8,<0.5,1e3,,,,,,,',
      ),
    );
    const [first = '', second = ''] = recording.stations.map(({ id }) => id);
    expect(first).toMatch(/^CNEMC-[0-9a-f]{12}$/);
    expect(first).not.toBe(second);
    expect(recording.stations.map(({ name }) => name)).toEqual(['大桥（甲省）', '大桥（乙省）']);
    const texts = await textsOf(recording);
    expect(texts.slice(0, 11)).toEqual(
      [
        'water_temperature 9.3',
        'ph 8.14',
        'dissolved_oxygen 10.26',
        'conductivity 464.6',
        'turbidity 150.9',
        'permanganate_index 3.28',
        'ammonia_nitrogen null',
        'total_phosphorus 0.113',
        'total_nitrogen null',
        'chlorophyll_a 0.0021',
        'algal_density 8729',
      ].map(text => `2 ${first} ${text.replace(' ', ' 2026-02-04T03:00:00.000Z ')}`),
    );
    // It was still to come in 2026 when the snapshot was taken.
    expect(texts[11]).toBe(`3 ${second} water_temperature 2025-12-31T15:45:00.000Z 9`);
    expect(recording).toMatchObject({
      rows: 2,
      readingCount: 20,
      excluded: { unparsable_number: 2 },
      missing: { empty: 8, sentinel: 1 },
    });
  });

  it('needs the year in its name, and rows with a time', async () => {
    const row = '甲省,江,大桥,02-30 11:00,III,9.3,8.14,10.26,464.6,150.9,3.28,,0.113,,,';
    expect(await refusal(write('cnemc.csv', header, row))).toContain('-20260204.csv');
    expect(await refusal(write('cnemc-20261399.csv', header, row))).toContain('-20260204.csv');
    const recording = await openLenient(write('cnemc-20260301.csv', header, row, '甲省,江'));
    expect(recording.skipped).toEqual({ time: 1, columns: 1 });
  });
});

describe('the canals of Miami', () => {
  const header =
    'time,WS_S1,WS_S4,FLOW_S25A,GATE_S25A,HWS_S25A,TWS_S25A,FLOW_S25B,GATE_S25B,GATE_S25B2,HWS_S25B,TWS_S25B,' +
    'PUMP_S25B,FLOW_S26,GATE_S26_1,GATE_S26_2,HWS_S26,TWS_S26,PUMP_S26,MEAN_RAIN';

  it('become levels, gates, flows and rain in metric units, at Eastern Standard Time', async () => {
    const row = '2019-05-05T19:00:00,-1,2,100,5,4,3,10,1,2,2.4,2,1000,0,3,4,2,1,,0.5';
    const recording = await open(write('canals.csv', header, row, row));
    const t = '2019-05-06T00:00:00.000Z';
    expect(await textsOf(recording)).toEqual(
      [
        `SFWMD-S1 water_level ${t} -0.3048`,
        `SFWMD-S4 water_level ${t} 0.6096`,
        `SFWMD-S25A discharge.gate ${t} 2.8316846592`,
        `SFWMD-S25A gate_opening ${t} 1.524`,
        `SFWMD-S25A water_level.head ${t} 1.2192`,
        `SFWMD-S25A water_level.tail ${t} 0.9144`,
        `SFWMD-S25B discharge.gate ${t} 0.28316846592`,
        `SFWMD-S25B gate_opening.1 ${t} 0.3048`,
        `SFWMD-S25B gate_opening.2 ${t} 0.6096`,
        `SFWMD-S25B water_level.head ${t} 0.73152`,
        `SFWMD-S25B water_level.tail ${t} 0.6096`,
        `SFWMD-S25B discharge.pump ${t} 28.316846592`,
        `SFWMD-S26 discharge.gate ${t} 0`,
        `SFWMD-S26 gate_opening.1 ${t} 0.9144`,
        `SFWMD-S26 gate_opening.2 ${t} 1.2192`,
        `SFWMD-S26 water_level.head ${t} 0.6096`,
        `SFWMD-S26 water_level.tail ${t} 0.3048`,
        `SFWMD-S26 discharge.pump ${t} null`,
        `SFWMD-catchment rainfall ${t} 12.7`,
      ].map(text => `2 ${text}`),
    );
    expect(recording).toMatchObject({
      rows: 2,
      readingCount: 19,
      missing: { empty: 1 },
      excluded: { same_datastream_time_twice: 19 },
    });
    const levels = recording.stations.flatMap(({ datastreams }) =>
      datastreams.filter(({ property }) => property === 'water_level'),
    );
    expect(levels).toHaveLength(8);
    expect(levels.every(({ datum }) => datum === 'NGVD 29 (assumed)')).toBe(true);
  });

  it('leave out what is no number, and refuse a row without a time', async () => {
    const cells = (first: string) => [first, ...Array.from({ length: 18 }, () => '0')].join(',');
    const rows = [`2019-05-05T19:00:00,${cells('1.2 ft')}`, `,${cells('0')}`, '2019-05-05T20:00:00,1'];
    const recording = await openLenient(write('canals.csv', header, ...rows));
    expect(recording).toMatchObject({
      rows: 3,
      readingCount: 18,
      excluded: { unparsable_number: 1 },
      skipped: { time: 1, columns: 1 },
    });
  });
});

describe('the dams of Kerala', () => {
  const header =
    'dam,date_raw,date,water_level_m,live_storage_mcm,storage_pct,inflow_m3s,powerhouse_discharge_m3s,' +
    'spillway_release_m3s,total_outflow_m3s,rainfall_mm';
  const ALL = 7;

  it('become level, storage, flows and rain at seven in the morning', async () => {
    write(
      'dam-levels.json',
      JSON.stringify({
        'Banasura Sagar': { officialName: 'BANASURASAGAR', latitude: 11.67, longitude: 75.95 },
      }),
    );
    const row = 'Banasura Sagar,1.6.2023,2023-06-01,768.60,100.500,50.00%,9.5,8.25,–,8.25,';
    const recording = await open(write('dams.csv', header, row));
    const t = '2023-06-01T01:30:00.000Z';
    expect(await textsOf(recording)).toEqual(
      [
        `water_level ${t} 768.6`,
        `storage_volume.live ${t} 100500000`,
        `discharge.inflow ${t} 9.5`,
        `discharge.powerhouse ${t} 8.25`,
        `discharge.spillway ${t} null`,
        `discharge.total_outflow ${t} 8.25`,
        `rainfall ${t} null`,
      ].map(text => `2 KSEB-Banasura-Sagar ${text}`),
    );
    expect(recording.stations).toMatchObject([{ name: 'BANASURASAGAR', latitude: 11.67, longitude: 75.95 }]);
    expect(recording.stations[0]?.datastreams[0]?.datum).toBe('mean sea level (assumed)');
    expect(recording.missing).toEqual({ empty: 1, sentinel: 1 });
  });

  it.each([
    ['an unreadable date', 'Idukki,10.042024,,700,729.7,50%,1,1,0,1,0', 0, { unreadable_time: ALL }],
    [
      'gross storage before live storage',
      'Anathode,26.09.2020,2020-09-26,977.00,379.80,372.170,337.95,72.92,38.16,0.00,38.16',
      1,
      { shifted_columns: 6 },
    ],
    [
      'the percentage of the year before as inflow',
      'Idukki,15.10.2024,2024-10-15,723.29,976.760,66.92%,44.85%,51.01,19.77,,19.77',
      3,
      { shifted_columns: 4 },
    ],
    [
      'a level in feet as inflow',
      'Sholayar,02.06.2024,2024-06-02,788.73,17.490,11.73%,2639.00ft,91.100,6.85,18.02,0.00',
      2,
      { shifted_columns: 5 },
    ],
    [
      'no percentage to check the columns by',
      'Chenkulam,18.01.2021,2021-01-18,Shut down,,,0.500,0.180,0.00,0.00,',
      3,
      { unverified_columns: 4 },
    ],
    [
      'two decimal points',
      'Idukki,1.6.2023,2023-06-01,966..53,729.7,50%,1,1,0,1,0',
      6,
      { unparsable_number: 1 },
    ],
  ])('play what is sure of a row with %s', async (_what, row, readings, excluded) => {
    const recording = await open(write('dams.csv', header, row));
    expect(recording).toMatchObject({ rows: 1, readingCount: readings, excluded });
    expect(await textsOf(recording)).toHaveLength(readings);
  });

  it('refuse a dam they do not know and a table of dams without places', async () => {
    write('dam-levels.json', JSON.stringify({ Idukki: { officialName: 'IDUKKI' } }));
    const rows = ['Hoover,1.6.2023,2023-06-01,1,1,1,1,1,1,1,1', 'Idukki,1'];
    const recording = await openLenient(write('dams.csv', header, ...rows));
    expect(recording.skipped).toEqual({ station_row: 1, station: 1, columns: 1 });
    write('dam-levels.json', '[');
    expect(await refusal(join(folder.path, 'dams.csv'))).toContain('cannot be read');
  });
});

describe('a river gauge', () => {
  it('is named by its file; its quality codes are not played', async () => {
    const recording = await openLenient(
      write(
        'don-hadfields-2007-15min.csv',
        'time,stage_m,stage_quality,flow_m3s,flow_quality',
        '2007-06-25T18:30:00Z,4.675,G;Ed,259,U;BL>',
        '2007-11-21T09:15:00Z,,M;Ed,,M',
        '2007-11-21T09:30:00Z,x,G,1,G',
        '2007-11-21 09:45,1,G,1,G',
        '2007-11-21T10:00:00Z,1',
      ),
    );
    expect(await textsOf(recording)).toEqual([
      '2 don-hadfields-2007-15min water_level 2007-06-25T18:30:00.000Z 4.675',
      '2 don-hadfields-2007-15min discharge 2007-06-25T18:30:00.000Z 259',
      '3 don-hadfields-2007-15min water_level 2007-11-21T09:15:00.000Z null',
      '3 don-hadfields-2007-15min discharge 2007-11-21T09:15:00.000Z null',
      '4 don-hadfields-2007-15min discharge 2007-11-21T09:30:00.000Z 1',
    ]);
    expect(recording).toMatchObject({
      excluded: { unparsable_number: 1 },
      skipped: { time: 1, columns: 1 },
      missing: { empty: 2 },
    });
    expect(recording.stations[0]?.datastreams[0]?.datum).toBe('local stage datum');
  });

  it('may be one of rain and flow; evapotranspiration is not played', async () => {
    const header = 'time,rain_mm_per_15min,pet_mm_per_15min,flow_m3s';
    const recording = await open(write('swindale.csv', header, '2009-11-18T16:00:00Z,0.4,0.00888,2.78'));
    expect(await textsOf(recording)).toEqual([
      '2 swindale rainfall 2009-11-18T16:00:00.000Z 0.4',
      '2 swindale discharge 2009-11-18T16:00:00.000Z 2.78',
    ]);
    const nameless = write('河.csv', header, '2009-11-18T16:00:00Z,0.4,0.00888,2.78');
    expect(await refusal(nameless)).toContain('no station id');
  });
});
