import { formatDatastreamName } from '../domain/model/datastream.ts';
import type { Ledger } from '../domain/model/ledger.ts';
import type { Observation } from '../domain/model/observation.ts';
import type { DatastreamSpec, Registry } from '../domain/model/registry.ts';
import { upTopic } from '../domain/model/topic.ts';
import type { ThingId } from '../domain/model/identifier.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { RegistryVersion } from '../domain/ports/registry-store.ts';
import type { RefusalReason } from '../domain/ports/identity.ts';
import type { Cursors, JournalAppender } from '../domain/ports/journal.ts';
import type { AggregateRow, QuarantineRow, TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { QualityReasons } from '../ingest/explain-quality.ts';
import type { IngestMark } from '../ingest/pipeline.ts';
import type { ExportQuery } from '../storage/duckdb/observation-export.ts';
import type { AlarmService } from './alarms/alarm-service.ts';
import type {
  Application,
  Changes,
  IngestStatus,
  LatestValue,
  MetricSample,
  Principal,
  QuarantineReplay,
  Readiness,
  StationHealth,
  DistrictRegistry,
  Submission,
} from './application.ts';
import type { LiveBackup } from './backup/live-backup.ts';
import type { DatastreamIndex } from './datastream-index.ts';
import { makeExport } from './export/make-export.ts';
import type { HealthMonitor } from './health-monitor.ts';
import type { AccountService } from './identity/account-service.ts';
import type { Administration } from './identity/administration.ts';
import { appendDurably } from './journal-append.ts';
import { auditStored } from './ledger-audit.ts';
import type { Proof } from './principal.ts';
import type { RefusalLedger } from './refusal-ledger.ts';
import type { RuleService } from './rules/rule-service.ts';
import type { SignalService } from './signals/signal-desk.ts';
import type { StationLending } from './simulator/station-loans.ts';
import { stationHealth, trackedHealth } from './station-health.ts';
import type { IngestThread } from './workers/ingest-thread.ts';

/** The running parts that answer the application's questions. */
export interface LiveParts {
  readonly clock: Clock;
  readonly administration: Administration;
  readonly rules: RuleService;
  readonly accounts: AccountService;
  readonly loans: StationLending;
  readonly refusals: RefusalLedger;
  readonly journal: JournalAppender & { stats(): Promise<{ readonly lastSeq: Cursors }> };
  readonly store: TelemetryStore;
  readonly ingest: IngestThread;
  readonly index: DatastreamIndex;
  readonly alarms: AlarmService;
  readonly signals: SignalService;
  readonly health: HealthMonitor;
  readonly backup: LiveBackup;
  /** Answers the rows written. */
  readonly exportStore: (query: ExportQuery) => Promise<number>;
  /** Open connections to the broker by thing. */
  readonly connections: () => ReadonlyMap<string, { readonly since: EpochMs }>;
  readonly metrics: () => Promise<readonly MetricSample[]>;
}

/** The application over the running parts: it asks, joins and translates, and keeps nothing itself. */
export class LiveApplication implements Application {
  readonly startedAt: EpochMs;
  readonly #parts: LiveParts;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    this.startedAt = parts.clock.now();
  }

  now(): EpochMs {
    return this.#parts.clock.now();
  }

  readiness(): Promise<Readiness> {
    return Promise.resolve(this.#parts.health.readiness());
  }

  ingestStatus(): Promise<IngestStatus> {
    return this.#parts.ingest.status();
  }

  async journalHead(): Promise<Cursors> {
    return (await this.#parts.journal.stats()).lastSeq;
  }

  registry(): Registry {
    return this.#parts.administration.registry.current();
  }

  get rules(): RuleService {
    return this.#parts.rules;
  }

  get alarms(): AlarmService {
    return this.#parts.alarms;
  }

  get district(): DistrictRegistry {
    const { administration } = this.#parts;
    // As with single registrations, what is new reaches ingest before the caller can use it.
    const known = async (
      applying: Promise<RegistryVersion | undefined>,
    ): Promise<RegistryVersion | undefined> => {
      const version = await applying;
      if (version !== undefined) await this.#parts.ingest.setRegistry(this.registry());
      return version;
    };
    return {
      ...administration.district,
      apply: (principal, change) => known(administration.district.apply(principal, change)),
      rollBack: (principal, to) => known(administration.district.rollBack(principal, to)),
    };
  }

  async stationHealth(): Promise<ReadonlyMap<string, StationHealth>> {
    const health = new Map<string, StationHealth>();
    const connections = this.#parts.connections();
    for (const [id, connection] of connections) health.set(id, stationHealth(connection, undefined));
    for (const track of await this.#parts.ingest.tracks()) {
      health.set(track.station, stationHealth(connections.get(track.station), trackedHealth(track)));
    }
    return health;
  }

  async latest(): Promise<readonly LatestValue[]> {
    return await this.#named(await this.#parts.ingest.latest());
  }

  async changesSince(since: IngestMark): Promise<Changes> {
    const { mark, latest, tracks } = await this.#parts.ingest.changesSince(since);
    return {
      mark,
      latest: await this.#named(latest),
      tracked: new Map(tracks.map(track => [track.station, trackedHealth(track)])),
      connections: this.#parts.connections(),
    };
  }

  /** Puts the names of the datastreams to observations. */
  async #named(observations: readonly Observation[]): Promise<readonly LatestValue[]> {
    const { index } = this.#parts;
    // A fetch that was under way already may have begun before the observations came; the next one has not.
    if (observations.some(({ datastream }) => index.byId(datastream) === undefined)) await index.refresh();
    if (observations.some(({ datastream }) => index.byId(datastream) === undefined)) await index.refresh();
    const values: LatestValue[] = [];
    for (const observation of observations) {
      const datastream = index.byId(observation.datastream);
      if (datastream === undefined) continue;
      const { station, property, instance } = datastream;
      values.push({ station, property, ...(instance === undefined ? {} : { instance }), observation });
    }
    return values;
  }

  async findDatastream(
    address: Parameters<Application['findDatastream']>[0],
  ): Promise<{ readonly id: number | undefined; readonly spec: DatastreamSpec | undefined } | undefined> {
    const { index } = this.#parts;
    const thing = this.registry().things.get(address.station);
    const name = formatDatastreamName(address);
    const spec =
      thing?.kind === 'station'
        ? thing.datastreams.find(candidate => formatDatastreamName(candidate) === name)
        : undefined;
    if (index.idOf(address.station, address) === undefined) await index.refresh();
    const id = index.idOf(address.station, address);
    return id === undefined && spec === undefined ? undefined : { id, spec };
  }

  explainQuality(datastream: number, t: EpochMs): Promise<QualityReasons | undefined> {
    return this.#parts.ingest.explainQuality(datastream, t);
  }

  range(query: Parameters<Application['range']>[0]): Promise<readonly Observation[]> {
    return this.#parts.store.range(query);
  }

  aggregate(query: Parameters<Application['aggregate']>[0]): Promise<readonly AggregateRow[]> {
    const { datastream, ...rest } = query;
    return this.#parts.store.aggregate({ ...rest, datastreams: [datastream] });
  }

  async ledger(of?: string | readonly string[]): Promise<Ledger> {
    const stations = typeof of === 'string' ? [of] : of;
    const ledger = await this.#parts.ingest.ledger(stations);
    const refused = this.#parts.refusals.all();
    return {
      ...ledger,
      refused:
        stations === undefined ? refused : refused.filter(({ principal }) => stations.includes(principal)),
    };
  }

  auditLedger(): Promise<{ readonly agrees: boolean; readonly differences: readonly string[] }> {
    return auditStored(this.#parts.store);
  }

  quarantine(query: Parameters<Application['quarantine']>[0]): Promise<readonly QuarantineRow[]> {
    return this.#parts.store.quarantine(query);
  }

  replayQuarantine(filter: Parameters<Application['replayQuarantine']>[0]): Promise<QuarantineReplay> {
    return this.#parts.ingest.replayQuarantine(filter);
  }

  async submit(principal: Principal, { station, payload }: Submission): Promise<void> {
    await appendDurably(this.#parts.journal, 'live', {
      received: this.now(),
      principal: principal.id,
      topic: upTopic(station as ThingId, 'obs'),
      qos: 1,
      payload,
    });
  }

  metrics(): Promise<readonly MetricSample[]> {
    return this.#parts.metrics();
  }

  get accounts(): AccountService {
    return this.#parts.accounts;
  }

  get signals(): SignalService {
    return this.#parts.signals;
  }

  get loans(): StationLending {
    return this.#parts.loans;
  }

  authenticate({ kind, token }: Proof): Principal | undefined {
    const { administration, accounts } = this.#parts;
    return kind === 'bearer' ? administration.tokens.authenticate(token) : accounts.authenticate(token);
  }

  countRefusal(principal: string, reason: RefusalReason): void {
    this.#parts.refusals.count(principal, reason);
  }

  enrol(principal: Principal, id: string): ReturnType<Application['enrol']> {
    return this.#parts.administration.enrol(principal, id);
  }

  rotate(principal: Principal, id: string): ReturnType<Application['rotate']> {
    return this.#parts.administration.rotate(principal, id);
  }

  revoke(principal: Principal, id: string): Promise<void> {
    return this.#parts.administration.revoke(principal, id);
  }

  createToken(
    principal: Principal,
    token: Parameters<Application['createToken']>[1],
  ): ReturnType<Application['createToken']> {
    return this.#parts.administration.createToken(principal, token);
  }

  async backup(principal: Principal, target: string): ReturnType<Application['backup']> {
    const summary = await this.#parts.backup.make(target);
    await this.#parts.administration.note(principal, 'backup.make', summary.folder);
    return summary;
  }

  backupProgress(): ReturnType<Application['backupProgress']> {
    return this.#parts.backup.progress;
  }

  async export(
    principal: Principal,
    request: Parameters<Application['export']>[1],
  ): ReturnType<Application['export']> {
    const { clock, exportStore, administration } = this.#parts;
    const summary = await makeExport(request, { clock, exportStore, registry: this.registry() });
    await administration.note(principal, 'export.make', summary.folder);
    return summary;
  }

  /** Gives up a backup that is being made, and takes no more. */
  endBackup(): Promise<void> {
    return this.#parts.backup.stop();
  }

  async register(
    principal: Principal,
    things: Parameters<Application['register']>[1],
  ): ReturnType<Application['register']> {
    const registered = await this.#parts.administration.register(principal, things);
    // The registry reaches ingest before the caller can use the secrets, so that the first reading is known.
    await this.#parts.ingest.setRegistry(this.registry());
    return registered;
  }
}
