import { AppError } from '../../domain/errors.ts';

/** What a test can do to commits; `forget` lets the next one succeed and then say that it failed. */
export type CommitFault = 'block' | 'unblock' | 'fail' | 'heal' | 'forget';

export function isCommitFault(kind: string): kind is CommitFault {
  return ['block', 'unblock', 'fail', 'heal', 'forget'].includes(kind);
}

/** Faults at the two moments that matter: right before a transaction commits, and right after. */
export class CommitFaults {
  #blocked = false;
  #failing = false;
  #forgetful = false;
  #released: (() => void) | undefined;

  set(kind: CommitFault): void {
    if (kind === 'block') this.#blocked = true;
    else if (kind === 'fail' || kind === 'heal') this.#failing = kind === 'fail';
    else if (kind === 'forget') this.#forgetful = true;
    else {
      this.#blocked = false;
      this.#released?.();
    }
  }

  /** Ends a block by failing the commit. */
  giveUp(): void {
    if (this.#blocked) this.#failing = true;
    this.set('unblock');
  }

  async beforeCommit(): Promise<void> {
    while (this.#blocked) await new Promise<void>(resolve => (this.#released = resolve));
    if (this.#failing) throw refusal('A test lets commits fail.');
  }

  afterCommit(): void {
    if (!this.#forgetful) return;
    this.#forgetful = false;
    throw refusal('A test lets the answer of a commit be lost.');
  }
}

function refusal(message: string): AppError {
  return new AppError('store_unavailable', message, { retryable: true });
}
