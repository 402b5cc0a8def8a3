import { classShares, gradeOfShares } from './class-shares.ts';
import type { ClassShares } from './class-shares.ts';
import { CLASS_WORDS } from './class-words.ts';
import type { QualityGrade } from './class-words.ts';
import { meanValues } from './mean-values.ts';
import type { ItemMean } from './mean-values.ts';
import { sectionAssessment } from './section-assessment.ts';
import type { SectionAssessment, SectionSetting, SectionValues } from './section-assessment.ts';

/** From so many sections on the classes are counted; below it concentrations are averaged. */
const SECTIONS_FOR_SHARES = 5;

/** A section of a river or basin. */
export interface BasinSection extends SectionSetting {
  readonly id: string;
  readonly values: SectionValues;
}

interface Assessed {
  readonly sections: readonly { readonly id: string; readonly assessment: SectionAssessment }[];
  /** Sections without a class; they are in no denominator. */
  readonly unassessed: readonly string[];
  readonly shares: ClassShares;
}

/**
 * The grade of a river or basin and what it rests on; undefined where nothing could be assessed. `mixed_water_bodies`:
 * too few sections to count classes, and an average over rivers and lakes has no limits to be held against.
 */
export type BasinAssessment = Assessed &
  (
    | { readonly method: 'class_shares'; readonly grade: QualityGrade | undefined }
    | {
        readonly method: 'average';
        readonly grade: QualityGrade | undefined;
        readonly means: readonly ItemMean[];
        readonly average: SectionAssessment;
      }
    | { readonly method: 'none'; readonly reason: 'no_sections' | 'mixed_water_bodies' }
  );

/**
 * Assesses a river or basin (环办〔2011〕22号): fewer than 5 sections by average concentrations and then the single
 * factor, 5 or more by class shares. Which of the two follows from the sections that there are, not from those that
 * reported, so that a silent station does not change the method.
 */
export function basinAssessment(sections: readonly BasinSection[]): BasinAssessment {
  const assessments = sections.map(section => ({
    id: section.id,
    assessment: sectionAssessment(section.values, section),
  }));
  const shares = classShares(assessments.flatMap(({ assessment }) => assessment.class ?? []));
  const unassessed = assessments
    .filter(({ assessment }) => assessment.class === undefined)
    .map(({ id }) => id);
  const assessed: Assessed = { sections: assessments, unassessed, shares };

  const [first] = sections;
  if (first === undefined) return { ...assessed, method: 'none', reason: 'no_sections' };
  if (sections.length >= SECTIONS_FOR_SHARES) {
    return { ...assessed, method: 'class_shares', grade: gradeOfShares(shares) };
  }
  const { waterBody } = first;
  if (sections.some(section => section.waterBody !== waterBody)) {
    return { ...assessed, method: 'none', reason: 'mixed_water_bodies' };
  }
  const means = meanValues(
    sections.map(({ values }) => values),
    waterBody,
  );
  const average = sectionAssessment(Object.fromEntries(means.map(item => [item.property, item.mean])), {
    waterBody,
  });
  const grade = average.class === undefined ? undefined : CLASS_WORDS[average.class].grade;
  return { ...assessed, method: 'average', grade, means, average };
}
