import type { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { Application, Principal } from '../application.ts';
import { requireReasons } from '../http/alarm-handlers.ts';
import { ledgerOfKnown } from '../http/ledger-handlers.ts';
import {
  QUARANTINE_LIST_PAYLOAD_BYTES,
  findQuarantined,
  quarantineView,
} from '../http/quarantine-handlers.ts';
import { pointReasons } from '../http/point-reasons.ts';
import { qualityReasons } from '../http/quality-handler.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { findRuleSet } from '../rules/find-rule-set.ts';
import type { CONTROL_PARAMS, ControlAddresses, ControlMethod, ControlMethods } from './control-methods.ts';
import { ruleSetHeader } from './rule-methods.ts';

/** Whoever may open the socket: the file's mode lets in the account of the server alone. */
export const CONTROL_PRINCIPAL: Principal = {
  id: 'control',
  role: 'admin',
  organisation: 'operator',
  scope: [],
};

export interface ControlContext {
  readonly application: Application;
  readonly addresses: () => ControlAddresses;
  readonly version: string;
}

type Handlers = {
  readonly [Method in ControlMethod]: (
    context: ControlContext,
    params: z.output<(typeof CONTROL_PARAMS)[Method]>,
  ) => Promise<ControlMethods[Method]['result']>;
};

/** What each method does. Rejections are AppErrors of the application, or unexpected. */
export const CONTROL_HANDLERS: Handlers = {
  ping: async ({ version }) => ({ pid: process.pid, version }),
  status: async ({ application, addresses, version }) => ({
    pid: process.pid,
    version,
    startedAt: application.startedAt,
    now: application.now(),
    things: application.registry().things.size,
    addresses: addresses(),
    readiness: await application.readiness(),
    ingest: await application.ingestStatus(),
  }),
  ledger: ({ application }, { station }) => ledgerOfKnown(application, station),
  ledgerAudit: ({ application }) => application.auditLedger(),
  quarantineList: async ({ application }, { released, limit, ...filter }) => {
    const rows = await application.quarantine({
      ...withoutUndefined(filter),
      includeReleased: released ?? false,
      limit: limit + 1,
    });
    return {
      items: rows.slice(0, limit).map(row => quarantineView(row, QUARANTINE_LIST_PAYLOAD_BYTES)),
      hasMore: rows.length > limit,
    };
  },
  quarantineShow: async ({ application }, { position, item }) => {
    const row = await findQuarantined(application, { position, item });
    if (row === undefined) {
      throw new AppError('not_found', `Nothing lies in quarantine at ${position}/${item}.`);
    }
    return quarantineView(row, Number.POSITIVE_INFINITY);
  },
  quarantineReplay: ({ application }, filter) => application.replayQuarantine(withoutUndefined(filter)),
  enrol: ({ application }, { id }) => application.enrol(CONTROL_PRINCIPAL, id),
  rotate: ({ application }, { id }) => application.rotate(CONTROL_PRINCIPAL, id),
  revoke: async ({ application }, { id }) => {
    await application.revoke(CONTROL_PRINCIPAL, id);
    return { id };
  },
  createToken: async ({ application }, { role, ...rest }) => {
    const { token, record } = await application.createToken(CONTROL_PRINCIPAL, {
      role,
      ...withoutUndefined(rest),
    });
    return { token, id: record.id };
  },
  users: async ({ application }) => ({ users: await application.accounts.users() }),
  addUser: ({ application }, { name, role, ...rest }) =>
    application.accounts.addUser(CONTROL_PRINCIPAL, { name, role, ...withoutUndefined(rest) }),
  changeUser: ({ application }, { name, ...change }) =>
    application.accounts.changeUser(CONTROL_PRINCIPAL, name, withoutUndefined(change)),
  disableUser: ({ application }, { name }) => application.accounts.disableUser(CONTROL_PRINCIPAL, name),
  enableUser: ({ application }, { name }) => application.accounts.enableUser(CONTROL_PRINCIPAL, name),
  setPassword: ({ application }, { name, password }) =>
    application.accounts.setPassword(CONTROL_PRINCIPAL, name, password),
  backup: ({ application }, { target }) => application.backup(CONTROL_PRINCIPAL, target),
  backupProgress: async ({ application }) => ({ progress: application.backupProgress() ?? null }),
  export: ({ application }, { stations, ...request }) =>
    application.export(CONTROL_PRINCIPAL, { ...request, ...withoutUndefined({ stations }) }),
  siteParts: async ({ application }, { version, validAt }) => ({
    parts: await application.district.parts(
      version !== undefined
        ? { version }
        : validAt === undefined
          ? { newest: true }
          : { validAt: epochMs(validAt) },
    ),
  }),
  siteApply: async ({ application }, { parts, ...rest }) => ({
    version:
      (await application.district.apply(CONTROL_PRINCIPAL, {
        parts,
        ...withoutUndefined(rest),
      })) ?? null,
  }),
  siteRollback: async ({ application }, { version, ...rest }) => ({
    version:
      (await application.district.rollBack(CONTROL_PRINCIPAL, { version, ...withoutUndefined(rest) })) ??
      null,
  }),
  siteVersions: async ({ application }, { limit }) => ({
    versions: await application.district.versions(limit),
  }),
  ruleSets: async ({ application }) => ({ ruleSets: application.rules.kept().map(ruleSetHeader) }),
  ruleSet: async ({ application }, { version }) => ({
    ruleSet: findRuleSet(application.rules.kept(), version),
  }),
  activateRules: async ({ application }, { name, text, ...rest }) => {
    const activated = await application.rules.activate(CONTROL_PRINCIPAL, {
      name,
      text,
      ...withoutUndefined(rest),
    });
    return { ruleSet: activated === undefined ? null : ruleSetHeader(activated) };
  },
  backtestRules: ({ application }, { name, text, from, to, ...rest }) =>
    application.rules.backtest({ name, text, period: { from, to }, ...withoutUndefined(rest) }),
  why: ({ application }, { id }) => requireReasons(application, id),
  whyPoint: ({ application }, { station, datastream, at }) =>
    pointReasons(application, { station, datastream, at }),
  whyFlag: ({ application }, { station, datastream, at }) =>
    qualityReasons(application, { station, datastream, at }),
  signals: async ({ application }) => ({ signals: await application.signals.standing() }),
  reportSignal: ({ application }, { zone, severity, t }) =>
    application.signals.report(CONTROL_PRINCIPAL, { zone, severity, ...withoutUndefined({ t }) }),
  lookup: async ({ application }, { ids }) => {
    const { things } = application.registry();
    return {
      things: ids.flatMap(id => {
        const thing = things.get(id);
        if (thing === undefined) return [];
        return [{ id, kind: thing.kind, simulated: thing.kind === 'station' && thing.simulated === true }];
      }),
    };
  },
  simulatedLend: ({ application }, { ids }) => application.loans.lend(CONTROL_PRINCIPAL, ids),
  simulatedRenew: ({ application }, { loan }) => application.loans.renew(loan),
  simulatedReturn: ({ application }, { loan }) => application.loans.giveBack(CONTROL_PRINCIPAL, loan),
  register: ({ application }, { things }) => application.register(CONTROL_PRINCIPAL, things),
};
