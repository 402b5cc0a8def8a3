import { randomUUID } from 'node:crypto';

import { AppError } from '../../domain/errors.ts';
import { districtOf } from '../../domain/model/district.ts';
import type { DistrictPart } from '../../domain/model/district.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { Ledger } from '../../domain/model/ledger.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type { Registry, ThingSpec } from '../../domain/model/registry.ts';
import type { Role } from '../../domain/ports/operations.ts';
import type { AggregateRow, QuarantineQuery, QuarantineRow } from '../../domain/ports/telemetry-store.ts';
import type { RegistryVersion } from '../../domain/ports/registry-store.ts';
import type { QualityFinding } from '../../domain/quality/quality-finding.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type {
  Application,
  DatastreamAddress,
  DistrictRegistry,
  IngestStatus,
  LatestValue,
  Principal,
  QuarantineReplay,
  Readiness,
  StationHealth,
  Submission,
  TrackedHealth,
} from '../../server/application.ts';
import type { QualityReasons } from '../../ingest/explain-quality.ts';
import type { IngestMark } from '../../ingest/pipeline.ts';
import type { BackupProgress } from '../../server/backup/backup-progress.ts';
import type { ExportRequest } from '../../server/export/make-export.ts';
import type { AccountService } from '../../server/identity/account-service.ts';
import type { MetricSample } from '../../server/metrics.ts';
import type { Proof } from '../../server/principal.ts';
import type { StationLending } from '../../server/simulator/station-loans.ts';
import { FakeAlarms } from './fake-alarms.ts';
import { FakeRules } from './fake-rules.ts';
import { FakeSignals } from './fake-signals.ts';
import { NO_MESSAGES, NO_READINGS, SOUND_BACKUP } from './sound-backup.ts';
import { createTestAccounts } from './test-accounts.ts';

type RangeAsked = Parameters<Application['range']>[0];
type AggregateAsked = Parameters<Application['aggregate']>[0];

/** An Application in memory: what it answers is a field, what it was asked is recorded. */
export class FakeApplication implements Application {
  readonly startedAt = epochMs(1_790_000_000_000);
  nowMs = 1_790_000_100_000;
  ready: Readiness | Error = { ready: true, reasons: [], warnings: [] };
  ingest: IngestStatus = {
    clockTrust: 'trusted',
    held: 0,
    outstandingReadings: 0,
    oldestUnstoredMs: 0,
    committed: { live: 0, backlog: 0 },
    taken: { live: 0, backlog: 0 },
    acceptedReadings: 0,
    staleDatastreams: 0,
    latency: { count: 0, p50: 0, p99: 0, max: 0 },
  };
  things = new Map<string, ThingSpec>();
  health = new Map<string, StationHealth>();
  latestValues: LatestValue[] = [];
  /** Store ids by `station/name`. */
  datastreams = new Map<string, number>();
  rows: readonly Observation[] = [];
  qualityTests: readonly QualityFinding[] = [
    { test: 'device_flag', flag: 1, t: epochMs(0), detail: {} },
    { test: 'gross_range', flag: 1, t: epochMs(0), detail: {} },
  ];
  buckets: readonly AggregateRow[] = [];
  /** By station, by several joined with commas, and in total by the empty name. */
  ledgers = new Map<string, Ledger>();
  /** The last group commits of the journal. */
  head = { live: 0, backlog: 0 };
  audit = { agrees: true, differences: [] as string[] };
  quarantined: QuarantineRow[] = [];
  samples: MetricSample[] = [];
  tokens = new Map<string, Principal>();
  accounts: AccountService = createTestAccounts();
  alarms = new FakeAlarms();
  readonly rules = new FakeRules();
  signals = new FakeSignals();
  /** Station ids by loan; `ENROLLED-…` is refused. */
  openLoans = new Map<string, readonly string[]>();
  leaseMs = 30_000;
  readonly loans: StationLending = {
    lend: async (principal, ids) => {
      this.asked.administration.push({ principal, action: 'lend', detail: ids });
      const loan = randomUUID();
      const isEnrolled = (id: string): boolean => id.startsWith('ENROLLED-');
      const lent = ids.filter(id => !isEnrolled(id));
      this.openLoans.set(loan, lent);
      return {
        loan,
        leaseMs: this.leaseMs,
        secrets: Object.fromEntries(lent.map(id => [id, `loan-of-${id}`])),
        refused: Object.fromEntries(ids.filter(isEnrolled).map(id => [id, 'enrolled' as const])),
      };
    },
    renew: async loan => {
      const stations = this.openLoans.get(loan);
      if (stations === undefined) throw new AppError('not_found', 'The loan has ended.');
      this.asked.renewals += 1;
      return { stations: stations.length };
    },
    giveBack: async (principal, loan) => {
      const returned = this.openLoans.get(loan)?.length ?? 0;
      this.asked.administration.push({ principal, action: 'giveBack', detail: loan });
      this.openLoans.delete(loan);
      return { returned };
    },
  };
  replayed: QuarantineReplay = { tried: 0, released: 0, stillQuarantined: 0 };
  /** Replaces what `submit` does; by default the readings are durable at once. */
  onSubmit: (submission: Submission) => Promise<void> = () => Promise.resolve();

  /** What has to end before a backup is made; by default nothing. */
  onBackup: () => Promise<void> = () => Promise.resolve();
  backupAt: BackupProgress | undefined;
  wasAskedForProgress = false;

  readonly asked: {
    ranges: RangeAsked[];
    aggregates: AggregateAsked[];
    changes: IngestMark[];
    quarantine: QuarantineQuery[];
    replays: unknown[];
    submissions: { principal: string; submission: Submission }[];
    refusals: string[];
    renewals: number;
    administration: { principal: Principal; action: string; detail: unknown }[];
  } = {
    ranges: [],
    aggregates: [],
    changes: [],
    quarantine: [],
    replays: [],
    submissions: [],
    refusals: [],
    renewals: 0,
    administration: [],
  };

  /** Registers a token for a role and answers it. */
  token(role: Role, scope: readonly string[] = []): string {
    const token = `secret-${role}-${this.tokens.size}`;
    this.tokens.set(token, { id: `token:${role}`, role, organisation: 'district', scope });
    return token;
  }

  now() {
    return epochMs(this.nowMs);
  }
  async readiness() {
    if (this.ready instanceof Error) throw this.ready;
    return this.ready;
  }
  async ingestStatus() {
    return this.ingest;
  }
  /** Parts of the district beside the things. */
  districtParts: readonly DistrictPart[] = [];
  registryVersions: readonly RegistryVersion[] = [];
  readonly district: DistrictRegistry = {
    current: () => districtOf(this.districtParts),
    versions: async limit => this.registryVersions.slice(0, limit),
    parts: async () =>
      [...this.things.values(), ...this.districtParts].map(part => ({
        part,
        origin: 'site',
        version: this.registryVersion,
        validFrom: this.startedAt,
      })),
    apply: async (principal, change) => {
      this.asked.administration.push({ principal, action: 'district.apply', detail: change });
      return this.registryVersions[0];
    },
    rollBack: async (principal, to) => {
      this.asked.administration.push({ principal, action: 'district.rollBack', detail: to });
      return this.registryVersions[0];
    },
  };
  registryVersion = 1;
  registry(): Registry {
    return { version: this.registryVersion, things: this.things };
  }
  async stationHealth() {
    return this.health;
  }
  async latest() {
    return this.latestValues;
  }
  /** Everything each time: whoever asks has to see by itself what differs. */
  async changesSince(mark: IngestMark) {
    this.asked.changes.push(mark);
    const tracked = [...this.health].map(
      ([id, { connected: _connected, connectedSince: _since, ...rest }]): [string, TrackedHealth] => [
        id,
        rest,
      ],
    );
    const online = [...this.health].filter(([, { connected }]) => connected);
    return {
      mark: { latest: mark.latest + 1, tracks: mark.tracks + 1 },
      latest: this.latestValues,
      tracked: new Map(tracked),
      connections: new Map(
        online.map(([id, { connectedSince }]) => [id, { since: connectedSince ?? this.startedAt }]),
      ),
    };
  }
  async journalHead() {
    return this.head;
  }
  async findDatastream(address: DatastreamAddress) {
    const name = formatDatastreamName(address);
    const id = this.datastreams.get(`${address.station}/${name}`);
    const thing = this.things.get(address.station);
    const spec =
      thing?.kind === 'station'
        ? thing.datastreams.find(candidate => formatDatastreamName(candidate) === name)
        : undefined;
    return id === undefined && spec === undefined ? undefined : { id, spec };
  }
  async explainQuality(datastream: number, t: EpochMs): Promise<QualityReasons | undefined> {
    const reading = this.rows.find(row => row.datastream === datastream && row.t === t);
    return reading && { reading, tests: this.qualityTests };
  }
  async range(query: RangeAsked) {
    this.asked.ranges.push(query);
    return this.rows.filter(row => row.t >= query.from && row.t < query.to).slice(0, query.limit);
  }
  async aggregate(query: AggregateAsked) {
    this.asked.aggregates.push(query);
    return this.buckets.filter(row => row.t >= query.from && row.t < query.to).slice(0, query.limit);
  }
  async ledger(of: string | readonly string[] = ''): Promise<Ledger> {
    const empty = { messages: NO_MESSAGES, readings: NO_READINGS, refused: [], balanced: true };
    return this.ledgers.get(typeof of === 'string' ? of : of.join(',')) ?? empty;
  }
  async auditLedger() {
    return this.audit;
  }
  async quarantine(query: QuarantineQuery) {
    this.asked.quarantine.push(query);
    const { after } = query;
    return this.quarantined
      .filter(row => query.includeReleased === true || !row.released)
      .filter(row => query.station === undefined || row.station === query.station)
      .filter(row => query.reason === undefined || row.reason === query.reason)
      .filter(
        row =>
          after === undefined ||
          row.position > after.position ||
          (row.position === after.position && row.item > after.item),
      )
      .slice(0, query.limit);
  }
  async replayQuarantine(filter: object) {
    this.asked.replays.push(filter);
    return this.replayed;
  }
  async submit(principal: Principal, submission: Submission) {
    this.asked.submissions.push({ principal: principal.id, submission });
    await this.onSubmit(submission);
  }
  async metrics() {
    return this.samples;
  }
  authenticate({ kind, token }: Proof) {
    return kind === 'bearer' ? this.tokens.get(token) : this.accounts.authenticate(token);
  }
  countRefusal(principal: string, reason: string) {
    this.asked.refusals.push(`${principal} ${reason}`);
  }
  async enrol(principal: Principal, id: string) {
    return this.#changeSecret(principal, 'enrol', id);
  }
  async rotate(principal: Principal, id: string) {
    return this.#changeSecret(principal, 'rotate', id);
  }
  async revoke(principal: Principal, id: string) {
    this.#known(id);
    this.asked.administration.push({ principal, action: 'revoke', detail: id });
  }
  async createToken(principal: Principal, token: Parameters<Application['createToken']>[1]) {
    this.asked.administration.push({ principal, action: 'createToken', detail: token });
    const record = {
      id: 'token-1',
      tokenSha256: '',
      role: token.role,
      organisation: token.organisation ?? principal.organisation,
      createdAt: this.now(),
      scope: token.scope ?? [],
    };
    return { token: `fresh-${token.role}`, record };
  }
  async backup(principal: Principal, target: string) {
    this.asked.administration.push({ principal, action: 'backup', detail: target });
    await this.onBackup();
    return { ...SOUND_BACKUP, folder: target };
  }
  backupProgress() {
    this.wasAskedForProgress = true;
    return this.backupAt;
  }
  async export(principal: Principal, request: ExportRequest) {
    this.asked.administration.push({ principal, action: 'export', detail: request });
    return { folder: request.target, rows: 12_345, stations: 2, bytes: 678_901, elapsedMs: 1_234 };
  }
  async register(principal: Principal, things: readonly ThingSpec[]) {
    this.asked.administration.push({ principal, action: 'register', detail: things });
    const fresh = things.filter(({ id }) => !this.things.has(id));
    for (const thing of things) this.things.set(thing.id, thing);
    return { secrets: Object.fromEntries(fresh.map(({ id }) => [id, `secret-of-${id}`])) };
  }

  #changeSecret(principal: Principal, action: string, id: string) {
    this.#known(id);
    this.asked.administration.push({ principal, action, detail: id });
    return { id, secret: `${action}-secret` };
  }

  #known(id: string) {
    if (!this.things.has(id)) throw new AppError('not_found', `No thing "${id}" is registered.`);
  }
}

/** A fake with two stations of the district: a river gauge and a pumping station. */
export function createFakeApplication(): FakeApplication {
  const application = new FakeApplication();
  application.things.set('RIVER-1', {
    kind: 'station',
    id: 'RIVER-1' as ThingId,
    name: '沙河水文站',
    nameEn: 'Shahe gauge',
    basin: 'shahe',
    latitude: 22.6,
    longitude: 113.9,
    datastreams: [
      { property: 'water_level', datum: '1985国家高程', intervalMs: 300_000 },
      { property: 'rainfall', intervalMs: 300_000 },
    ],
  });
  application.things.set('PUMP-1', {
    kind: 'station',
    id: 'PUMP-1' as ThingId,
    name: '泵站',
    datastreams: [
      { property: 'pump_running', instance: '1', intervalMs: 60_000 },
      { property: 'pump_running', instance: '2', intervalMs: 60_000, sensorSpan: [0, 2] },
    ],
  });
  application.things.set('GATE-1', { kind: 'gateway', id: 'GATE-1' as ThingId, name: 'g', stations: [] });
  application.datastreams.set('RIVER-1/water_level', 1);
  application.datastreams.set('PUMP-1/pump_running.2', 2);
  return application;
}

/** An observation with the fields that matter to a test. */
export function observation(fields: Partial<Observation> & { readonly t: Observation['t'] }): Observation {
  return {
    datastream: 1,
    v: 1,
    quality: 1,
    deviceFlag: 0,
    source: 1,
    sent: fields.t,
    received: fields.t,
    position: 1,
    ...fields,
  };
}
