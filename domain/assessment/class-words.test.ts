import { describe, expect, it } from 'vitest';

import { CLASS_WORDS, QUALITY_COLOURS, QUALITY_GRADES } from './class-words.ts';
import { QUALITY_CLASSES } from './quality-class.ts';

describe('the words of the classes', () => {
  it('are those of the assessment rule, in both languages, with their colour', () => {
    const words = QUALITY_CLASSES.map(next => {
      const { nameZh, nameEn, grade } = CLASS_WORDS[next];
      const { nameZh: gradeZh, colour } = QUALITY_GRADES[grade];
      return [nameZh, nameEn, gradeZh, QUALITY_COLOURS[colour].nameZh];
    });
    expect(words).toEqual([
      ['I类', 'class I', '优', '蓝色'],
      ['II类', 'class II', '优', '蓝色'],
      ['III类', 'class III', '良好', '绿色'],
      ['IV类', 'class IV', '轻度污染', '黄色'],
      ['V类', 'class V', '中度污染', '橙色'],
      ['劣V类', 'worse than class V', '重度污染', '红色'],
    ]);
  });
});
