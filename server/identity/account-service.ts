import type { Role, User } from '../../domain/ports/operations.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Principal } from '../principal.ts';

/** A user as others may see them. */
export type UserView = Omit<User, 'passwordHash'>;

/** A login that holds. */
export interface SessionView {
  readonly user: UserView;
  /** When it ends if nobody uses it. */
  readonly expiresAt: EpochMs;
}

export type LoginOutcome =
  /** The one time the token is seen. */
  | { readonly kind: 'opened'; readonly token: string; readonly session: SessionView }
  /** Wrong user, wrong password or disabled: which of them is not told. `countedAs` is `-` for a stranger. */
  | { readonly kind: 'refused'; readonly countedAs: string }
  | { readonly kind: 'slowed'; readonly countedAs: string; readonly retryAfterMs: number };

export interface NewUser {
  readonly name: string;
  readonly role: Role;
  /** Default: the name. */
  readonly displayName?: string;
  readonly organisation?: string;
  readonly scope?: readonly string[];
  /** Generated where there is none. */
  readonly password?: string;
}

/** What may be changed of a user; what is absent stays. */
export type ChangedUser = Partial<Pick<User, 'displayName' | 'role' | 'organisation' | 'scope'>>;

/** A user, and the password where it was generated: the one time it is seen. */
export interface UserWithPassword {
  readonly user: UserView;
  readonly password?: string;
}

/** People, their passwords and their sessions. Everything is audited. */
export interface AccountService {
  /** Opens a session. `address` is where the person sits, as far as is known. */
  login(login: {
    readonly user: string;
    readonly password: string;
    readonly address: string;
  }): Promise<LoginOutcome>;
  /** Undefined where the token is unknown, the session over or the user disabled. */
  session(token: string): SessionView | undefined;
  /** The principal of a session, whose use is noted; undefined as above. */
  authenticate(token: string): Principal | undefined;
  logout(token: string): Promise<void>;
  /**
   * Changes the password of the person whose session this is, ends all their sessions and opens a new one. Rejects
   * with `unauthenticated` where the session is over, with `invalid_request` for an unfit password.
   */
  changePassword(
    token: string,
    change: { readonly current: string; readonly next: string; readonly address: string },
  ): Promise<LoginOutcome>;

  // Administration: control socket only.
  /** By name. */
  users(): Promise<readonly UserView[]>;
  /** Rejects with `conflict` where the name is taken, with `invalid_request` for an unfit name or password. */
  addUser(principal: Principal, wanted: NewUser): Promise<UserWithPassword>;
  /** Holds from the next request on, in open sessions too. Rejects with `not_found`, as all below. */
  changeUser(principal: Principal, name: string, change: ChangedUser): Promise<UserView>;
  /** Ends every session of the user. */
  disableUser(principal: Principal, name: string): Promise<UserView>;
  enableUser(principal: Principal, name: string): Promise<UserView>;
  /** Ends every session of the user. A password is generated where none is given. */
  setPassword(principal: Principal, name: string, password?: string): Promise<UserWithPassword>;
}
