import { administer } from '../administration.ts';
import type { Command, Invocation, Outcome } from '../command.ts';

const ID = [{ name: 'id', description: 'Id of a registered station, gateway or subscriber account.' }];

/** Gives a thing its first secret. */
export const stationEnrol: Command = {
  name: 'station enrol',
  summary: 'Give a registered station its secret; it is shown once.',
  details: ['The station connects with its id as client id and user name, and the secret as password.'],
  arguments: ID,
  run: async call => secretOutcome(await administer(call, administrator => administrator.enrol(idOf(call)))),
};

/** Gives a thing a new secret; the old one ends at once. */
export const stationRotate: Command = {
  name: 'station rotate',
  summary: 'Give a station a new secret; the old one ends at once.',
  arguments: ID,
  run: async call => secretOutcome(await administer(call, administrator => administrator.rotate(idOf(call)))),
};

/** Ends a thing's secret. */
export const stationRevoke: Command = {
  name: 'station revoke',
  summary: "End a station's secret and its connection.",
  details: ['Its readings stay. `station enrol` lets it in again, with a new secret.'],
  arguments: ID,
  run: async call => {
    const id = idOf(call);
    await administer(call, administrator => administrator.revoke(id));
    return { data: { id }, lines: [`${id} is revoked.`] };
  },
};

function idOf({ arguments: [id = ''] }: Invocation): string {
  return id;
}

function secretOutcome({ id, secret }: { readonly id: string; readonly secret: string }): Outcome {
  return {
    data: { id, secret },
    lines: [`Secret of ${id}: ${secret}`, 'It is not shown again.'],
  };
}
