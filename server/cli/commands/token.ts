import { ROLES } from '../../../domain/ports/operations.ts';
import type { Role } from '../../../domain/ports/operations.ts';
import { administer } from '../administration.ts';
import type { Command } from '../command.ts';

/** Makes a bearer token of the HTTP API. */
export const tokenCreate: Command = {
  name: 'token create',
  summary: 'Make a token for the HTTP API; it is shown once.',
  details: ['Send it as: Authorization: Bearer <token>'],
  options: {
    role: { value: 'role', description: 'What it may do.', choices: ROLES, required: true },
    organisation: { value: 'name', description: 'Who holds it; default operator.' },
    scope: {
      value: 'a,b',
      description: 'Only these stations (integrator) or basins (subscriber), with commas; else all.',
    },
  },
  run: async call => {
    const organisation = call.text('organisation');
    const scope = call
      .text('scope')
      ?.split(',')
      .map(name => name.trim());
    const token = await administer(call, administrator =>
      administrator.createToken({
        // The command line lets no other word through.
        role: call.text('role') as Role,
        ...(organisation === undefined ? {} : { organisation }),
        ...(scope === undefined ? {} : { scope }),
      }),
    );
    return { data: { token }, lines: [`Token: ${token}`, 'It is not shown again.'] };
  },
};
