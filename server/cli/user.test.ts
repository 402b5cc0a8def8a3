import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { MemoryAccountStore, createTestAccounts } from '../../test/harness/test-accounts.ts';
import type { Accounts } from '../identity/accounts.ts';

let probe: CliProbe;
let operations: MemoryAccountStore;
let accounts: Accounts;

beforeEach(() => {
  probe = createCliProbe();
  operations = new MemoryAccountStore();
  accounts = createTestAccounts({ operations });
  probe.application.accounts = accounts;
  probe.parts.accountsOffline = (_config, work) => work(accounts);
});
afterEach(() => probe.close());

const logIn = async (user: string, password: string) =>
  (await accounts.login({ user, password, address: 'here' })).kind;

describe.each(['a running server', 'the files'])('ww user with %s', place => {
  beforeEach(async () => {
    if (place === 'a running server') await probe.startServer();
  });

  it('adds a user with a password that is shown once', async () => {
    const added = await probe.ww('user', 'add', 'li', '--role', 'duty', '--scope', 'b1, b2');
    expect(added.code).toBe(0);
    const password = /^Password: (\S+)$/m.exec(added.out)?.[1] ?? '';
    expect(await logIn('li', password)).toBe('opened');
    expect((await probe.ww('user', 'list')).out).not.toContain(password);
    expect(operations.kept.users.get('li')).toMatchObject({ scope: ['b1', 'b2'], organisation: 'operator' });
    expect(added.err).toBe(
      place === 'the files' ? `No server runs; working on the files in ${probe.dataDir}.\n` : '',
    );
  });

  it('adds a user with the password of standard input, without the end of its line', async () => {
    probe.input = ' a password with blanks \r\n';
    const rights = ['--role', 'viewer', '--organisation', '水务局', '--display-name', '王 芳'];
    const added = await probe.ww('user', 'add', 'wang', ...rights, '--password-stdin', '--json');
    expect(added.json()).toEqual({
      name: 'wang',
      displayName: '王 芳',
      role: 'viewer',
      organisation: '水务局',
      scope: [],
      createdAt: expect.any(Number) as number,
    });
    expect(await logIn('wang', ' a password with blanks ')).toBe('opened');
  });

  it('lists, changes, disables and enables', async () => {
    await probe.ww('user', 'add', 'li', '--role', 'integrator', '--scope', 'S-1');
    expect((await probe.ww('user', 'list')).out).toMatch(/li +li +integrator +operator +S-1 .*enabled/);
    const changed = await probe.ww('user', 'change', 'li', '--role', 'engineer', '--unscoped', '--json');
    expect(changed.json()).toMatchObject({ role: 'engineer', organisation: 'operator', scope: [] });
    expect((await probe.ww('user', 'disable', 'li')).out).toBe('li is disabled.\n');
    expect((await probe.ww('user', 'list', '--json')).json()).toMatchObject({
      users: [{ name: 'li', role: 'engineer', disabledAt: expect.any(Number) as number }],
    });
    expect((await probe.ww('user', 'list')).out).toContain('disabled');
    expect((await probe.ww('user', 'enable', 'li', '--json')).json()).not.toHaveProperty('disabledAt');
  });

  it('sets a password, its own or a given one', async () => {
    await probe.ww('user', 'add', 'li', '--role', 'duty');
    const made = (await probe.ww('user', 'password', 'li', '--json')).json() as { password: string };
    expect(await logIn('li', made.password)).toBe('opened');
    probe.input = 'a password from a pipe\n';
    const given = await probe.ww('user', 'password', 'li', '--password-stdin', '--json');
    expect(given.json()).not.toHaveProperty('password');
    expect(await logIn('li', 'a password from a pipe')).toBe('opened');
  });

  it('tells what cannot be done', async () => {
    await probe.ww('user', 'add', 'li', '--role', 'duty');
    const again = await probe.ww('user', 'add', 'li', '--role', 'duty', '--json');
    expect([again.code, again.out]).toEqual([1, '']);
    expect(again.err).toContain('"code":"conflict"');
    expect((await probe.ww('user', 'disable', 'nobody')).err).toContain('(not_found)');
    probe.input = 'short\n';
    const short = await probe.ww('user', 'password', 'li', '--password-stdin');
    expect([short.code, short.err.includes('fewer than 12 characters')]).toEqual([1, true]);
  });

  it('acts under the name of the control socket', async () => {
    await probe.ww('user', 'add', 'li', '--role', 'duty');
    expect(operations.audited).toMatchObject([
      { principal: 'control', organisation: 'operator', action: 'user.add', subject: 'li' },
    ]);
  });
});

describe('ww user', () => {
  it.each([
    [['user', 'add', 'li'], '--role <role> is missing'],
    [['user', 'add', 'Li Wei', '--role', 'duty'], '<name> cannot be "Li Wei"'],
    [['user', 'add', 'li', '--role', 'king'], '"king" is not one of'],
    [['user', 'password'], '<name> is missing'],
    [['user', 'remove', 'li'], '"user" has no command "remove"'],
  ])('%j is typed wrongly', async (words, problem) => {
    const { code, err } = await probe.ww(...words);
    expect([code, err.includes(problem)]).toEqual([2, true]);
  });

  it('says that there is nobody yet', async () => {
    expect((await probe.ww('user', 'list')).out).toBe('There is no user; the next start makes one.\n');
  });
});
