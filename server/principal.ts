import type { Role } from '../domain/ports/operations.ts';

/** Who is calling, after authentication. */
export interface Principal {
  /** `token:<id>`, `user:<name>`, or `control` for the control socket. */
  readonly id: string;
  readonly role: Role;
  readonly organisation: string;
  readonly scope: readonly string[];
}

/** What a request brings to say who sends it. */
export interface Proof {
  /** A token of a program in `Authorization`, or that of a person's session in the cookie. */
  readonly kind: 'bearer' | 'session';
  readonly token: string;
}

/** The organisation of whoever names none. */
export const DEFAULT_ORGANISATION = 'operator';
