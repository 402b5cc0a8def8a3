import { connectedOrOffline } from './administration.ts';
import type { AccountAdministration, Invocation } from './command.ts';
import { CONTROL_PRINCIPAL } from '../control/control-handlers.ts';
import type { ChangedUser, NewUser, UserView, UserWithPassword } from '../identity/account-service.ts';
import type { ControlClient } from '../control/control-client.ts';

/** The administration of users for one principal: whoever may touch the data directory. */
export interface AccountKeeper {
  users(): Promise<readonly UserView[]>;
  addUser(wanted: NewUser): Promise<UserWithPassword>;
  changeUser(name: string, change: ChangedUser): Promise<UserView>;
  disableUser(name: string): Promise<UserView>;
  enableUser(name: string): Promise<UserView>;
  setPassword(name: string, password: string | undefined): Promise<UserWithPassword>;
}

/** As `administer`, for users. */
export function keepAccounts<Result>(
  call: Invocation,
  work: (keeper: AccountKeeper) => Promise<Result>,
): Promise<Result> {
  return connectedOrOffline(call, {
    online: client => work(remoteKeeper(client)),
    offline: config => call.host.parts.accountsOffline(config, accounts => work(localKeeper(accounts))),
  });
}

function remoteKeeper(client: ControlClient): AccountKeeper {
  return {
    users: async () => (await client.call('users', {})).users,
    addUser: wanted => client.call('addUser', wanted),
    changeUser: (name, change) => client.call('changeUser', { name, ...change }),
    disableUser: name => client.call('disableUser', { name }),
    enableUser: name => client.call('enableUser', { name }),
    setPassword: (name, password) => client.call('setPassword', { name, password }),
  };
}

function localKeeper(accounts: AccountAdministration): AccountKeeper {
  return {
    users: () => accounts.users(),
    addUser: wanted => accounts.addUser(CONTROL_PRINCIPAL, wanted),
    changeUser: (name, change) => accounts.changeUser(CONTROL_PRINCIPAL, name, change),
    disableUser: name => accounts.disableUser(CONTROL_PRINCIPAL, name),
    enableUser: name => accounts.enableUser(CONTROL_PRINCIPAL, name),
    setPassword: (name, password) => accounts.setPassword(CONTROL_PRINCIPAL, name, password),
  };
}
