/** The classes of GB 3838-2002, I to V, and 6 for water that misses class V too (劣V). Larger is worse. */
export const QUALITY_CLASSES = [1, 2, 3, 4, 5, 6] as const;
export type QualityClass = (typeof QUALITY_CLASSES)[number];

/** 劣V: none of the five classes is reached. */
export const WORSE_THAN_V = 6 satisfies QualityClass;

/** The class up to which a section counts as good, and whose limits the multiples and indices refer to. */
export const CLASS_III = 3 satisfies QualityClass;

/** A class that a section can be held to; 劣V is no target. */
export type TargetClass = Exclude<QualityClass, typeof WORSE_THAN_V>;

/** Rivers and lakes (with reservoirs) have different limits for phosphorus; there is no third, unknown kind. */
export type WaterBody = 'river' | 'lake';

/** True for 1 to 5, which is what the registry takes as a target. */
export function isTargetClass(value: number): value is TargetClass {
  return QUALITY_CLASSES.some(known => known === value) && value !== WORSE_THAN_V;
}

/** The worst of some classes; undefined where there is none, since nothing assessed is not class I. */
export function worstClass(classes: readonly QualityClass[]): QualityClass | undefined {
  return classes.reduce<QualityClass | undefined>(
    (worst, next) => (worst === undefined || next > worst ? next : worst),
    undefined,
  );
}
