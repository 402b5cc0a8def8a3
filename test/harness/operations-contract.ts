import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Asset, Basin, FlowEdge, RegistryPart } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { GatewaySpec, StationSpec, SubscriberSpec } from '../../domain/model/registry.ts';
import type { Credential } from '../../domain/ports/identity.ts';
import type { ApiToken, AuditEntry, Operations, Session, User } from '../../domain/ports/operations.ts';
import type { PartSelection, PutPart, RegistryChange } from '../../domain/ports/registry-store.ts';
import type { KeptRuleSet, RuleSetActivation } from '../../domain/ports/rule-set-store.ts';
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
const BASIN: Basin = { kind: 'basin', id: 'dongjiang', name: '东江流域' };
const ASSET: Asset = {
  kind: 'asset',
  id: 'gauge-1',
  type: 'river_gauge',
  name: '东江水文站',
  basin: 'dongjiang',
  community: 'c-1',
  operator: 'o-1',
  regulator: 'o-2',
  responsible: ['p-2', 'p-1'],
  latitude: 23.0971,
  longitude: 114.4152,
  datum: '1985国家高程',
  attributes: { bottomM: -2.5 },
};
const FLOW: FlowEdge = { kind: 'flow', id: 'a>b', from: 'a', to: 'b', travelTimeMs: 60_000 };
const VALID = epochMs(1_700_000_000_000);
const valid = (part: RegistryPart): PutPart => ({ part, origin: 'site', validFrom: VALID });
const CHANGE: RegistryChange = {
  appliedAt: AT,
  principal: 'control',
  validFrom: VALID,
  origin: 'site',
  put: [],
  retire: [],
};
const VERSION = { appliedAt: AT, principal: 'control', validFrom: VALID, origin: 'site', retired: 0 };
const CREDENTIAL: Credential = { id: id('S-1'), secretSha256: 'aa', enrolledAt: AT };
const TOKEN: ApiToken = {
  id: 't1',
  tokenSha256: 'bb',
  role: 'integrator',
  organisation: 'district',
  createdAt: AT,
  scope: ['S-2', 'S-1'],
};

const USER: User = {
  name: 'li.wei',
  displayName: '李伟',
  role: 'duty',
  organisation: 'district',
  scope: ['b2', 'b1'],
  passwordHash: '$scrypt$',
  createdAt: AT,
};
const SESSION: Session = { tokenSha256: 'dd', user: USER.name, openedAt: AT, lastSeenAt: AT };

const RULES: KeptRuleSet = {
  version: 2,
  activeFrom: VALID,
  activatedAt: AT,
  principal: 'system',
  text: 'version: 2 # 规则\n',
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
      expect(await operations.parts({ newest: true })).toEqual([]);
      expect(await operations.registryVersions(9)).toEqual([]);
      expect(await operations.ruleSets()).toEqual([]);
      expect(await operations.credentials()).toEqual([]);
      expect(await operations.tokens()).toEqual([]);
      expect(await operations.users()).toEqual([]);
      expect(await operations.sessions()).toEqual([]);
      expect(await operations.refusals()).toEqual([]);
      expect(await operations.audit(10)).toEqual([]);
    });

    it('gives back parts of every kind as they were put, absent fields absent, also after reopening', async () => {
      const put = [STATION, BARE, GATEWAY, SUBSCRIBER, BASIN, ASSET, FLOW].map(valid);
      const version = await operations.applyRegistryChange({ ...CHANGE, note: 'first', put });
      expect(version).toStrictEqual({ ...VERSION, version: 1, note: 'first', put: 7 });
      const sorted = [ASSET, BASIN, FLOW, GATEWAY, STATION, BARE, SUBSCRIBER];
      const kept = sorted.map(part => ({ part, origin: 'site', version: 1, validFrom: VALID }));
      expect(await operations.parts({ newest: true })).toStrictEqual(kept);
      await reopen();
      expect(await operations.parts({ newest: true })).toStrictEqual(kept);
      expect(await operations.registryVersions(9)).toStrictEqual([version]);
    });

    it('keeps what was valid before: by version and by event time', async () => {
      const renamed = { ...STATION, name: 'new', datastreams: [] };
      const later = epochMs(VALID + 1_000);
      await operations.applyRegistryChange({ ...CHANGE, put: [STATION, BASIN].map(valid) });
      await operations.applyRegistryChange({
        ...CHANGE,
        validFrom: later,
        put: [{ ...valid(renamed), validFrom: later }],
        retire: [BASIN],
      });
      const partsOf = async (selection: PartSelection) =>
        (await operations.parts(selection)).map(({ part }) => part);
      expect(await partsOf({ newest: true })).toStrictEqual([renamed]);
      expect(await partsOf({ version: 2 })).toStrictEqual([renamed]);
      expect(await partsOf({ version: 1 })).toStrictEqual([BASIN, STATION]);
      expect(await partsOf({ version: 0 })).toStrictEqual([]);
      expect(await partsOf({ validAt: epochMs(later - 1) })).toStrictEqual([BASIN, STATION]);
      expect(await partsOf({ validAt: later })).toStrictEqual([renamed]);
      expect(await partsOf({ validAt: epochMs(VALID - 1) })).toStrictEqual([]);
      expect((await operations.registryVersions(1)).map(({ version }) => version)).toEqual([2]);
    });

    it('brings a retired part back', async () => {
      await operations.applyRegistryChange({ ...CHANGE, put: [valid(BASIN)] });
      await operations.applyRegistryChange({ ...CHANGE, retire: [BASIN] });
      expect(await operations.parts({ newest: true })).toEqual([]);
      expect(await operations.retiredParts()).toStrictEqual([{ kind: 'basin', id: BASIN.id }]);
      await operations.applyRegistryChange({ ...CHANGE, put: [{ ...valid(BASIN), origin: 'registered' }] });
      expect(await operations.retiredParts()).toEqual([]);
      expect(await operations.parts({ newest: true })).toStrictEqual([
        { part: BASIN, origin: 'registered', version: 3, validFrom: VALID },
      ]);
    });

    it('refuses a change from before the last change or retirement of a part, and keeps nothing of it', async () => {
      const later = epochMs(VALID + 1_000);
      await operations.applyRegistryChange({ ...CHANGE, put: [BASIN, FLOW].map(valid) });
      await operations.applyRegistryChange({ ...CHANGE, validFrom: later, retire: [BASIN] });
      const early = { ...CHANGE, put: [BARE, BASIN].map(valid) };
      await expect(operations.applyRegistryChange(early)).rejects.toMatchObject({
        code: 'conflict',
        message: 'The history of these goes on from a later time: basin dongjiang.',
      });
      const retirement = { ...CHANGE, validFrom: epochMs(VALID - 1), retire: [FLOW] };
      await expect(operations.applyRegistryChange(retirement)).rejects.toMatchObject({ code: 'conflict' });
      expect((await operations.parts({ newest: true })).map(({ part }) => part)).toStrictEqual([FLOW]);
      expect(await operations.registryVersions(9)).toHaveLength(2);
    });

    it('lets a thing take the place of one of another kind, and only a thing', async () => {
      const area: Basin = { ...BASIN, id: GATEWAY.id };
      await operations.applyRegistryChange({ ...CHANGE, put: [GATEWAY, area].map(valid) });
      const subscriber = { ...SUBSCRIBER, id: GATEWAY.id };
      await operations.applyRegistryChange({ ...CHANGE, put: [valid(subscriber)] });
      const parts = await operations.parts({ newest: true });
      expect(parts.map(({ part }) => part)).toStrictEqual([area, subscriber]);
    });

    it('applies a change whole or not at all', async () => {
      await operations.applyRegistryChange({ ...CHANGE, put: [valid(BARE)] });
      const twice = { ...CHANGE, put: [{ ...BARE, name: 'changed' }, STATION, STATION].map(valid) };
      await expect(operations.applyRegistryChange(twice)).rejects.toThrow(/./);
      expect((await operations.parts({ newest: true })).map(({ part }) => part)).toStrictEqual([BARE]);
      expect(await operations.registryVersions(9)).toHaveLength(1);
    });

    it('keeps every rule set as it was activated, and an audit entry with each', async () => {
      const second = { ...RULES, version: 7, activeFrom: epochMs(VALID + 1), note: 'flood season' };
      await operations.activateRuleSet({ ...RULES, organisation: 'operator' });
      await operations.activateRuleSet({ ...second, principal: 'control', organisation: 'o' });
      await reopen();
      expect(await operations.ruleSets()).toStrictEqual([RULES, { ...second, principal: 'control' }]);
      expect(await operations.audit(9)).toStrictEqual([
        {
          at: AT,
          principal: 'control',
          organisation: 'o',
          action: 'rules.activate',
          subject: 'version 7',
          detail: 'flood season',
        },
        {
          at: AT,
          principal: 'system',
          organisation: 'operator',
          action: 'rules.activate',
          subject: 'version 2',
        },
      ]);
    });

    it.each([
      ['of the same version', { version: 2 }],
      ['of a lower version', { version: 1 }],
      ['that holds from before the newest', { version: 3, activeFrom: epochMs(VALID - 1) }],
    ])('refuses a rule set %s, and keeps nothing of it', async (_, change) => {
      const organisation = 'operator';
      await operations.activateRuleSet({ ...RULES, organisation });
      const refused = operations.activateRuleSet({ ...RULES, organisation, ...change });
      await expect(refused).rejects.toMatchObject({ code: 'conflict' });
      expect(await operations.ruleSets()).toStrictEqual([RULES]);
      expect(await operations.audit(9)).toHaveLength(1);
    });

    it('keeps no rule set without its audit entry', async () => {
      const broken = { ...RULES, organisation: null } as unknown as RuleSetActivation;
      await expect(operations.activateRuleSet(broken)).rejects.toThrow(/./);
      expect(await operations.ruleSets()).toEqual([]);
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

    it('adds and replaces users with their scope in order, and keeps their sessions', async () => {
      await operations.putUser({ user: USER, endedSessions: [] });
      await operations.putUser({ user: { ...USER, name: 'admin' }, endedSessions: [] });
      await operations.putSession(SESSION);
      expect(await operations.users()).toStrictEqual([{ ...USER, name: 'admin' }, USER]);
      const disabled: User = { ...USER, passwordHash: 'new', disabledAt: AT, scope: ['b1'] };
      await operations.putUser({ user: disabled, endedSessions: [] });
      await reopen();
      expect(await operations.users()).toStrictEqual([{ ...USER, name: 'admin' }, disabled]);
      expect(await operations.sessions()).toStrictEqual([SESSION]);
    });

    it('ends sessions together with the change of a user, all or nothing', async () => {
      await operations.putUser({ user: USER, endedSessions: [] });
      await operations.putSession(SESSION);
      await operations.putSession({ ...SESSION, tokenSha256: 'ee' });
      const broken = { ...USER, displayName: null } as unknown as User;
      await expect(operations.putUser({ user: broken, endedSessions: ['dd'] })).rejects.toThrow(/./);
      expect(await operations.sessions()).toHaveLength(2);
      await operations.putUser({ user: { ...USER, role: 'viewer' }, endedSessions: ['dd', 'unknown'] });
      await reopen();
      expect(await operations.sessions()).toStrictEqual([{ ...SESSION, tokenSha256: 'ee' }]);
    });

    it('replaces and removes sessions, and takes none of a stranger', async () => {
      await operations.putUser({ user: USER, endedSessions: [] });
      await operations.putSession(SESSION);
      const seen: Session = { ...SESSION, lastSeenAt: epochMs(AT + 1) };
      await operations.putSession(seen);
      await expect(operations.putSession({ ...SESSION, user: 'nobody' })).rejects.toThrow(/./);
      await reopen();
      expect(await operations.sessions()).toStrictEqual([seen]);
      await operations.removeSessions(['dd', 'unknown']);
      expect(await operations.sessions()).toEqual([]);
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
      const entry: AuditEntry = {
        at: AT,
        principal: 'control',
        organisation: 'o',
        action: 'enrol',
        subject: 'S-1',
      };
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
