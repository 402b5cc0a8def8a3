import { en } from './en.ts';
import { zh } from './zh.ts';
import type { TextTable } from './zh.ts';

export type Language = 'zh' | 'en';

export const TEXTS: Readonly<Record<Language, TextTable>> = { zh, en };

/** The language chosen before, else the first one of the browser that the page has, else Chinese. */
export function languageOf(remembered: string | null, preferred: readonly string[]): Language {
  if (remembered === 'zh' || remembered === 'en') return remembered;
  const known = preferred
    .map(tag => tag.toLowerCase().split('-')[0])
    .find(tag => tag === 'zh' || tag === 'en');
  return known === 'en' ? 'en' : 'zh';
}
