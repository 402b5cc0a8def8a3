import type { EpochMs } from '../time/instant.ts';
import { explainReading, judgeReading, NO_COMPANIONS } from './judge-reading.ts';
import type { Companions, JudgedSeries } from './judge-reading.ts';
import type { QualityFlag } from '../model/observation.ts';
import type { PackedFlags, QualityFinding } from './quality-finding.ts';
import { rollUp, testsInDoubt } from './quality-finding.ts';
import type { QualityParameters, TimeSpan } from './quality-parameters.ts';
import { SeriesWindow } from './series-window.ts';
import type { SeriesPoint } from './series-window.ts';

/** The flags of one reading. */
export interface ReadingQuality {
  readonly t: EpochMs;
  /** The roll-up: what rules and the store take. */
  readonly quality: QualityFlag;
  /** By test; `flagsByTest` reads it. */
  readonly flags: PackedFlags;
  /** Every flag that is SUSPECT, FAIL or MISSING, with what it rests on. */
  readonly findings: readonly QualityFinding[];
}

function describeReading(series: JudgedSeries, at: number, flags: PackedFlags): ReadingQuality {
  const t = series.window.timeAt(at);
  return { t, quality: rollUp(flags), flags, findings: explainReading(series, at, testsInDoubt(flags)) };
}

/**
 * The flags of a stretch of a series, from readings read back from the store: for late readings beyond the horizon of
 * a `QualitySeries`. To judge [from, to] the readings have to cover `windowFor` of it, those of the companions too.
 *
 * @param points accepted readings in any order
 * @returns in order of time
 */
export function qualifySeries(
  points: Iterable<SeriesPoint>,
  parameters: QualityParameters,
  span: TimeSpan,
  companions: Companions = NO_COMPANIONS,
): readonly ReadingQuality[] {
  return [...qualifyInTurn(points, parameters, span, companions)];
}

/**
 * What every test says of the reading at a time, with what it rests on; undefined where there is no reading. The readings
 * have to cover what those of `qualifySeries` do.
 */
export function explainStored(
  points: Iterable<SeriesPoint>,
  parameters: QualityParameters,
  t: EpochMs,
  companions: Companions,
): readonly QualityFinding[] | undefined {
  const window = SeriesWindow.of(points, parameters.grossRange.failSpan);
  const at = window.indexOf(t);
  return at < 0 ? undefined : explainReading({ window, parameters, companions }, at);
}

/** What `qualifySeries` gives, one by one, for those who do other work in between. */
export function* qualifyInTurn(
  points: Iterable<SeriesPoint>,
  parameters: QualityParameters,
  span: TimeSpan,
  companions: Companions,
): Iterable<ReadingQuality> {
  const window = SeriesWindow.of(points, parameters.grossRange.failSpan);
  const series: JudgedSeries = { window, parameters, companions };
  for (let at = window.firstFrom(span.from); at < window.size && window.timeAt(at) <= span.to; at += 1) {
    yield describeReading(series, at, judgeReading(series, at));
  }
}
