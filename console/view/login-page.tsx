import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { logIn } from '../session/session-client.ts';
import type { LoginOutcome } from '../session/session-client.ts';
import type { TextTable } from '../text/zh.ts';
import type { SessionInfo } from '../wire.ts';
import { fieldOf } from './form-field.ts';
import { Icon } from './icon.tsx';
import { useWords } from './words.ts';

type Problem = Exclude<LoginOutcome, { kind: 'open' }>;

interface LoginPageProps {
  /** Why the page asks for a login again. */
  readonly notice: string | undefined;
  readonly onOpen: (session: SessionInfo) => void;
  /** Switches of language and colours. */
  readonly children: JSX.Element;
}

export function LoginPage({ notice, onOpen, children }: LoginPageProps): JSX.Element {
  const { text } = useWords();
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    const outcome = await logIn(fieldOf(form, 'user'), fieldOf(form, 'password'));
    setBusy(false);
    if (outcome.kind === 'open') onOpen(outcome.session);
    else setProblem(outcome);
  };
  return (
    <div class="login">
      <form
        class="login-card"
        onSubmit={event => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <h1>
          <Icon name="mark" /> {text.title}
        </h1>
        <label>
          <span>{text.user}</span>
          <input name="user" autocomplete="username" autocapitalize="none" spellcheck={false} required />
        </label>
        <label>
          <span>{text.password}</span>
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <p class="login-problem" role="alert">
          {problem === undefined ? notice : problemText(problem, text)}
        </p>
        <button class="primary" type="submit" disabled={isBusy}>
          {text.login}
        </button>
        <p class="hint">{text.loginHint}</p>
        <div class="login-switches">{children}</div>
      </form>
    </div>
  );
}

function problemText(outcome: Problem, text: TextTable): string {
  switch (outcome.kind) {
    case 'refused':
      return text.loginRefused;
    case 'too_often':
      return text.loginTooOften(outcome.seconds);
    case 'unreachable':
      return text.serverUnreachable;
  }
}
