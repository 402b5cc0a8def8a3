import type { JSX } from 'preact';

import type { Language } from '../text/language.ts';
import type { Theme } from './theme.ts';
import { THEMES } from './theme.ts';
import { useWords } from './words.ts';

interface SwitchesProps {
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
  readonly onLanguage: (language: Language) => void;
}

/** Language and colours. */
export function Switches({ theme, onTheme, onLanguage }: SwitchesProps): JSX.Element {
  const { language, text } = useWords();
  const other = language === 'zh' ? 'en' : 'zh';
  return (
    <>
      <select
        class="quiet"
        aria-label={text.theme}
        title={text.theme}
        value={theme}
        onChange={event => onTheme(event.currentTarget.value as Theme)}
      >
        {THEMES.map(name => (
          <option key={name} value={name}>
            {text.themes[name]}
          </option>
        ))}
      </select>
      <button
        class="quiet language"
        type="button"
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        onClick={() => onLanguage(other)}
      >
        {text.switchLanguage}
      </button>
    </>
  );
}
