import { AppError } from '../../domain/errors.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { ControlClient } from '../control/control-client.ts';

/**
 * Registers stations that a program is going to play, and answers a secret for each. Those that were played before
 * get a new one. Rejects with `conflict` where an id belongs to a real thing: its registration and its secret stay as
 * they are.
 */
export async function registerSimulated(
  client: ControlClient,
  stations: readonly StationSpec[],
): Promise<ReadonlyMap<string, string>> {
  const { things } = await client.call('lookup', { ids: stations.map(({ id }) => id) });
  const real = things.filter(({ simulated }) => !simulated);
  if (real.length > 0) {
    throw new AppError('conflict', 'Some of the stations are real here; nothing was sent.', {
      problems: real.map(({ id, kind }) => `${id} is a registered ${kind}`),
    });
  }
  const { secrets: fresh } = await client.call('register', { things: stations });
  const secrets = new Map(Object.entries(fresh));
  for (const { id } of stations) {
    if (!secrets.has(id)) secrets.set(id, (await client.call('rotate', { id })).secret);
  }
  return secrets;
}

/** What listens on every interface is reached over the loopback. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
