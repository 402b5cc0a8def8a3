import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { isThingId } from '../../domain/model/identifier.ts';
import { sharedData } from '../../test/harness/shared-data.ts';
import { openRecording } from './open-recording.ts';

const PATH = sharedData('river-flood-uk/ea-readings-2021-05-07.csv.gz');

/** What the file holds, counted without any code of the importer. */
function factsOf(path: string) {
  const rows = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n').slice(1);
  const fields = rows.map(row => row.split(','));
  const distinct = new Set(rows);
  const measures = new Set(
    fields.map(([, station, parameter, qualifier, unit]) => [station, parameter, qualifier, unit].join()),
  );
  const identities = new Set(
    fields.map(([t, station, parameter, qualifier, unit]) => [t, station, parameter, qualifier, unit].join()),
  );
  const values = fields.map(field => field[5] ?? '');
  return {
    rows: rows.length,
    stations: new Set(fields.map(field => field[1])).size,
    measures: measures.size,
    repeatedRows: rows.length - distinct.size,
    conflictingRows: distinct.size - identities.size,
    joined: values.filter(value => value.includes('|')).length,
    empty: values.filter(value => value === '').length,
  };
}

describe.skipIf(PATH === undefined)('the measured day', () => {
  it('is imported whole', async () => {
    const facts = factsOf(PATH!);
    expect(facts).toEqual({
      rows: 20_729,
      stations: 2_203,
      measures: 2_205,
      repeatedRows: 240,
      conflictingRows: 0,
      joined: 4,
      empty: 1,
    });
    const recording = await openRecording(PATH!, { onProblem: 'refuse' });
    expect([recording.rows, recording.readingCount]).toEqual([facts.rows, facts.rows]);
    expect(recording.stations).toHaveLength(facts.stations);
    expect(recording.stations.flatMap(({ datastreams }) => datastreams)).toHaveLength(facts.measures);
    expect(recording.stations.every(({ id }) => isThingId(id))).toBe(true);
    const identities = new Map<string, Set<string>>();
    let unreadable = 0;
    let missing = 0;
    for await (const { station, p, t, v } of recording.readings()) {
      if (typeof v === 'string') {
        unreadable += 1;
        continue;
      }
      if (v === null) missing += 1;
      const key = `${station}/${p}/${t}`;
      const values = identities.get(key) ?? new Set();
      identities.set(key, values.add(String(v)));
    }
    expect([unreadable, missing]).toEqual([facts.joined, facts.empty]);
    // What a server has to end with: stored, and nothing corrected.
    expect(identities.size).toBe(facts.rows - facts.repeatedRows - facts.joined);
    expect([...identities.values()].every(values => values.size === 1)).toBe(true);
  });
});
