import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN } from '../../domain/model/password-limits.ts';
import { changePassword } from '../session/password-change.ts';
import type { PasswordOutcome } from '../session/password-change.ts';
import type { TextTable } from '../text/zh.ts';
import { fieldOf } from './form-field.ts';
import { useWords } from './words.ts';

/** `differ`: the new password was not typed twice alike. */
type Outcome = PasswordOutcome | { readonly kind: 'differ' };
type Problem = Exclude<Outcome, { kind: 'changed' | 'ended' }>;

interface PasswordDialogProps {
  /** The name under which a password manager keeps the new password. */
  readonly user: string;
  readonly onClose: () => void;
  readonly onSignedOut: () => void;
}

/** Changes one's own password. Escape closes it, and the focus goes back to where it was. */
export function PasswordDialog({ user, onClose, onSignedOut }: PasswordDialogProps): JSX.Element {
  const { text } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const closeButton = useRef<HTMLButtonElement>(null);
  const [problem, setProblem] = useState<Problem>();
  const [stage, setStage] = useState<'asking' | 'busy' | 'changed'>('asking');
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useLayoutEffect(() => {
    // The field that had the focus is gone.
    if (stage === 'changed') closeButton.current?.focus();
  }, [stage]);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const next = fieldOf(form, 'next');
    setStage('busy');
    setProblem(undefined);
    const outcome: Outcome =
      next === fieldOf(form, 'repeated')
        ? await changePassword(fieldOf(form, 'current'), next)
        : { kind: 'differ' };
    setStage(outcome.kind === 'changed' ? 'changed' : 'asking');
    if (outcome.kind === 'ended') onSignedOut();
    else if (outcome.kind !== 'changed') setProblem(outcome);
  };
  const close = (
    <button
      ref={closeButton}
      class={stage === 'changed' ? 'primary' : 'quiet'}
      type="button"
      onClick={() => dialog.current?.close()}
    >
      {stage === 'changed' ? text.close : text.cancel}
    </button>
  );
  return (
    <dialog ref={dialog} class="password-dialog" aria-labelledby="password-title" onClose={onClose}>
      <form
        class="login-card"
        onSubmit={event => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <h1 id="password-title">{text.changePassword}</h1>
        {stage === 'changed' ? (
          <p role="status">{text.passwordChanged}</p>
        ) : (
          <>
            <input hidden name="user" autocomplete="username" value={user} readOnly />
            <PasswordField name="current" label={text.currentPassword} />
            <PasswordField name="next" label={text.nextPassword} />
            <PasswordField name="repeated" label={text.repeatedPassword} />
            <p class="hint">{text.passwordRule(PASSWORD_CHARACTERS_MIN, PASSWORD_BYTES_MAX)}</p>
            <p class="login-problem" role="alert">
              {problem === undefined ? null : problemText(problem, text)}
            </p>
            <button class="primary" type="submit" disabled={stage === 'busy'}>
              {text.changePassword}
            </button>
          </>
        )}
        {close}
      </form>
    </dialog>
  );
}

interface PasswordFieldProps {
  readonly name: 'current' | 'next' | 'repeated';
  readonly label: string;
}

function PasswordField({ name, label }: PasswordFieldProps): JSX.Element {
  return (
    <label>
      <span>{label}</span>
      <input
        name={name}
        type="password"
        autocomplete={name === 'current' ? 'current-password' : 'new-password'}
        required
      />
    </label>
  );
}

function problemText(problem: Problem, text: TextTable): string {
  switch (problem.kind) {
    case 'differ':
      return text.passwordsDiffer;
    case 'wrong':
      return text.passwordWrong;
    case 'unfit':
      return text.passwordUnfit;
    case 'too_often':
      return text.loginTooOften(problem.seconds);
    case 'failed':
      return text.passwordFailed(problem.status);
    case 'unreachable':
      return text.serverUnreachable;
  }
}
