import { describe, expect, it } from 'vitest';

import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import { MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import { evaluateSeries } from '../../rules/evaluate-series.ts';
import type { Reading } from '../../rules/sample.ts';
import { printFigure } from '../harness/print-figure.ts';
import { bindOneRule, measuredRows, stationWith } from '../harness/rule-evidence.ts';
import { sharedData } from '../harness/shared-data.ts';

const path = sharedData('street-flood-floodnet-nyc/flood-events-to-2025-09-30.csv.gz');

const LIMITS = { yellow: 4, orange: 12, red: 24 } as const;
type Limit = keyof typeof LIMITS;
/** Where the column of each limit stands. */
const COLUMNS: Readonly<Record<Limit, number>> = { yellow: 8, orange: 9, red: 10 };
const METRES_PER_INCH = 0.0254;

/** The file gives hundredths of inches and of minutes. */
const ROUNDING_MIN = 0.05;
const ROUNDING_IN = 0.005;

interface Flood {
  readonly depths: readonly number[];
  readonly seconds: readonly number[];
  readonly minutes: Readonly<Record<Limit, number>>;
}

function floodOf(row: readonly string[]): Flood {
  return {
    depths: JSON.parse(row[11]!) as number[],
    seconds: JSON.parse(row[12]!) as number[],
    minutes: {
      yellow: Number(row[COLUMNS.yellow]),
      orange: Number(row[COLUMNS.orange]),
      red: Number(row[COLUMNS.red]),
    },
  };
}

function readingsOf({ depths, seconds }: Flood): readonly Reading[] {
  return depths.map((inches, index) => {
    const t = epochMs(1_700_000_000_000 + Math.round(seconds[index]! * 1_000));
    return {
      kind: 'reading',
      input: 'FN/ponding_depth',
      t,
      v: inches * METRES_PER_INCH,
      quality: QUALITY.good,
      deviceFlag: NORMAL_FLAG,
      source: SOURCE_RANK.device,
      sent: t,
      received: t,
      position: index,
    };
  });
}

/** Minutes that the way up to the limit takes beyond it, interpolated: FloodNet counts from there. */
function interpolatedBegin({ depths, seconds }: Flood, limit: number) {
  let minutes = 0;
  let tolerance = ROUNDING_MIN;
  for (let at = 1; at < depths.length; at += 1) {
    const [before, after] = [depths[at - 1]!, depths[at]!];
    if (before >= limit || after < limit) continue;
    const perInch = (seconds[at]! - seconds[at - 1]!) / 60 / (after - before);
    minutes += perInch * (after - limit);
    tolerance += 5 * ROUNDING_IN * perInch;
  }
  return { minutes, tolerance };
}

describe.skipIf(path === undefined)('the street floods of FloodNet as ponding stations', () => {
  const floods = path === undefined ? [] : measuredRows(path).map(floodOf);

  // FloodNet bridges steps of up to 6.2 h; so does this station, to compare like with like.
  const binding = bindOneRule(
    {
      id: 'ponding',
      kind: 'ponding',
      subjects: { property: 'ponding_depth' },
      params: {
        deadband: 0,
        steps: (['yellow', 'orange', 'red'] as const).map(severity => ({ severity, threshold: [severity] })),
      },
    },
    stationWith('FN', {
      property: 'ponding_depth',
      intervalMs: MINUTE_MS,
      maxGapMs: 7 * 60 * MINUTE_MS,
      thresholds: {
        yellow: LIMITS.yellow * METRES_PER_INCH,
        orange: LIMITS.orange * METRES_PER_INCH,
        red: LIMITS.red * METRES_PER_INCH,
      },
    }),
  );

  it('stood above 4, 12 and 24 inches as long as the file says, but for reasons that are named', () => {
    expect(floods).toHaveLength(1_646);
    const classes: Record<string, Record<Limit, number>> = {};
    const count = (name: string, limit: Limit): void => {
      classes[name] ??= { yellow: 0, orange: 0, red: 0 };
      classes[name][limit] += 1;
    };
    for (const flood of floods) {
      const episodes = evaluateSeries(binding, readingsOf(flood));
      for (const limit of ['yellow', 'orange', 'red'] as const) {
        const steps = episodes.flatMap(episode => episode.steps.filter(step => step.severity === limit));
        const held = steps.reduce((sum, { heldMs }) => sum + heldMs / MINUTE_MS, 0);
        const difference = flood.minutes[limit] - held;
        const begin = interpolatedBegin(flood, LIMITS[limit]);
        if (steps.length === 0 && flood.minutes[limit] === 0) count('never there, both', limit);
        else if (Math.abs(difference) <= ROUNDING_MIN) count('equal', limit);
        else if (Math.abs(difference - begin.minutes) <= begin.tolerance) count('begin interpolated', limit);
        else if (difference < 0) count('the file has less than its own curve', limit);
        else count('unexplained', limit);
      }
    }
    for (const [name, { yellow, orange, red }] of Object.entries(classes)) {
      printFigure(`FloodNet, minutes above 4, 12, 24 in: ${name} ${yellow}, ${orange}, ${red}`);
    }
    expect(classes['unexplained']).toBeUndefined();
    expect(classes['the file has less than its own curve']).toEqual({ yellow: 7, orange: 0, red: 0 });
    expect(classes['never there, both']).toEqual({ yellow: 777, orange: 1_499, red: 1_628 });
  });

  it('has one episode for each time the water came over 4 inches, with the deepest reading as its peak', () => {
    for (const flood of floods) {
      const episodes = evaluateSeries(binding, readingsOf(flood));
      const comings = flood.depths.filter(
        (depth, at) => depth >= LIMITS.yellow && (at === 0 || flood.depths[at - 1]! < LIMITS.yellow),
      );
      const deepest = Math.max(...flood.depths);
      // One file row has two points at one instant, of which the higher wins.
      expect(Math.abs(episodes.length - comings.length)).toBeLessThanOrEqual(
        new Set(flood.seconds).size < flood.seconds.length ? 1 : 0,
      );
      if (comings.length === 0) continue;
      expect(Math.max(...episodes.map(({ peak }) => peak.value))).toBeCloseTo(deepest * METRES_PER_INCH, 9);
    }
  });
});
