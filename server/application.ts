import type { DatastreamSpec, Registry, ThingSpec } from '../domain/model/registry.ts';
import type { Ledger, QuarantineReason } from '../domain/model/ledger.ts';
import type { DatastreamName } from '../domain/model/datastream.ts';
import type { Observation } from '../domain/model/observation.ts';
import type { RefusalReason } from '../domain/ports/identity.ts';
import type { ApiToken, Role } from '../domain/ports/operations.ts';
import type {
  Aggregate,
  AggregateRow,
  QuarantineQuery,
  QuarantineRow,
} from '../domain/ports/telemetry-store.ts';
import type { BucketName } from '../domain/time/bucket.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import type { QualityReasons } from '../ingest/explain-quality.ts';
import type { IngestMark, IngestStatus } from '../ingest/pipeline.ts';
import type { District } from '../domain/model/district.ts';
import type { KeptPart, PartSelection, RegistryVersion } from '../domain/ports/registry-store.ts';
import type { AlarmService } from './alarms/alarm-service.ts';
import type { SiteChange } from './identity/registry-keeper.ts';
import type { BackupProgress } from './backup/backup-progress.ts';
import type { BackupSummary } from './backup/backup-summary.ts';
import type { ExportRequest, ExportSummary } from './export/make-export.ts';
import type { AccountService } from './identity/account-service.ts';
import type { MetricSample } from './metrics.ts';
import type { RuleService } from './rules/rule-service.ts';
import type { SignalService } from './signals/signal-desk.ts';
import type { StationLending } from './simulator/station-loans.ts';
import { DEFAULT_ORGANISATION } from './principal.ts';
import type { Principal, Proof } from './principal.ts';

export type { IngestStatus, MetricSample, Principal };

/** The principal of what the server does by itself, such as applying the site at a start. */
export const SYSTEM_PRINCIPAL: Principal = {
  id: 'system',
  role: 'admin',
  organisation: DEFAULT_ORGANISATION,
  scope: [],
};

/** Readiness with the reasons against it; ready when there are none. Warnings do not make it unready. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly { readonly code: string; readonly message: string; readonly since: EpochMs }[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** The last value of one datastream. */
export interface LatestValue extends DatastreamName {
  readonly station: string;
  readonly observation: Observation;
}

export interface DatastreamAddress extends DatastreamName {
  readonly station: string;
}

/** How a station's clock and sequence look from here. */
export interface StationHealth {
  readonly connected: boolean;
  readonly connectedSince?: EpochMs;
  readonly lastReceived?: EpochMs;
  /** Messages missing by the sequence counter, and how often it started again. */
  readonly sequenceGaps?: number;
  readonly sequenceResets?: number;
  /** Device clock minus ours, milliseconds, with the half-width of its uncertainty. */
  readonly clockOffsetMs?: number;
  readonly clockUncertaintyMs?: number;
}

/** What ingest knows of a station's health; whether it is connected, the broker knows. */
export type TrackedHealth = Omit<StationHealth, 'connected' | 'connectedSince'>;

/** What moved in the district since a mark. */
export interface Changes {
  /** To ask with the next time. */
  readonly mark: IngestMark;
  readonly latest: readonly LatestValue[];
  readonly tracked: ReadonlyMap<string, TrackedHealth>;
  /** Of this moment and whole: a connection that ended leaves no trace in it. */
  readonly connections: ReadonlyMap<string, { readonly since: EpochMs }>;
}

/** What a replay of quarantine did. */
export interface QuarantineReplay {
  readonly tried: number;
  readonly released: number;
  readonly stillQuarantined: number;
}

/** A third party's readings: the body of `POST /api/v1/observations`. */
export interface Submission {
  readonly station: string;
  /** The payload of an `obs` message, exactly as it will be journalled. */
  readonly payload: Uint8Array;
}

/** The district as it is registered, and its history. */
export interface DistrictRegistry {
  current(): District;
  /** Newest first. */
  versions(limit: number): Promise<readonly RegistryVersion[]>;
  /** The parts of a version, or those that hold at an event time. */
  parts(selection: PartSelection): Promise<readonly KeptPart[]>;
  /** Undefined where nothing differed. Rejects with `conflict`; see `RegistryKeeper.applySite`. */
  apply(principal: Principal, change: SiteChange): Promise<RegistryVersion | undefined>;
  /** Applies the district of an earlier version anew. Rejects with `not_found` for a version that never was. */
  rollBack(
    principal: Principal,
    to: { readonly version: number; readonly note?: string },
  ): Promise<RegistryVersion | undefined>;
}

/** Everything HTTP and the control socket can ask for. Implemented by the wiring; faked in their tests. */
export interface Application {
  readonly startedAt: EpochMs;
  now(): EpochMs;
  readiness(): Promise<Readiness>;
  /** What ingest has taken and not yet stored, and how fast readings reach listeners. */
  ingestStatus(): Promise<IngestStatus>;
  registry(): Registry;
  readonly district: DistrictRegistry;
  readonly rules: RuleService;
  readonly alarms: AlarmService;
  readonly signals: SignalService;
  stationHealth(): Promise<ReadonlyMap<string, StationHealth>>;
  latest(): Promise<readonly LatestValue[]>;
  /** What moved since the mark of the last call; `NOTHING_SEEN` asks for everything. */
  changesSince(mark: IngestMark): Promise<Changes>;
  /** The last group commit of each stream of the journal; the cursors of `ingestStatus` count in the same. */
  journalHead(): Promise<Cursors>;
  /** `undefined` when the station is registered without this datastream and the store never saw it. */
  findDatastream(
    address: DatastreamAddress,
  ): Promise<{ readonly id: number | undefined; readonly spec: DatastreamSpec | undefined } | undefined>;
  /** What the quality tests say of a stored reading; undefined where there is none or its datastream is not registered. */
  explainQuality(datastream: number, t: EpochMs): Promise<QualityReasons | undefined>;
  range(query: {
    readonly datastream: number;
    readonly from: EpochMs;
    readonly to: EpochMs;
    readonly limit: number;
  }): Promise<readonly Observation[]>;
  aggregate(query: {
    readonly datastream: number;
    readonly from: EpochMs;
    readonly to: EpochMs;
    readonly bucket: BucketName;
    readonly aggregates: readonly Aggregate[];
    readonly limit: number;
  }): Promise<readonly AggregateRow[]>;
  /** In total, of one station, or of some added up. */
  ledger(of?: string | readonly string[]): Promise<Ledger>;
  /** Compares the ledger's stored counts with the rows in the tables. */
  auditLedger(): Promise<{ readonly agrees: boolean; readonly differences: readonly string[] }>;
  quarantine(query: QuarantineQuery): Promise<readonly QuarantineRow[]>;
  replayQuarantine(filter: {
    readonly station?: string;
    readonly reason?: QuarantineReason;
  }): Promise<QuarantineReplay>;
  /** Resolves when the readings are durable in the journal. */
  submit(principal: Principal, submission: Submission): Promise<void>;
  metrics(): Promise<readonly MetricSample[]>;
  /** Whose proof it is; undefined where it is unknown, ended or revoked. */
  authenticate(proof: Proof): Principal | undefined;
  readonly accounts: AccountService;
  readonly loans: StationLending;
  countRefusal(principal: string, reason: RefusalReason): void;

  // Administration: control socket and admin role only. Every call is audited under the principal.
  enrol(principal: Principal, id: string): Promise<{ readonly id: string; readonly secret: string }>;
  rotate(principal: Principal, id: string): Promise<{ readonly id: string; readonly secret: string }>;
  revoke(principal: Principal, id: string): Promise<void>;
  createToken(
    principal: Principal,
    token: { readonly role: Role; readonly organisation?: string; readonly scope?: readonly string[] },
  ): Promise<{ readonly token: string; readonly record: ApiToken }>;
  /** Copies the data directory at one position of its journal into a folder; see `makeBackup`. */
  backup(principal: Principal, target: string): Promise<BackupSummary>;
  /** How far the backup is that is being made; undefined where none is. */
  backupProgress(): BackupProgress | undefined;
  /** Writes observations into a folder; see `makeExport`. */
  export(principal: Principal, request: ExportRequest): Promise<ExportSummary>;
  /** Registers things and enrols those that have no credential yet; answers the fresh secrets, once. */
  register(
    principal: Principal,
    things: readonly ThingSpec[],
  ): Promise<{ readonly secrets: Readonly<Record<string, string>> }>;
}
