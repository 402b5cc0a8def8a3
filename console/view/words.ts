import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import { TEXTS } from '../text/language.ts';
import type { Language } from '../text/language.ts';
import type { TextTable } from '../text/zh.ts';

/** The language of everything below. */
export const LanguageContext = createContext<Language>('zh');

export interface Words {
  readonly language: Language;
  readonly text: TextTable;
  /** The name in the language, where there is one, else the Chinese one. */
  readonly nameOf: (named: { readonly name: string; readonly nameEn: string | null }) => string;
}

export function useWords(): Words {
  const language = useContext(LanguageContext);
  return {
    language,
    text: TEXTS[language],
    nameOf: ({ name, nameEn }) => (language === 'en' ? (nameEn ?? name) : name),
  };
}
