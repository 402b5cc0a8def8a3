import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import { Accounts } from './accounts.ts';
import type { AccountStore } from './accounts.ts';
import { FirstPasswordFile } from './first-password.ts';
import { PasswordHasher } from './password-hasher.ts';

/** The accounts of a data directory, not yet loaded. */
export function createAccounts(options: {
  readonly dataDir: string;
  readonly operations: AccountStore;
  readonly clock: Clock;
  readonly log: Log;
}): Accounts {
  const { dataDir, ...rest } = options;
  return new Accounts({
    ...rest,
    hasher: new PasswordHasher(),
    firstPassword: new FirstPasswordFile(dataDir),
  });
}
