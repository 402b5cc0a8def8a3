import { isAppError } from '../../domain/errors.ts';
import type { Application } from '../application.ts';
import type { Config } from '../config/schema.ts';
import { connectControl } from '../control/control-client.ts';
import type { ControlClient } from '../control/control-client.ts';
import { CONTROL_PRINCIPAL } from '../control/control-handlers.ts';
import type { Administrative, Invocation } from './command.ts';

/** The same for one principal: whoever may touch the data directory. */
export interface Administrator {
  enrol(id: string): Promise<{ readonly id: string; readonly secret: string }>;
  rotate(id: string): Promise<{ readonly id: string; readonly secret: string }>;
  revoke(id: string): Promise<void>;
  createToken(token: Parameters<Application['createToken']>[1]): Promise<string>;
}

/**
 * Runs work on the running server; where none runs, on its files. Rejects with `already_running` where a server holds
 * the files and does not answer.
 */
export function administer<Result>(
  call: Invocation,
  work: (administrator: Administrator) => Promise<Result>,
): Promise<Result> {
  return connectedOrOffline(call, {
    online: client => work(remoteAdministrator(client)),
    offline: config =>
      call.host.parts.administerOffline(config, administration => work(localAdministrator(administration))),
  });
}

/** Does one or the other, whether a server runs or not, and says so where none does. */
export async function connectedOrOffline<Result>(
  call: Invocation,
  work: {
    readonly online: (client: ControlClient) => Promise<Result>;
    readonly offline: (config: Config) => Promise<Result>;
  },
): Promise<Result> {
  const config = call.config();
  const client = await findServer(config.dataDir);
  if (client !== undefined) return await work.online(client);
  call.host.err(`No server runs; working on the files in ${config.dataDir}.\n`);
  return await work.offline(config);
}

/** The running server; undefined where none runs. Rejects where one is there and cannot be asked. */
export async function findServer(dataDir: string): Promise<ControlClient | undefined> {
  try {
    return await connectControl(dataDir);
  } catch (error) {
    if (isAppError(error, 'control_unreachable') && !error.retryable) return undefined;
    throw error;
  }
}

function remoteAdministrator(client: ControlClient): Administrator {
  return {
    enrol: id => client.call('enrol', { id }),
    rotate: id => client.call('rotate', { id }),
    revoke: async id => void (await client.call('revoke', { id })),
    createToken: async token => (await client.call('createToken', token)).token,
  };
}

function localAdministrator(administration: Administrative): Administrator {
  return {
    enrol: id => administration.enrol(CONTROL_PRINCIPAL, id),
    rotate: id => administration.rotate(CONTROL_PRINCIPAL, id),
    revoke: id => administration.revoke(CONTROL_PRINCIPAL, id),
    createToken: async token => (await administration.createToken(CONTROL_PRINCIPAL, token)).token,
  };
}
