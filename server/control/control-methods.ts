import { z } from 'zod';
import { THING_ID_PATTERN } from '../../domain/model/identifier.ts';
import { QUARANTINE_REASONS } from '../../domain/model/ledger.ts';
import type { Ledger, QuarantineReason } from '../../domain/model/ledger.ts';
import type { RegistryPart } from '../../domain/model/district.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import { ROLES } from '../../domain/ports/operations.ts';
import type { Role } from '../../domain/ports/operations.ts';
import type { KeptPart, RegistryVersion } from '../../domain/ports/registry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { EXPORT_FORMATS } from '../../storage/duckdb/observation-export.ts';
import type { IngestStatus, QuarantineReplay, Readiness } from '../application.ts';
import { QUARANTINE_MAX } from '../http/request-schemas.ts';
import type { BackupProgress } from '../backup/backup-progress.ts';
import type { BackupSummary } from '../backup/backup-summary.ts';
import type { ExportRequest, ExportSummary } from '../export/make-export.ts';
import type { QuarantineView } from '../http/response-schemas.ts';
import { ACCOUNT_PARAMS } from './account-methods.ts';
import type { AccountMethods } from './account-methods.ts';
import { LOAN_PARAMS } from './loan-methods.ts';
import type { LoanMethods } from './loan-methods.ts';
import { RULE_PARAMS } from './rule-methods.ts';
import type { RuleMethods } from './rule-methods.ts';
import { WATCH_PARAMS } from './watch-methods.ts';
import type { WatchMethods } from './watch-methods.ts';
import { partSchema } from '../site/part-schema.ts';
import { thingSchema } from '../site/thing-schema.ts';

/** Where a listener of the server can be reached. */
export interface ControlAddress {
  readonly host: string;
  readonly port: number;
}

/** What the server listens on. */
export interface ControlAddresses {
  readonly http: ControlAddress;
  readonly mqtt: ControlAddress;
  readonly mqttTls?: ControlAddress;
}

export interface ControlStatus {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: number;
  readonly now: number;
  readonly things: number;
  readonly addresses: ControlAddresses;
  readonly readiness: Readiness;
  readonly ingest: IngestStatus;
}

/** What stands behind an id. */
export interface KnownThing {
  readonly id: string;
  readonly kind: ThingSpec['kind'];
  /** True for a station whose readings are made up or replayed. */
  readonly simulated: boolean;
}

interface QuarantineFilter {
  readonly station?: string | undefined;
  readonly reason?: QuarantineReason | undefined;
}

/** What can be asked over the control socket: parameters and result of each method. */
export interface ControlMethods extends AccountMethods, LoanMethods, RuleMethods, WatchMethods {
  /** Answers at once, whatever else is slow. */
  ping: { params: object; result: { readonly pid: number; readonly version: string } };
  status: { params: object; result: ControlStatus };
  /** In total, or of one station; `not_found` for a station nobody ever heard of. */
  ledger: { params: { readonly station?: string | undefined }; result: Ledger };
  ledgerAudit: {
    params: object;
    result: { readonly agrees: boolean; readonly differences: readonly string[] };
  };
  /** By position; `hasMore` when the limit cut the list. */
  quarantineList: {
    params: QuarantineFilter & { readonly released?: boolean | undefined; readonly limit: number };
    result: { readonly items: readonly QuarantineView[]; readonly hasMore: boolean };
  };
  /** The item with its whole payload; `not_found` where there is none. */
  quarantineShow: {
    params: { readonly position: number; readonly item: number };
    result: QuarantineView;
  };
  quarantineReplay: { params: QuarantineFilter; result: QuarantineReplay };
  enrol: { params: { readonly id: string }; result: { readonly id: string; readonly secret: string } };
  rotate: { params: { readonly id: string }; result: { readonly id: string; readonly secret: string } };
  revoke: { params: { readonly id: string }; result: { readonly id: string } };
  createToken: {
    params: {
      readonly role: Role;
      readonly organisation?: string | undefined;
      readonly scope?: readonly string[] | undefined;
    };
    result: { readonly token: string; readonly id: string };
  };
  /** Answers when the backup is whole and on stable storage; the target is an absolute path on the server's machine. */
  backup: { params: { readonly target: string }; result: BackupSummary };
  backupProgress: { params: object; result: { readonly progress: BackupProgress | null } };
  /** Answers when the folder is on stable storage; the target is an absolute path on the server's machine. */
  export: { params: ExportRequest; result: ExportSummary };
  /** The parts of the registry: of a version, as they hold at an event time, or else the newest. */
  siteParts: {
    params: { readonly version?: number | undefined; readonly validAt?: number | undefined };
    result: { readonly parts: readonly KeptPart[] };
  };
  /** Makes the district what the parts say, whole or not at all; null where nothing differed. */
  siteApply: {
    params: {
      readonly parts: readonly RegistryPart[];
      readonly validFrom?: number | undefined;
      readonly note?: string | undefined;
    };
    result: { readonly version: RegistryVersion | null };
  };
  siteRollback: {
    params: { readonly version: number; readonly note?: string | undefined };
    result: { readonly version: RegistryVersion | null };
  };
  /** Newest first. */
  siteVersions: {
    params: { readonly limit: number };
    result: { readonly versions: readonly RegistryVersion[] };
  };
  /** Which of these ids are registered, and as what. */
  lookup: { params: { readonly ids: readonly string[] }; result: { readonly things: readonly KnownThing[] } };
  /** Registers things and answers the secrets of those that were not enrolled. */
  register: {
    params: { readonly things: readonly ThingSpec[] };
    result: { readonly secrets: Readonly<Record<string, string>> };
  };
}

export type ControlMethod = keyof ControlMethods;

const thingId = z.string().regex(new RegExp(THING_ID_PATTERN), { error: 'is no id' });
const reason = z.enum(Object.keys(QUARANTINE_REASONS) as [QuarantineReason, ...QuarantineReason[]]);
const identified = z.strictObject({ id: thingId });
const nothing = z.strictObject({});
const instant = z.int().transform(ms => epochMs(ms));

/** Things in one request. */
const THINGS_MAX = 50_000;

/** Parts of a district in one request. */
const PARTS_MAX = 500_000;

const note = z.string().trim().min(1).max(500);

/** A name in a token: an organisation, a station or a basin. */
const tokenName = z.string().trim().min(1).max(128);

/** How the parameters of each method must look. */
export const CONTROL_PARAMS = {
  ...ACCOUNT_PARAMS,
  ...LOAN_PARAMS,
  ...RULE_PARAMS,
  ...WATCH_PARAMS,
  ping: nothing,
  status: nothing,
  ledger: z.strictObject({ station: thingId.optional() }),
  ledgerAudit: nothing,
  quarantineList: z.strictObject({
    station: thingId.optional(),
    reason: reason.optional(),
    released: z.boolean().optional(),
    limit: z.int().min(1).max(QUARANTINE_MAX),
  }),
  quarantineShow: z.strictObject({ position: z.int().min(0), item: z.int().min(-1) }),
  quarantineReplay: z.strictObject({ station: thingId.optional(), reason: reason.optional() }),
  enrol: identified,
  rotate: identified,
  revoke: identified,
  createToken: z.strictObject({
    role: z.enum(ROLES),
    organisation: tokenName.optional(),
    scope: z.array(tokenName).max(10_000).optional(),
  }),
  backup: z.strictObject({ target: z.string().startsWith('/').max(4_096) }),
  backupProgress: nothing,
  export: z.strictObject({
    target: z.string().startsWith('/').max(4_096),
    format: z.enum(EXPORT_FORMATS),
    from: instant,
    to: instant,
    stations: z.array(thingId).min(1).max(THINGS_MAX).optional(),
  }),
  siteParts: z
    .strictObject({ version: z.int().min(1).optional(), validAt: z.int().optional() })
    .refine(({ version, validAt }) => version === undefined || validAt === undefined, {
      error: 'either a version or a time',
    }),
  siteApply: z.strictObject({
    parts: z.array(partSchema).max(PARTS_MAX),
    validFrom: instant.optional(),
    note: note.optional(),
  }),
  siteRollback: z.strictObject({ version: z.int().min(1), note: note.optional() }),
  siteVersions: z.strictObject({ limit: z.int().min(1).max(1_000) }),
  lookup: z.strictObject({ ids: z.array(thingId).max(THINGS_MAX) }),
  register: z.strictObject({ things: z.array(thingSchema).min(1).max(THINGS_MAX) }),
} as const satisfies Record<ControlMethod, z.ZodType>;

export function isControlMethod(name: string): name is ControlMethod {
  return Object.hasOwn(CONTROL_PARAMS, name);
}
