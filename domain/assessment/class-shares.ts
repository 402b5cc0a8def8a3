import type { QualityGrade } from './class-words.ts';
import { CLASS_III, QUALITY_CLASSES, WORSE_THAN_V } from './quality-class.ts';
import type { QualityClass } from './quality-class.ts';

/** A share with both its numbers, since 64 of 67 says more than "96 %". */
export interface Share {
  readonly numerator: number;
  readonly denominator: number;
}

/** How the assessed sections of a river or basin are spread over the classes. */
export interface ClassShares {
  readonly byClass: Readonly<Record<QualityClass, number>>;
  /** 优良比例: sections of class I to III. */
  readonly good: Share;
  /** 劣V比例 */
  readonly worseThanV: Share;
}

/** Counts the classes of the assessed sections. Sections without a class are in no denominator. */
export function classShares(classes: readonly QualityClass[]): ClassShares {
  const byClass: Record<QualityClass, number> = { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0 };
  for (const next of classes) byClass[next] += 1;
  const denominator = classes.length;
  const good = QUALITY_CLASSES.filter(next => next <= CLASS_III).reduce(
    (sum, next) => sum + byClass[next],
    0,
  );
  return {
    byClass,
    good: { numerator: good, denominator },
    worseThanV: { numerator: byClass[WORSE_THAN_V], denominator },
  };
}

/** The percentage of a share; undefined where nothing was assessed. */
export function percentOf({ numerator, denominator }: Share): number | undefined {
  return denominator === 0 ? undefined : (numerator / denominator) * 100;
}

/**
 * The grade of a river or basin by its class shares (断面水质类别比例法, 环办〔2011〕22号): excellent from 90 % class I to
 * III, good from 75 %; below that by the share of 劣V: light under 20 %, moderate under 40 %, else heavy. Undefined where
 * nothing was assessed.
 */
export function gradeOfShares({ good, worseThanV }: ClassShares): QualityGrade | undefined {
  if (good.denominator === 0) return undefined;
  if (isAtLeast(good, 90)) return 'excellent';
  if (isAtLeast(good, 75)) return 'good';
  if (!isAtLeast(worseThanV, 20)) return 'light';
  return isAtLeast(worseThanV, 40) ? 'heavy' : 'moderate';
}

/** Compares whole numbers: a share on the edge must not depend on how a quotient was rounded. */
function isAtLeast({ numerator, denominator }: Share, percent: number): boolean {
  return numerator * 100 >= percent * denominator;
}
