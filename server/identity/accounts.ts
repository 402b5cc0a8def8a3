import { AppError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { STRANGER } from '../../domain/ports/identity.ts';
import type { Log } from '../../domain/ports/log.ts';
import { USER_NAME_PATTERN } from '../../domain/ports/operations.ts';
import type { Operations, Session, User } from '../../domain/ports/operations.ts';
import { DEFAULT_ORGANISATION } from '../principal.ts';
import type { Principal } from '../principal.ts';
import type {
  AccountService,
  ChangedUser,
  LoginOutcome,
  NewUser,
  SessionView,
  UserView,
  UserWithPassword,
} from './account-service.ts';
import { FIRST_USER } from './first-user.ts';
import type { FirstPasswordFile } from './first-password.ts';
import { LoginBrake } from './login-brake.ts';
import type { AttemptEnd } from './login-brake.ts';
import { generatePassword, requireFitPassword } from './password.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { SESSION_LIMITS, SessionBook, endOf } from './session-book.ts';
import { Turns } from './turns.ts';

const USER_NAME = new RegExp(USER_NAME_PATTERN);

/** What is kept of people. */
export type AccountStore = Pick<
  Operations,
  'users' | 'putUser' | 'sessions' | 'putSession' | 'removeSessions' | 'appendAudit'
>;

export interface AccountsOptions {
  readonly operations: AccountStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly hasher: PasswordHasher;
  readonly firstPassword: FirstPasswordFile;
}

/** Users and sessions: durable in the operations store first, then in memory. Changes run one after the other. */
export class Accounts implements AccountService {
  readonly #options: AccountsOptions;
  readonly #users = new Map<string, User>();
  readonly #sessions: SessionBook;
  readonly #brake: LoginBrake;
  readonly #turns = new Turns();

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#sessions = new SessionBook(options.clock);
    this.#brake = new LoginBrake(options.clock);
  }

  /** Reads users and sessions. Call once, before anything else. */
  async load(): Promise<void> {
    const { operations } = this.#options;
    for (const user of await operations.users()) this.#users.set(user.name, user);
    for (const session of await operations.sessions()) this.#sessions.put(session);
    await this.#end(this.#sessions.ended());
  }

  /**
   * Makes the first user where there is none, with a generated password: answered where it may be shown, else left in
   * the file.
   */
  async ensureFirstUser(principal: Principal, canShow: boolean): Promise<string | undefined> {
    if (this.#users.size > 0) return undefined;
    const { firstPassword, log } = this.#options;
    const password = generatePassword();
    // The file first: a user whose password nobody has would be of no use.
    if (!canShow) firstPassword.write(password);
    await this.addUser(principal, { name: FIRST_USER, displayName: '管理员', role: 'admin', password });
    if (canShow) return password;
    log.warn('The first user was made; its password is in a file that the change of the password removes.', {
      user: FIRST_USER,
      file: firstPassword.path,
    });
    return undefined;
  }

  async login(login: Parameters<AccountService['login']>[0]): Promise<LoginOutcome> {
    const user = this.#users.get(login.user);
    const verdict = await this.#verify(user, login);
    if (verdict.kind !== 'right') return verdict;
    const rehashed = verdict.isOutdated ? await this.#options.hasher.hash(login.password) : undefined;
    return await this.#turns.take(async () => {
      const known = this.#users.get(verdict.user.name);
      // It was changed or disabled while the hash was made.
      if (known === undefined || !canLogIn(known) || known.passwordHash !== verdict.user.passwordHash) {
        return { kind: 'refused', countedAs: principalId(verdict.user) };
      }
      if (rehashed !== undefined) await this.#put({ ...known, passwordHash: rehashed });
      return await this.#open(known, login.address);
    });
  }

  session(token: string): SessionView | undefined {
    const held = this.#held(token);
    return held === undefined ? undefined : { user: viewOf(held.user), expiresAt: endOf(held.session) };
  }

  authenticate(token: string): Principal | undefined {
    const held = this.#held(token);
    if (held === undefined) return undefined;
    const seen = this.#sessions.touch(held.session);
    if (seen !== undefined) void this.#turns.take(() => this.#writeSeen(seen));
    return principalOf(held.user);
  }

  logout(token: string): Promise<void> {
    return this.#turns.take(async () => {
      const held = this.#held(token);
      if (held === undefined) return;
      const { session, user } = held;
      await this.#end([session.tokenSha256]);
      await this.#audit(principalOf(user), 'session.close', user.name);
    });
  }

  async changePassword(
    token: string,
    change: Parameters<AccountService['changePassword']>[1],
  ): Promise<LoginOutcome> {
    const user = this.#userOf(token);
    requireFitPassword(change.next);
    const { current, address } = change;
    const verdict = await this.#verify(user, { user: user.name, password: current, address });
    if (verdict.kind !== 'right') return verdict;
    const passwordHash = await this.#options.hasher.hash(change.next);
    return await this.#turns.take(async () => {
      const known = this.#userOf(token);
      // Somebody else has changed it while the hashes were made.
      if (known.passwordHash !== user.passwordHash) {
        return { kind: 'refused', countedAs: principalId(known) };
      }
      const changed = { ...known, passwordHash };
      await this.#putPassword(principalOf(known), changed);
      return await this.#open(changed, address);
    });
  }

  users(): Promise<readonly UserView[]> {
    const users = [...this.#users.values()].map(viewOf);
    return Promise.resolve(users.sort((a, b) => (a.name < b.name ? -1 : 1)));
  }

  async addUser(principal: Principal, wanted: NewUser): Promise<UserWithPassword> {
    const { name, role } = wanted;
    if (!USER_NAME.test(name)) throw new AppError('invalid_request', `"${name}" is no user name.`);
    const generated = wanted.password === undefined ? generatePassword() : undefined;
    const passwordHash = await this.#hashFit(wanted.password ?? generated ?? '');
    return await this.#turns.take(async () => {
      if (this.#users.has(name)) throw new AppError('conflict', `The user "${name}" exists already.`);
      const user: User = {
        name,
        displayName: wanted.displayName ?? name,
        role,
        organisation: wanted.organisation ?? DEFAULT_ORGANISATION,
        scope: wanted.scope ?? [],
        passwordHash,
        createdAt: this.#options.clock.now(),
      };
      await this.#put(user);
      await this.#audit(principal, 'user.add', name, rightsText(user));
      return withPassword(user, generated);
    });
  }

  changeUser(principal: Principal, name: string, change: ChangedUser): Promise<UserView> {
    return this.#turns.take(async () => {
      const user: User = { ...this.#known(name), ...change };
      await this.#put(user);
      await this.#audit(principal, 'user.change', name, rightsText(user));
      return viewOf(user);
    });
  }

  disableUser(principal: Principal, name: string): Promise<UserView> {
    return this.#turns.take(async () => {
      const known = this.#known(name);
      const user: User = { ...known, disabledAt: known.disabledAt ?? this.#options.clock.now() };
      await this.#put(user, this.#sessionsOf(name));
      await this.#audit(principal, 'user.disable', name);
      return viewOf(user);
    });
  }

  enableUser(principal: Principal, name: string): Promise<UserView> {
    return this.#turns.take(async () => {
      const { disabledAt: _over, ...user } = this.#known(name);
      await this.#put(user);
      await this.#audit(principal, 'user.enable', name);
      return viewOf(user);
    });
  }

  async setPassword(principal: Principal, name: string, password?: string): Promise<UserWithPassword> {
    this.#known(name);
    const generated = password === undefined ? generatePassword() : undefined;
    const passwordHash = await this.#hashFit(password ?? generated ?? '');
    return await this.#turns.take(async () => {
      const user = { ...this.#known(name), passwordHash };
      await this.#putPassword(principal, user);
      return withPassword(user, generated);
    });
  }

  /** Resolves when what was begun is durable. */
  async stop(): Promise<void> {
    await this.#turns.take(() => Promise.resolve());
  }

  /** Compares a password, under the brake; a wrong one is audited. */
  async #verify(
    user: User | undefined,
    login: Parameters<AccountService['login']>[0],
  ): Promise<
    | Exclude<LoginOutcome, { readonly kind: 'opened' }>
    | { readonly kind: 'right'; readonly user: User; readonly isOutdated: boolean }
  > {
    const countedAs = user === undefined ? STRANGER : principalId(user);
    const attempt = this.#brake.begin(login);
    if (attempt.kind === 'slowed') return { kind: 'slowed', countedAs, retryAfterMs: attempt.waitMs };
    // Until it was compared, nothing was guessed: a storm of logins must not use up the attempts of those it keeps out.
    let became: AttemptEnd = 'untried';
    try {
      const { matches, isOutdated } = await this.#options.hasher.verify(login.password, user?.passwordHash);
      const isRight = user !== undefined && canLogIn(user) && matches;
      became = isRight ? 'right' : 'wrong';
      if (isRight) return { kind: 'right', user, isOutdated };
    } finally {
      attempt.end(became);
    }
    await this.#turns.take(() =>
      // What a stranger typed is not kept: people type passwords into the wrong field.
      this.#audit(
        { id: STRANGER, organisation: STRANGER },
        'session.refuse',
        user?.name ?? STRANGER,
        login.address,
      ),
    );
    return { kind: 'refused', countedAs };
  }

  /** Opens a session; belongs in a turn. */
  async #open(user: User, address: string): Promise<LoginOutcome> {
    const { token, session } = this.#sessions.create(user.name);
    const surplus = this.#sessionsOf(user.name).slice(0, -(SESSION_LIMITS.perUser - 1));
    await this.#end([...new Set([...surplus, ...this.#sessions.ended()])]);
    await this.#options.operations.putSession(session);
    this.#sessions.put(session);
    await this.#audit(principalOf(user), 'session.open', user.name, address);
    return { kind: 'opened', token, session: { user: viewOf(user), expiresAt: endOf(session) } };
  }

  async #end(tokenSha256s: readonly string[]): Promise<void> {
    if (tokenSha256s.length === 0) return;
    await this.#options.operations.removeSessions(tokenSha256s);
    this.#sessions.remove(tokenSha256s);
  }

  /** A disk that refuses costs at most that the session ends earlier after a restart. */
  async #writeSeen(seen: Session): Promise<void> {
    // It may have ended since: writing it would bring it back.
    if (!this.#sessions.has(seen)) return;
    await this.#options.operations.putSession(seen).catch((error: unknown) => {
      this.#options.log.warn('The last use of a session could not be written.', { user: seen.user, error });
    });
  }

  async #put(user: User, endedSessions: readonly string[] = []): Promise<void> {
    await this.#options.operations.putUser({ user, endedSessions });
    this.#users.set(user.name, user);
    this.#sessions.remove(endedSessions);
  }

  async #putPassword(principal: Principal, user: User): Promise<void> {
    await this.#put(user, this.#sessionsOf(user.name));
    if (user.name === FIRST_USER) this.#removeFirstPassword();
    await this.#audit(principal, 'user.password', user.name);
  }

  /** What it holds is worth nothing by now, so that a disk that refuses is only told. */
  #removeFirstPassword(): void {
    const { firstPassword, log } = this.#options;
    try {
      firstPassword.remove();
    } catch (error) {
      log.warn('The file of the first password could not be removed.', { file: firstPassword.path, error });
    }
  }

  async #hashFit(password: string): Promise<string> {
    requireFitPassword(password);
    return await this.#options.hasher.hash(password);
  }

  #sessionsOf(user: string): readonly string[] {
    return this.#sessions.of(user).map(({ tokenSha256 }) => tokenSha256);
  }

  /** The session of a token and whose it is; undefined where it is unknown, over, or the user disabled. */
  #held(token: string): { readonly session: Session; readonly user: User } | undefined {
    const session = this.#sessions.find(token);
    const user = session === undefined ? undefined : this.#users.get(session.user);
    return session === undefined || user === undefined || !canLogIn(user) ? undefined : { session, user };
  }

  #userOf(token: string): User {
    const user = this.#held(token)?.user;
    if (user === undefined) throw new AppError('unauthenticated', 'The session is over.');
    return user;
  }

  #known(name: string): User {
    const user = this.#users.get(name);
    if (user === undefined) throw new AppError('not_found', `There is no user "${name}".`);
    return user;
  }

  async #audit(
    principal: Pick<Principal, 'id' | 'organisation'>,
    action: string,
    subject: string,
    detail?: string,
  ): Promise<void> {
    const { id, organisation } = principal;
    const entry = { at: this.#options.clock.now(), principal: id, organisation, action, subject };
    await this.#options.operations.appendAudit(detail === undefined ? entry : { ...entry, detail });
  }
}

function canLogIn({ disabledAt }: User): boolean {
  return disabledAt === undefined;
}

function principalId({ name }: User): string {
  return `user:${name}`;
}

function principalOf(user: User): Principal {
  const { role, organisation, scope } = user;
  return { id: principalId(user), role, organisation, scope };
}

function viewOf({ passwordHash: _hidden, ...view }: User): UserView {
  return view;
}

function withPassword(user: User, password: string | undefined): UserWithPassword {
  return password === undefined ? { user: viewOf(user) } : { user: viewOf(user), password };
}

/** What somebody may do from now on, for the audit. */
function rightsText({ role, organisation, scope }: User): string {
  const limits = scope.length === 0 ? '' : `, scope ${scope.join(' ')}`;
  return `role ${role}, organisation ${organisation}${limits}`;
}
