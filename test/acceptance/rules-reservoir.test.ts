import { describe, expect, it } from 'vitest';

import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import { DAY_MS, epochMs } from '../../domain/time/instant.ts';
import { evaluateSeries } from '../../rules/evaluate-series.ts';
import type { Reading } from '../../rules/sample.ts';
import { printFigure } from '../harness/print-figure.ts';
import { bindOneRule, measuredRows, stationWith } from '../harness/rule-evidence.ts';
import { sharedData } from '../harness/shared-data.ts';

const path = sharedData('reservoir-kerala/kseb-dams-daily-2020-2026.csv.gz');

const DATUM = 'mean sea level (assumed)';
/** Ponmudi's blue level as the limit of the monsoon, its full level for the rest of the year: periods of this test. */
const MONSOON_LEVEL = 704.5;
const FULL_LEVEL = 707.75;

describe.skipIf(path === undefined)('a reservoir of Kerala against a flood-limit level by date', () => {
  const readings = (path === undefined ? [] : measuredRows(path))
    .filter(([dam, , date, level]) => dam === 'Ponmudi' && date !== '' && Number(level) > 600)
    .map(([, , date, level], index): Reading => {
      const t = epochMs(Date.parse(`${date}T07:00+05:30`));
      const [quality, source] = [QUALITY.good, SOURCE_RANK.device];
      const value = { v: Number(level), quality, deviceFlag: NORMAL_FLAG, source, position: index };
      return { kind: 'reading', input: 'PONMUDI/water_level', t, sent: t, received: t, ...value };
    });
  const binding = bindOneRule(
    {
      id: 'reservoir',
      kind: 'reservoir_flood_limit',
      subjects: { property: 'water_level' },
      params: { deadband: 0, steps: [{ severity: 'yellow', threshold: 'floodLimit' }] },
    },
    stationWith('PONMUDI', {
      property: 'water_level',
      datum: DATUM,
      intervalMs: DAY_MS,
      thresholds: {
        datum: DATUM,
        floodLimit: [
          { from: '06-01', level: MONSOON_LEVEL },
          { from: '12-01', level: FULL_LEVEL },
        ],
      },
    }),
  );
  const episodes = evaluateSeries(binding, readings);

  it('is over it on exactly the days on which the level of the day says so', () => {
    expect(readings.length).toBeGreaterThan(2_000);
    const byTime = [...new Map(readings.map(reading => [reading.t, reading])).values()];
    const over = byTime.filter(({ t, v }) => {
      const month = new Date(t).getUTCMonth() + 1;
      return v! >= (month >= 6 && month <= 11 ? MONSOON_LEVEL : FULL_LEVEL);
    });
    const inEpisodes = byTime.filter(({ t }) =>
      episodes.some(({ begin, end }) => begin <= t && (end === undefined || t < end)),
    );
    expect(over.length).toBeGreaterThan(100);
    expect(new Set(inEpisodes)).toEqual(new Set(over));
    printFigure(`Kerala, Ponmudi: ${over.length} of ${byTime.length} days over, ${episodes.length} episodes`);
  });

  it('ends on the first of December where the limit rises above the water, which has not fallen', () => {
    const ends = episodes.filter(
      ({ end }) => end !== undefined && new Date(end).toISOString().slice(5, 10) === '12-01',
    );
    expect(ends.length).toBeGreaterThan(0);
    for (const { end } of ends) {
      const at = readings.findIndex(({ t }) => t === end);
      expect(readings[at]!.v).toBeGreaterThan(MONSOON_LEVEL);
    }
  });
});
