import type { JSX } from 'preact';

import type { SessionInfo } from '../wire.ts';
import { useWords } from './words.ts';

interface AccountProps {
  readonly session: SessionInfo;
  readonly onLogOut: () => void;
}

/** Who is here, and the way out. */
export function Account({ session, onLogOut }: AccountProps): JSX.Element {
  const { text } = useWords();
  return (
    <>
      <span class="who" title={`${session.organisation} · ${session.role}`}>
        {session.displayName ?? session.user}
      </span>
      <button class="quiet" type="button" onClick={onLogOut}>
        {text.logout}
      </button>
    </>
  );
}
