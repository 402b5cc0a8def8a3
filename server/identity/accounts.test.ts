import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import type { Log, LogFields } from '../../domain/ports/log.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { CHEAP_COST, MemoryAccountStore, createTestAccounts } from '../../test/harness/test-accounts.ts';
import type { Principal } from '../principal.ts';
import type { LoginOutcome } from './account-service.ts';
import type { Accounts } from './accounts.ts';
import { PasswordHasher } from './password-hasher.ts';

const CONTROL: Principal = { id: 'control', role: 'admin', organisation: 'operator', scope: [] };
const PASSWORD = 'a password of li';
const NEXT = 'another one of li';
const HOME = '192.0.2.1';
const HOUR = 3_600_000;

let clock: ManualClock;
let operations: MemoryAccountStore;
let accounts: Accounts;

beforeEach(async () => {
  clock = new ManualClock();
  operations = new MemoryAccountStore();
  accounts = createTestAccounts({ clock, operations });
  await accounts.addUser(CONTROL, {
    name: 'li',
    role: 'duty',
    displayName: '李伟',
    organisation: 'district',
    scope: ['b1'],
    password: PASSWORD,
  });
});

const login = (password = PASSWORD, user = 'li', address = HOME) =>
  accounts.login({ user, password, address });

function tokenOf(outcome: LoginOutcome): string {
  if (outcome.kind !== 'opened') throw new Error(`The login was ${outcome.kind}.`);
  return outcome.token;
}

const isOpen = (token: string) => accounts.authenticate(token) !== undefined;
const audited = () =>
  operations.audited.map(({ principal, action, subject }) => [principal, action, subject]);

describe('a login', () => {
  it('opens a session for the right password, with the rights of the user', async () => {
    const outcome = await login();
    const token = tokenOf(outcome);
    expect(accounts.authenticate(token)).toEqual({
      id: 'user:li',
      role: 'duty',
      organisation: 'district',
      scope: ['b1'],
    });
    expect(accounts.session(token)).toMatchObject({
      user: { name: 'li', displayName: '李伟' },
      expiresAt: clock.now() + 12 * HOUR,
    });
    expect(JSON.stringify([outcome, accounts.session(token)])).not.toContain('scrypt');
  });

  it('says the same of a wrong password, an unknown and a disabled user, and counts whom it concerns', async () => {
    await accounts.addUser(CONTROL, { name: 'gone', role: 'duty', password: PASSWORD });
    await accounts.disableUser(CONTROL, 'gone');
    expect(await login('wrong')).toEqual({ kind: 'refused', countedAs: 'user:li' });
    expect(await login(PASSWORD, 'nobody')).toEqual({ kind: 'refused', countedAs: '-' });
    expect(await login(PASSWORD, 'gone')).toEqual({ kind: 'refused', countedAs: 'user:gone' });
    expect(await login(PASSWORD, '__proto__')).toEqual({ kind: 'refused', countedAs: '-' });
  });

  it('makes one hash whoever it is, so that the time tells nobody which users exist', async () => {
    let hashes: { costLog2: number }[] = [];
    const hasher = new PasswordHasher(CHEAP_COST, async (_password, { cost }) => {
      hashes.push(cost);
      return Buffer.alloc(32);
    });
    accounts = createTestAccounts({ clock, operations, hasher });
    await accounts.load();
    await accounts.addUser(CONTROL, { name: 'gone', role: 'duty', password: PASSWORD });
    await accounts.disableUser(CONTROL, 'gone');
    for (const user of ['li', 'nobody', 'gone']) {
      hashes = [];
      await login('wrong password', user);
      expect(hashes).toEqual([CHEAP_COST]);
    }
  });

  it('makes no hash for what is slowed', async () => {
    let hashes = 0;
    const hasher = new PasswordHasher(CHEAP_COST, async () => {
      hashes += 1;
      return Buffer.alloc(32);
    });
    accounts = createTestAccounts({ clock, operations, hasher });
    await accounts.load();
    const outcomes = [];
    for (let n = 0; n < 30; n += 1) outcomes.push(await login('wrong'));
    expect(outcomes.filter(({ kind }) => kind === 'refused')).toHaveLength(10);
    expect(outcomes.at(-1)).toMatchObject({ kind: 'slowed', countedAs: 'user:li' });
    expect(hashes).toBe(10);
  });

  it('costs nothing where too many others wait for their hash', async () => {
    const finish: (() => void)[] = [];
    let isJammed = true;
    const hasher = new PasswordHasher(CHEAP_COST, async () => {
      if (isJammed) await new Promise<void>(resolve => finish.push(resolve));
      return Buffer.alloc(32);
    });
    accounts = createTestAccounts({ clock, operations, hasher });
    await accounts.load();
    const jam = Array.from({ length: 34 }, (_, n) => login(PASSWORD, `user-${n}`, `198.51.100.${n}`));
    for (let attempt = 0; attempt < 30; attempt += 1) {
      await expect(login()).rejects.toMatchObject({
        code: 'rate_limited',
        message: expect.stringContaining('Too many logins at once'),
      });
    }
    isJammed = false;
    for (const end of finish) end();
    await Promise.all(jam);
    expect(await login()).toMatchObject({ kind: 'refused' });
  });

  it('locks nobody out: an open session stays while others guess', async () => {
    const token = tokenOf(await login());
    for (let n = 0; n < 30; n += 1) await login('wrong', 'li', `198.51.100.${n}`);
    expect(await login(PASSWORD, 'li', '203.0.113.9')).toMatchObject({ kind: 'slowed' });
    expect(isOpen(token)).toBe(true);
    expect((await login()).kind).toBe('opened');
  });

  it('renews a hash that was made at another cost, and keeps the sessions', async () => {
    const token = tokenOf(await login());
    const before = operations.kept.users.get('li')?.passwordHash;
    const dearer = new PasswordHasher({ ...CHEAP_COST, costLog2: 3 });
    accounts = createTestAccounts({ clock, operations, hasher: dearer });
    await accounts.load();
    await login('wrong');
    expect(operations.kept.users.get('li')?.passwordHash).toBe(before);
    expect((await login()).kind).toBe('opened');
    expect(operations.kept.users.get('li')?.passwordHash).toMatch(/ln=3/);
    expect((await login()).kind).toBe('opened');
    expect(isOpen(token)).toBe(true);
  });

  it.each([
    ['disabled', () => accounts.disableUser(CONTROL, 'li')],
    ['given another password', () => accounts.setPassword(CONTROL, 'li', NEXT)],
  ])('fails where the user is %s while the hash is made', async (_what, change) => {
    const stored = operations.kept.users.get('li')?.passwordHash;
    const hash = Buffer.from(stored?.split('$').at(-1) ?? '', 'base64');
    const held: (() => void)[] = [];
    // The first hash, that of the login, is the right one and takes long.
    const hasher = new PasswordHasher(CHEAP_COST, async () => {
      if (held.length > 0) return Buffer.alloc(32);
      await new Promise<void>(resolve => held.push(resolve));
      return hash;
    });
    accounts = createTestAccounts({ clock, operations, hasher });
    await accounts.load();
    const slow = login();
    await new Promise(resolve => setImmediate(resolve));
    await change();
    held[0]?.();
    expect(await slow).toEqual({ kind: 'refused', countedAs: 'user:li' });
    expect(operations.kept.sessions.size).toBe(0);
  });

  it('ends the oldest sessions of a user who opens too many', async () => {
    const tokens: string[] = [];
    for (let n = 0; n < 55; n += 1) {
      clock.advance(1);
      tokens.push(tokenOf(await login()));
    }
    expect(tokens.filter(isOpen)).toEqual(tokens.slice(-50));
    expect(operations.kept.sessions.size).toBe(50);
  });
});

describe('a session', () => {
  it('holds over a restart; what had ended by then is swept', async () => {
    const old = tokenOf(await login());
    clock.advance(11 * HOUR);
    const token = tokenOf(await login());
    await accounts.stop();
    clock.advance(HOUR);
    accounts = createTestAccounts({ clock, operations });
    await accounts.load();
    expect([isOpen(old), isOpen(token)]).toEqual([false, true]);
    expect(operations.kept.sessions.size).toBe(1);
  });

  it('lives as long as it is used, also over a restart, with few writes', async () => {
    const token = tokenOf(await login());
    const before = operations.sessionWrites;
    for (let minute = 0; minute < 20 * 60; minute += 1) {
      clock.advance(60_000);
      expect(isOpen(token)).toBe(true);
    }
    await accounts.stop();
    expect(operations.sessionWrites - before).toBe((20 * 60) / 5);
    accounts = createTestAccounts({ clock, operations });
    await accounts.load();
    expect(isOpen(token)).toBe(true);
  });

  it('goes on where its use cannot be written, and tells it', async () => {
    const warnings: string[] = [];
    const log = { warn: (message: string) => void warnings.push(message) } as unknown as Log;
    accounts = createTestAccounts({ clock, operations, log });
    await accounts.load();
    const token = tokenOf(await login());
    clock.advance(HOUR);
    operations.failure = new Error('disk full');
    expect(isOpen(token)).toBe(true);
    await accounts.stop();
    expect(warnings).toEqual(['The last use of a session could not be written.']);
    expect(isOpen(token)).toBe(true);
  });

  it('ends with the logout and does not come back by a late write', async () => {
    const token = tokenOf(await login());
    clock.advance(HOUR);
    const closing = accounts.logout(token);
    expect(isOpen(token)).toBe(true);
    await closing;
    await accounts.stop();
    expect(isOpen(token)).toBe(false);
    expect(operations.kept.sessions.size).toBe(0);
    await expect(accounts.logout(token)).resolves.toBeUndefined();
  });

  it('has the new rights at once when they are changed', async () => {
    const token = tokenOf(await login());
    await accounts.changeUser(CONTROL, 'li', { role: 'viewer', scope: [] });
    expect(accounts.authenticate(token)).toEqual({
      id: 'user:li',
      role: 'viewer',
      organisation: 'district',
      scope: [],
    });
  });

  it('ends at once when its user is disabled, and stays ended when they are enabled again', async () => {
    const token = tokenOf(await login());
    await accounts.disableUser(CONTROL, 'li');
    expect([isOpen(token), accounts.session(token)]).toEqual([false, undefined]);
    await accounts.enableUser(CONTROL, 'li');
    expect(isOpen(token)).toBe(false);
    expect((await login()).kind).toBe('opened');
  });

  it('ends when somebody else sets the password', async () => {
    const token = tokenOf(await login());
    expect(await accounts.setPassword(CONTROL, 'li', NEXT)).not.toHaveProperty('password');
    expect([isOpen(token), operations.kept.sessions.size]).toEqual([false, 0]);
    expect((await login(NEXT)).kind).toBe('opened');
  });
});

describe('a change of the own password', () => {
  const change = (token: string, current: string, next = NEXT) =>
    accounts.changePassword(token, { current, next, address: HOME });

  it('ends every session of the user, and opens a new one', async () => {
    const [token, elsewhere] = [tokenOf(await login()), tokenOf(await login())];
    await accounts.addUser(CONTROL, { name: 'wang', role: 'duty', password: PASSWORD });
    const other = tokenOf(await login(PASSWORD, 'wang'));
    const fresh = tokenOf(await change(token, PASSWORD));
    expect([token, elsewhere, fresh, other].map(isOpen)).toEqual([false, false, true, true]);
    expect((await login(PASSWORD)).kind).toBe('refused');
    expect((await login(NEXT)).kind).toBe('opened');
  });

  it('wants the current password, and slows guesses at it', async () => {
    const token = tokenOf(await login());
    const outcomes = [];
    for (let n = 0; n < 12; n += 1) outcomes.push(await change(token, 'wrong'));
    expect(outcomes.filter(({ kind }) => kind === 'refused')).toHaveLength(10);
    expect(outcomes.at(-1)?.kind).toBe('slowed');
    expect(isOpen(token)).toBe(true);
  });

  it('refuses an unfit password before anything else', async () => {
    const token = tokenOf(await login());
    await expect(change(token, PASSWORD, 'short')).rejects.toMatchObject({
      code: 'invalid_request',
      problems: [expect.stringContaining('12')],
    });
    expect((await login()).kind).toBe('opened');
  });

  it('needs a session', async () => {
    await expect(change('x'.repeat(43), PASSWORD)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('happens once where two come at the same time', async () => {
    const token = tokenOf(await login());
    const outcomes = await Promise.allSettled([
      change(token, PASSWORD, 'the first of both'),
      change(token, PASSWORD, 'the second of both'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await login('the first of both')).kind).toBe('opened');
  });
});

describe('users', () => {
  it('are listed by name without anything of their password', async () => {
    await accounts.addUser(CONTROL, { name: 'chen', role: 'viewer' });
    const users = await accounts.users();
    expect(users.map(({ name }) => name)).toEqual(['chen', 'li']);
    expect(users[0]).toEqual({
      name: 'chen',
      displayName: 'chen',
      role: 'viewer',
      organisation: 'operator',
      scope: [],
      createdAt: clock.now(),
    });
  });

  it('get a password where none is given', async () => {
    const { password } = await accounts.addUser(CONTROL, { name: 'chen', role: 'viewer' });
    expect((await login(password, 'chen')).kind).toBe('opened');
    const second = await accounts.setPassword(CONTROL, 'chen');
    expect((await login(password, 'chen')).kind).toBe('refused');
    expect((await login(second.password, 'chen')).kind).toBe('opened');
  });

  it.each(['Li', '', '-li', 'a b', 'a\nb', 'x'.repeat(65), '水'])('are not called %j', async name => {
    const adding = accounts.addUser(CONTROL, { name, role: 'viewer' });
    await expect(adding).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('are there once, and have to be known', async () => {
    const twice = Promise.allSettled(
      ['first', 'second'].map(displayName =>
        accounts.addUser(CONTROL, { name: 'chen', role: 'viewer', displayName }),
      ),
    );
    expect((await twice).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    const again = accounts.addUser(CONTROL, { name: 'li', role: 'admin' });
    await expect(again).rejects.toMatchObject({ code: 'conflict' });
    for (const unknown of [
      accounts.changeUser(CONTROL, 'nobody', {}),
      accounts.disableUser(CONTROL, 'nobody'),
      accounts.enableUser(CONTROL, 'nobody'),
      accounts.setPassword(CONTROL, 'nobody'),
    ]) {
      await expect(unknown).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});

describe('the audit', () => {
  it('has who did what to whom, with the organisation, and nothing secret', async () => {
    const token = tokenOf(await login());
    await login('wrong');
    await login('my-secret-typed-into-the-wrong-field', 'my-secret-typed-into-the-wrong-field');
    const fresh = tokenOf(
      await accounts.changePassword(token, { current: PASSWORD, next: NEXT, address: HOME }),
    );
    await accounts.logout(fresh);
    await accounts.changeUser(CONTROL, 'li', { role: 'viewer' });
    await accounts.setPassword(CONTROL, 'li');
    await accounts.disableUser(CONTROL, 'li');
    await accounts.enableUser(CONTROL, 'li');
    expect(audited()).toEqual([
      ['control', 'user.add', 'li'],
      ['user:li', 'session.open', 'li'],
      ['-', 'session.refuse', 'li'],
      ['-', 'session.refuse', '-'],
      ['user:li', 'user.password', 'li'],
      ['user:li', 'session.open', 'li'],
      ['user:li', 'session.close', 'li'],
      ['control', 'user.change', 'li'],
      ['control', 'user.password', 'li'],
      ['control', 'user.disable', 'li'],
      ['control', 'user.enable', 'li'],
    ]);
    expect(operations.audited[0]).toMatchObject({
      organisation: 'operator',
      detail: 'role duty, organisation district, scope b1',
    });
    expect(operations.audited[1]).toMatchObject({ organisation: 'district', detail: HOME });
    const text = JSON.stringify(operations.audited);
    for (const secret of [PASSWORD, NEXT, token, fresh, 'my-secret', 'scrypt']) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('the first user', () => {
  const temporary = temporaryFolder();
  const logged: [string, LogFields | undefined][] = [];
  const log = {
    warn: (message: string, fields?: LogFields) => void logged.push([message, fields]),
  } as unknown as Log;
  const file = () => join(temporary.path, 'first-password');

  beforeEach(() => {
    operations = new MemoryAccountStore();
    logged.length = 0;
    accounts = createTestAccounts({ clock, operations, log, dataDir: temporary.path });
  });

  it('is shown where that is allowed, and leaves no file', async () => {
    const password = await accounts.ensureFirstUser(CONTROL, true);
    expect(existsSync(file())).toBe(false);
    expect((await login(password, 'admin')).kind).toBe('opened');
    expect(await accounts.users()).toMatchObject([{ name: 'admin', role: 'admin' }]);
    expect(logged).toEqual([]);
  });

  it('else has its password in a file for the owner alone, which the log names', async () => {
    // What an attacker or a start that was cut has left does not receive it.
    writeFileSync(join(temporary.path, 'elsewhere'), '');
    symlinkSync(join(temporary.path, 'elsewhere'), file());
    expect(await accounts.ensureFirstUser(CONTROL, false)).toBeUndefined();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(temporary.path, 'elsewhere'), 'utf8')).toBe('');
    const password = readFileSync(file(), 'utf8').trim();
    expect((await login(password, 'admin')).kind).toBe('opened');
    expect(logged).toEqual([[expect.stringContaining('first user'), { user: 'admin', file: file() }]]);
    expect(JSON.stringify(logged)).not.toContain(password);
  });

  it('loses the file with the change of its password', async () => {
    await accounts.ensureFirstUser(CONTROL, false);
    const password = readFileSync(file(), 'utf8').trim();
    const token = tokenOf(await login(password, 'admin'));
    expect(existsSync(file())).toBe(true);
    await accounts.changePassword(token, { current: password, next: NEXT, address: HOME });
    expect(existsSync(file())).toBe(false);
  });

  it('is made where there is no user at all, and only there', async () => {
    await accounts.addUser(CONTROL, { name: 'chen', role: 'admin' });
    expect(await accounts.ensureFirstUser(CONTROL, true)).toBeUndefined();
    await accounts.disableUser(CONTROL, 'chen');
    expect(await accounts.ensureFirstUser(CONTROL, false)).toBeUndefined();
    expect([existsSync(file()), (await accounts.users()).length]).toEqual([false, 1]);
  });
});
