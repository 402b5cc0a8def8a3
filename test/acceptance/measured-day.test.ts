import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { afterRestart, settledLedger } from '../harness/acknowledged.ts';
import { printFigure } from '../harness/print-figure.ts';
import { runWw } from '../harness/run-ww.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { sharedData } from '../harness/shared-data.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';

const DAY = sharedData('river-flood-uk/ea-readings-2021-05-07.csv.gz');
/** The test asks for every one of some 2,200 datastreams. */
const ENV = { WW_HTTP_REQUESTS_PER_SECOND: '100000', WW_HTTP_BURST: '100000' };

const temporary = temporaryFolder();
forbidLeftServers();

/** The readings of the file by station and property, as text `t value`, by nothing but the file and its README. */
function expectedOf(path: string): {
  readonly rows: number;
  readonly duplicates: number;
  readonly unreadable: number;
  readonly readings: ReadonlyMap<string, ReadonlySet<string>>;
} {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n').slice(1);
  const readings = new Map<string, Set<string>>();
  const measured = new Set<string>();
  let duplicates = 0;
  let unreadable = 0;
  for (const line of lines) {
    const [time = '', station = '', parameter = '', qualifier = '', unit = '', value = ''] = line
      .trim()
      .split(',');
    if (value.includes('|')) {
      unreadable += 1;
      continue;
    }
    if (measured.has(line)) {
      duplicates += 1;
      continue;
    }
    measured.add(line);
    const property = parameter === 'level' ? 'water_level' : 'rainfall';
    const inUnit = unit === 'mm' && parameter === 'level' ? Number(value) / 1_000 : Number(value);
    const key = `${station}/${property}`;
    const own = readings.get(key) ?? new Set();
    // The measure is part of the text only so that two measures of one station at one time stay two.
    readings.set(key, own.add(`${Date.parse(time)} ${value === '' ? 'null' : inUnit} ${qualifier} ${unit}`));
  }
  return { rows: lines.length, duplicates, unreadable, readings };
}

interface Station {
  readonly id: string;
  readonly datastreams: readonly { readonly name: string; readonly property: string }[];
}

/** Everything the server holds, by station and property, as text `t value`. */
async function heldBy(server: ServerProcess): Promise<Map<string, string[]>> {
  const held = new Map<string, string[]>();
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page = (await server.get(`/api/v1/stations?limit=500${after}`)) as {
      items: Station[];
      next: string | null;
    };
    for (const { id, datastreams } of page.items) {
      for (const { name, property } of datastreams) {
        const path = `/api/v1/datastreams/${id}/${name}/observations?from=0&to=4000000000000`;
        const { items } = (await server.get(path)) as { items: { t: number; v: number | null }[] };
        const key = `${id}/${property}`;
        if (items.length === 0) continue;
        held.set(key, [...(held.get(key) ?? []), ...items.map(({ t, v }) => `${t} ${v}`)]);
      }
    }
    cursor = page.next;
  }
  return held;
}

function sortedEntries(map: ReadonlyMap<string, Iterable<string>>): [string, string[]][] {
  return [...map]
    .map(([key, values]): [string, string[]] => [key, [...values].toSorted((a, b) => (a < b ? -1 : 1))])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe.skipIf(DAY === undefined)('a measured day of a whole country', () => {
  it(
    'is replayed, stored, accounted for, answered, and made anew from the arrival log',
    { timeout: 180_000 },
    async () => {
      const expected = expectedOf(DAY ?? '');
      const readings = new Map(
        [...expected.readings].map(([key, own]) => [
          key,
          [...own].map(text => text.split(' ').slice(0, 2).join(' ')),
        ]),
      );
      const dataDir = temporary.path;
      let server = await startServer({ dataDir, env: ENV });
      const started = performance.now();
      const replay = await runWw(['replay', DAY ?? '', '--speed', 'max'], dataDir);
      expect(replay).toMatchObject({ code: 0 });
      const elapsed = performance.now() - started;

      const ledger = await settledLedger(server);
      expect(ledger.balanced).toBe(true);
      expect(ledger.readings).toEqual({
        decoded: expected.rows,
        stored: expected.rows - expected.duplicates - expected.unreadable,
        duplicate: expected.duplicates,
        corrected: 0,
        quarantined: expected.unreadable,
        rejected: 0,
        inFlight: 0,
      });
      const { items } = await server.control.call('quarantineList', { reason: 'schema', limit: 100 });
      expect(items).toHaveLength(expected.unreadable);
      expect(items.every(({ payload }) => payload.includes('|'))).toBe(true);
      expect(sortedEntries(await heldBy(server))).toEqual(sortedEntries(readings));
      printFigure(
        `replay: ${expected.rows} readings of ${new Set([...readings.keys()].map(key => key.split('/')[0])).size} ` +
          `stations acknowledged in ${(elapsed / 1_000).toFixed(1)} s`,
      );

      expect(await server.stop()).toBe(0);
      expect(await runWw(['rebuild'], dataDir)).toMatchObject({ code: 0 });
      server = await startServer({ dataDir, env: ENV });
      expect(await settledLedger(server)).toEqual(afterRestart(ledger));
      expect(sortedEntries(await heldBy(server))).toEqual(sortedEntries(readings));
      expect(await server.control.call('ledgerAudit', {})).toEqual({ agrees: true, differences: [] });
      expect(await server.stop()).toBe(0);
    },
  );
});
