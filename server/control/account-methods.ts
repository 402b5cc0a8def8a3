import { z } from 'zod';
import { ROLES, USER_NAME_PATTERN } from '../../domain/ports/operations.ts';
import type { Role } from '../../domain/ports/operations.ts';
import type { UserView, UserWithPassword } from '../identity/account-service.ts';

interface Rights {
  readonly displayName?: string | undefined;
  readonly organisation?: string | undefined;
  readonly scope?: readonly string[] | undefined;
}

/** What can be asked of users over the control socket; `not_found` for a name nobody has. */
export interface AccountMethods {
  users: { params: object; result: { readonly users: readonly UserView[] } };
  addUser: {
    params: Rights & { readonly name: string; readonly role: Role; readonly password?: string | undefined };
    result: UserWithPassword;
  };
  changeUser: {
    params: Rights & { readonly name: string; readonly role?: Role | undefined };
    result: UserView;
  };
  disableUser: { params: { readonly name: string }; result: UserView };
  enableUser: { params: { readonly name: string }; result: UserView };
  setPassword: {
    params: { readonly name: string; readonly password?: string | undefined };
    result: UserWithPassword;
  };
}

const name = z.string().regex(new RegExp(USER_NAME_PATTERN), { error: 'is no user name' });
const text = z.string().trim().min(1).max(128);
const named = z.strictObject({ name });
const rights = {
  displayName: text.optional(),
  organisation: text.optional(),
  scope: z.array(text).max(10_000).optional(),
};
const password = z.string().max(1_024).optional();

/** How their parameters must look. */
export const ACCOUNT_PARAMS = {
  users: z.strictObject({}),
  addUser: z.strictObject({ name, role: z.enum(ROLES), ...rights, password }),
  changeUser: z.strictObject({ name, role: z.enum(ROLES).optional(), ...rights }),
  disableUser: named,
  enableUser: named,
  setPassword: z.strictObject({ name, password }),
} as const satisfies Record<keyof AccountMethods, z.ZodType>;
