import type { JSX } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useState } from 'preact/hooks';

import { recall, remember } from '../session/memory.ts';
import { currentSession, logOut } from '../session/session-client.ts';
import { TEXTS, languageOf } from '../text/language.ts';
import type { Language } from '../text/language.ts';
import type { SessionInfo } from '../wire.ts';
import { DutyPage } from './duty-page.tsx';
import { LoginPage } from './login-page.tsx';
import { Switches } from './switches.tsx';
import { showTheme, themeOf } from './theme.ts';
import { LanguageContext } from './words.ts';

type Visit =
  | { readonly kind: 'asking' }
  | { readonly kind: 'outside'; readonly hasEnded: boolean }
  | { readonly kind: 'inside'; readonly session: SessionInfo };

const ASK_AGAIN_MS = 2_000;

export function App(): JSX.Element | null {
  const [language, setLanguage] = useState<Language>(() =>
    languageOf(recall('language'), navigator.languages),
  );
  const [theme, setTheme] = useState(() => themeOf(recall('theme')));
  const [visit, setVisit] = useVisit();
  const text = TEXTS[language];
  useLayoutEffect(() => {
    document.documentElement.lang = text.languageTag;
  }, [text]);
  useLayoutEffect(() => {
    // Inside, the title tells of warnings too.
    if (visit.kind !== 'inside') document.title = text.title;
  }, [text, visit.kind]);
  useLayoutEffect(() => showTheme(theme), [theme]);

  const leave = useCallback((hasEnded: boolean) => {
    remember('session', null);
    setVisit({ kind: 'outside', hasEnded });
  }, []);
  const onSignedOut = useCallback(() => leave(true), [leave]);
  const onLogOut = useCallback(() => void logOut().then(() => leave(false)), [leave]);

  const switches = (
    <Switches
      theme={theme}
      onTheme={chosen => {
        remember('theme', chosen);
        setTheme(chosen);
      }}
      onLanguage={chosen => {
        remember('language', chosen);
        setLanguage(chosen);
      }}
    />
  );
  return (
    <LanguageContext.Provider value={language}>
      {visit.kind === 'inside' ? (
        <DutyPage session={visit.session} onLogOut={onLogOut} onSignedOut={onSignedOut}>
          {switches}
        </DutyPage>
      ) : visit.kind === 'outside' ? (
        <LoginPage
          notice={visit.hasEnded ? text.sessionEnded : undefined}
          onOpen={session => {
            remember('session', 'open');
            setVisit({ kind: 'inside', session });
          }}
        >
          {switches}
        </LoginPage>
      ) : (
        <p class="nothing">{text.loading}</p>
      )}
    </LanguageContext.Provider>
  );
}

/** Who is here. Asks the server only where somebody has logged in before, and until it answers. */
function useVisit(): readonly [Visit, (visit: Visit) => void] {
  const [visit, setVisit] = useState<Visit>(
    recall('session') === null ? { kind: 'outside', hasEnded: false } : { kind: 'asking' },
  );
  useEffect(() => {
    if (visit.kind !== 'asking') return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const ask = async (): Promise<void> => {
      const found = await currentSession();
      if (isGone) return;
      if (found === 'unreachable') timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
      else
        setVisit(
          found === 'ended' ? { kind: 'outside', hasEnded: true } : { kind: 'inside', session: found },
        );
    };
    void ask();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [visit.kind]);
  return [visit, setVisit];
}
