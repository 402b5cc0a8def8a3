import type { JSX } from 'preact';

import type { SessionInfo } from '../wire.ts';
import { useWords } from './words.ts';

interface AccountProps {
  readonly session: SessionInfo;
  readonly onPassword: () => void;
  readonly onLogOut: () => void;
}

/** Who is here, the own password, and the way out. */
export function Account({ session, onPassword, onLogOut }: AccountProps): JSX.Element {
  const { text } = useWords();
  return (
    <>
      <span class="who" title={`${session.organisation} · ${session.role}`}>
        {session.displayName ?? session.user}
      </span>
      <button class="quiet" type="button" aria-haspopup="dialog" onClick={onPassword}>
        {text.changePassword}
      </button>
      <button class="quiet" type="button" onClick={onLogOut}>
        {text.logout}
      </button>
    </>
  );
}
