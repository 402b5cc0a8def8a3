import { ROLES, USER_NAME_PATTERN } from '../../../domain/ports/operations.ts';
import type { Role } from '../../../domain/ports/operations.ts';
import type { UserView, UserWithPassword } from '../../identity/account-service.ts';
import { keepAccounts } from '../account-keeper.ts';
import type { Command, Invocation, OptionSpec, Outcome } from '../command.ts';
import { LOCAL_TIME_TITLE, localTime, textTable } from '../text-table.ts';

const NAME = [
  {
    name: 'name',
    description: 'Login name: small letters, digits, `.`, `_` and `-`, at most 64.',
    pattern: new RegExp(USER_NAME_PATTERN),
  },
];
const RIGHTS: Readonly<Record<string, OptionSpec>> = {
  organisation: { value: 'name', description: 'Who the person works for; at first operator.' },
  'display-name': { value: 'name', description: 'The name people know; at first the login name.' },
  scope: {
    value: 'a,b',
    description: 'Only these stations (integrator) or basins (subscriber), with commas; at first all.',
  },
};
const ROLE: OptionSpec = { value: 'role', description: 'What the person may do.', choices: ROLES };
const PASSWORD: Readonly<Record<string, OptionSpec>> = {
  'password-stdin': { description: 'Read the password from standard input instead of making one.' },
};
/** Far above the longest password. */
const INPUT_BYTES_MAX = 4_096;

/** Adds a person who may log in. */
export const userAdd: Command = {
  name: 'user add',
  summary: 'Add a user; a password that was made is shown once.',
  details: ['Passwords have at least 12 characters and at most 256 bytes.'],
  arguments: NAME,
  options: { role: { ...ROLE, required: true }, ...RIGHTS, ...PASSWORD },
  run: async call => {
    const wanted = {
      name: nameOf(call),
      // The command line lets no other word through.
      role: call.text('role') as Role,
      ...rightsOf(call),
      ...(await passwordOf(call)),
    };
    const added = await keepAccounts(call, keeper => keeper.addUser(wanted));
    return passwordOutcome(added, `${wanted.name} may log in as ${wanted.role}.`);
  },
};

/** Shows who may log in. */
export const userList: Command = {
  name: 'user list',
  summary: 'List the users.',
  run: async call => {
    const users = await keepAccounts(call, keeper => keeper.users());
    return {
      data: { users },
      lines:
        users.length === 0
          ? ['There is no user; the next start makes one.']
          : textTable(
              ['user', 'name', 'role', 'organisation', 'scope', `since ${LOCAL_TIME_TITLE}`, 'state'],
              users.map(user => [
                user.name,
                user.displayName,
                user.role,
                user.organisation,
                user.scope.length === 0 ? 'all' : user.scope.join(','),
                localTime(user.createdAt),
                user.disabledAt === undefined ? 'enabled' : 'disabled',
              ]),
            ),
    };
  },
};

/** Changes what a person may do. */
export const userChange: Command = {
  name: 'user change',
  summary: 'Change role, organisation, scope or display name of a user; it holds at once.',
  arguments: NAME,
  options: {
    role: ROLE,
    ...RIGHTS,
    unscoped: { description: 'Take the limit to stations or basins away.' },
  },
  run: async call => {
    const role = call.text('role') as Role | undefined;
    const change = {
      ...(role === undefined ? {} : { role }),
      ...rightsOf(call),
      ...(call.isSet('unscoped') ? { scope: [] } : {}),
    };
    const user = await keepAccounts(call, keeper => keeper.changeUser(nameOf(call), change));
    return userOutcome(user, `${user.name} has the role ${user.role} in ${user.organisation}.`);
  },
};

/** Keeps a person out. */
export const userDisable: Command = {
  name: 'user disable',
  summary: 'Let a user log in no more, and end its sessions.',
  arguments: NAME,
  run: async call => {
    const user = await keepAccounts(call, keeper => keeper.disableUser(nameOf(call)));
    return userOutcome(user, `${user.name} is disabled.`);
  },
};

/** Lets a person in again. */
export const userEnable: Command = {
  name: 'user enable',
  summary: 'Let a disabled user log in again, with the password it had.',
  arguments: NAME,
  run: async call => {
    const user = await keepAccounts(call, keeper => keeper.enableUser(nameOf(call)));
    return userOutcome(user, `${user.name} may log in again.`);
  },
};

/** Gives a person a new password. */
export const userPassword: Command = {
  name: 'user password',
  summary: 'Give a user a new password and end its sessions; one that was made is shown once.',
  arguments: NAME,
  options: PASSWORD,
  run: async call => {
    const { password } = await passwordOf(call);
    const changed = await keepAccounts(call, keeper => keeper.setPassword(nameOf(call), password));
    return passwordOutcome(changed, `${changed.user.name} has a new password.`);
  },
};

function nameOf({ arguments: [name = ''] }: Invocation): string {
  return name;
}

function rightsOf(call: Invocation): { organisation?: string; displayName?: string; scope?: string[] } {
  const organisation = call.text('organisation');
  const displayName = call.text('display-name');
  const scope = call
    .text('scope')
    ?.split(',')
    .map(name => name.trim());
  return {
    ...(organisation === undefined ? {} : { organisation }),
    ...(displayName === undefined ? {} : { displayName }),
    ...(scope === undefined ? {} : { scope }),
  };
}

async function passwordOf(call: Invocation): Promise<{ password?: string }> {
  if (!call.isSet('password-stdin')) return {};
  const input = await call.host.readInput(INPUT_BYTES_MAX);
  // The end of the line belongs to the terminal or to `echo`, not to the password.
  return { password: input.replace(/\r?\n$/, '') };
}

function userOutcome(user: UserView, line: string): Outcome {
  return { data: user, lines: [line] };
}

function passwordOutcome({ user, password }: UserWithPassword, line: string): Outcome {
  return password === undefined
    ? userOutcome(user, line)
    : { data: { ...user, password }, lines: [line, `Password: ${password}`, 'It is not shown again.'] };
}
