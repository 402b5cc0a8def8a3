import type { SourceMark } from '../model/source-mark.ts';
import type { QualityClass } from './quality-class.ts';

interface Words {
  readonly nameZh: string;
  readonly nameEn: string;
}

/** How a section, a river or a basin is described as a whole: 定性评价. */
export type QualityGrade = 'excellent' | 'good' | 'light' | 'moderate' | 'heavy';

type QualityColour = 'blue' | 'green' | 'yellow' | 'orange' | 'red';

/** The words of 环办〔2011〕22号 for a grade and the colour it is drawn in; the colours are from memory. */
export const QUALITY_GRADES: Readonly<
  Record<QualityGrade, Words & { readonly source: SourceMark; readonly colour: QualityColour }>
> = {
  excellent: { nameZh: '优', nameEn: 'excellent', source: 'secondary', colour: 'blue' },
  good: { nameZh: '良好', nameEn: 'good', source: 'secondary', colour: 'green' },
  light: { nameZh: '轻度污染', nameEn: 'lightly polluted', source: 'secondary', colour: 'yellow' },
  moderate: { nameZh: '中度污染', nameEn: 'moderately polluted', source: 'secondary', colour: 'orange' },
  heavy: { nameZh: '重度污染', nameEn: 'heavily polluted', source: 'secondary', colour: 'red' },
};

/** The colour as a word; which shade it is drawn in is the view's choice. */
export const QUALITY_COLOURS: Readonly<Record<QualityColour, Words & { readonly source: SourceMark }>> = {
  blue: { nameZh: '蓝色', nameEn: 'blue', source: 'memory' },
  green: { nameZh: '绿色', nameEn: 'green', source: 'memory' },
  yellow: { nameZh: '黄色', nameEn: 'yellow', source: 'memory' },
  orange: { nameZh: '橙色', nameEn: 'orange', source: 'memory' },
  red: { nameZh: '红色', nameEn: 'red', source: 'memory' },
};

/** What a class is called, and the grade that one section of that class has. */
export const CLASS_WORDS: Readonly<Record<QualityClass, Words & { readonly grade: QualityGrade }>> = {
  1: { nameZh: 'I类', nameEn: 'class I', grade: 'excellent' },
  2: { nameZh: 'II类', nameEn: 'class II', grade: 'excellent' },
  3: { nameZh: 'III类', nameEn: 'class III', grade: 'good' },
  4: { nameZh: 'IV类', nameEn: 'class IV', grade: 'light' },
  5: { nameZh: 'V类', nameEn: 'class V', grade: 'moderate' },
  6: { nameZh: '劣V类', nameEn: 'worse than class V', grade: 'heavy' },
};
