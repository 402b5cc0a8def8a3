import type { SourceMark } from '../model/source-mark.ts';
import type { ClassShares, Share } from './class-shares.ts';

/** From how many percentage points on a change is marked, and great. The two numbers are from memory. */
const MARKED_POINTS = 10;
const GREAT_POINTS = 20;

/** How the water of a basin changed between two periods. */
export interface PeriodChange {
  /** ΔG: change of the share of class I to III, percentage points. */
  readonly goodPoints: number;
  /** ΔD: change of the share of 劣V, percentage points. */
  readonly worseThanVPoints: number;
  /** `none` under 10 points of ΔG − ΔD, `marked` 明显 under 20, else `great` 显著. */
  readonly degree: 'none' | 'marked' | 'great';
  readonly direction: 'better' | 'worse' | 'unchanged';
  readonly source: SourceMark;
}

/**
 * The change from one period to a later one, by ΔG − ΔD. Undefined where one of them has no assessed section. It
 * compares shares, so that it says something only if both periods assess the same sections.
 */
export function periodChange(before: ClassShares, after: ClassShares): PeriodChange | undefined {
  if (before.good.denominator === 0 || after.good.denominator === 0) return undefined;
  const good = difference(before.good, after.good);
  const worseThanV = difference(before.worseThanV, after.worseThanV);
  // Both differences have the same denominator, and whole numbers meet the edges of 10 and 20 points exactly.
  const balance = good.numerator - worseThanV.numerator;
  const reaches = (points: number): boolean => Math.abs(balance) * 100 >= points * good.denominator;
  const degree = reaches(GREAT_POINTS) ? 'great' : reaches(MARKED_POINTS) ? 'marked' : 'none';
  return {
    goodPoints: (good.numerator / good.denominator) * 100,
    worseThanVPoints: (worseThanV.numerator / worseThanV.denominator) * 100,
    degree,
    direction: degree === 'none' ? 'unchanged' : balance > 0 ? 'better' : 'worse',
    source: 'memory',
  };
}

function difference(before: Share, after: Share): Share {
  return {
    numerator: after.numerator * before.denominator - before.numerator * after.denominator,
    denominator: before.denominator * after.denominator,
  };
}
