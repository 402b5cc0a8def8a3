import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { GatewaySpec, StationSpec, SubscriberSpec } from '../../domain/model/registry.ts';
import type { Credential } from '../../domain/ports/identity.ts';
import type { ApiToken, AuditEntry, Operations } from '../../domain/ports/operations.ts';
import { epochMs } from '../../domain/time/instant.ts';

/** An operations store that can be closed and opened again on the same data. */
export interface OperationsUnderTest {
  open(): Promise<Operations>;
  remove(): Promise<void>;
}

const id = (text: string) => text as ThingId;
const AT = epochMs(1_790_000_000_000);

const STATION: StationSpec = {
  kind: 'station',
  id: id('S-1'),
  name: '东江水位站',
  nameEn: 'Dongjiang gauge',
  basin: 'dongjiang',
  latitude: 23.0971,
  longitude: 114.4152,
  simulated: false,
  datastreams: [
    { property: 'water_level', datum: '1985国家高程', intervalMs: 300_000, sensorSpan: [-1.5, 12.25] },
    { property: 'pump_running', instance: '2', intervalMs: 60_000 },
  ],
};
const BARE: StationSpec = { kind: 'station', id: id('S-2'), name: 'bare', datastreams: [] };
const GATEWAY: GatewaySpec = {
  kind: 'gateway',
  id: id('G-1'),
  name: '网关',
  stations: [id('S-2'), id('S-1')],
};
const SUBSCRIBER: SubscriberSpec = {
  kind: 'subscriber',
  id: id('A-1'),
  name: 'street',
  basins: ['b2', 'b1'],
};
const CREDENTIAL: Credential = { id: id('S-1'), secretSha256: 'aa', enrolledAt: AT };
const TOKEN: ApiToken = {
  id: 't1',
  tokenSha256: 'bb',
  role: 'integrator',
  organisation: 'district',
  createdAt: AT,
  scope: ['S-2', 'S-1'],
};

/** What every operations store promises; `create` gives a new, empty one. */
export function operationsContract(name: string, create: () => OperationsUnderTest): void {
  describe(`${name} keeps the operations contract`, () => {
    let place: OperationsUnderTest;
    let operations: Operations;
    const reopen = async () => {
      await operations.close();
      operations = await place.open();
    };

    beforeEach(async () => {
      place = create();
      operations = await place.open();
    });
    afterEach(async () => {
      await operations.close();
      await place.remove();
    });

    it('is empty at first', async () => {
      expect(await operations.things()).toEqual([]);
      expect(await operations.credentials()).toEqual([]);
      expect(await operations.tokens()).toEqual([]);
      expect(await operations.refusals()).toEqual([]);
      expect(await operations.audit(10)).toEqual([]);
    });

    it('gives back things of every kind as they were put, absent fields absent, also after reopening', async () => {
      const things = [STATION, BARE, GATEWAY, SUBSCRIBER];
      await operations.putThings(things);
      const sorted = [SUBSCRIBER, GATEWAY, STATION, BARE];
      expect(await operations.things()).toStrictEqual(sorted);
      await reopen();
      expect(await operations.things()).toStrictEqual(sorted);
    });

    it('replaces a thing whole, its lists included, also by one of another kind', async () => {
      await operations.putThings([STATION, GATEWAY]);
      await operations.putThings([{ ...STATION, name: 'new', datastreams: [] }]);
      await operations.putThings([{ ...SUBSCRIBER, id: GATEWAY.id }]);
      expect(await operations.things()).toStrictEqual([
        { ...SUBSCRIBER, id: GATEWAY.id },
        { ...STATION, name: 'new', datastreams: [] },
      ]);
    });

    it('puts all things or none', async () => {
      await operations.putThings([BARE]);
      const broken = { ...STATION, name: null } as unknown as StationSpec;
      await expect(operations.putThings([{ ...BARE, name: 'changed' }, broken])).rejects.toThrow(/./);
      expect(await operations.things()).toStrictEqual([BARE]);
    });

    it('adds and replaces credentials', async () => {
      const rotated: Credential = { ...CREDENTIAL, secretSha256: 'cc', rotatedAt: AT, revokedAt: AT };
      await operations.putCredentials([CREDENTIAL, { ...CREDENTIAL, id: id('S-2') }]);
      await operations.putCredentials([rotated]);
      await reopen();
      expect(await operations.credentials()).toStrictEqual([rotated, { ...CREDENTIAL, id: id('S-2') }]);
    });

    it('adds and replaces tokens with their scope in order', async () => {
      await operations.putToken(TOKEN);
      expect(await operations.tokens()).toStrictEqual([TOKEN]);
      const revoked: ApiToken = { ...TOKEN, revokedAt: AT, scope: [] };
      await operations.putToken(revoked);
      await reopen();
      expect(await operations.tokens()).toStrictEqual([revoked]);
    });

    it('adds up refusals by principal and reason', async () => {
      const bad = { principal: 'S-1', reason: 'bad_secret', count: 2 };
      await operations.addRefusals([bad, { principal: '-', reason: 'revoked', count: 1 }]);
      await operations.addRefusals([bad]);
      await reopen();
      expect(await operations.refusals()).toStrictEqual([
        { principal: '-', reason: 'revoked', count: 1 },
        { ...bad, count: 4 },
      ]);
    });

    it('answers the newest audit entries first', async () => {
      const entry: AuditEntry = { at: AT, principal: 'control', action: 'enrol', subject: 'S-1' };
      await operations.appendAudit(entry);
      await operations.appendAudit({ ...entry, action: 'rotate', detail: 'why' });
      await operations.appendAudit({ ...entry, action: 'revoke' });
      await reopen();
      expect(await operations.audit(2)).toStrictEqual([
        { ...entry, action: 'revoke' },
        { ...entry, action: 'rotate', detail: 'why' },
      ]);
    });

    it('closes more than once', async () => {
      await operations.close();
      await expect(operations.close()).resolves.toBeUndefined();
    });
  });
}
