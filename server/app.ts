import { join } from 'node:path';

import { SILENT_LOG } from '../domain/ports/log.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { AppError } from '../domain/errors.ts';
import { createMqttBroker } from '../broker/mqtt-broker.ts';
import type { MqttBroker } from '../broker/mqtt-broker.ts';
import { TELEMETRY_CONSUMER } from '../ingest/store-writer.ts';
import { DuckdbTelemetry } from '../storage/duckdb/telemetry-client.ts';
import { createTelemetryStore } from '../storage/duckdb/telemetry-store.ts';
import { freeSpace, isSpaceLow } from '../storage/files/free-space.ts';
import { FileSnapshots } from '../storage/files/snapshot-files.ts';
import { DirectoryLock } from '../storage/sqlite/directory-lock.ts';
import { JournalClient } from '../storage/sqlite/journal-client.ts';
import { OperationsClient } from '../storage/sqlite/operations-client.ts';
import { SYSTEM_PRINCIPAL } from './application.ts';
import type { Application } from './application.ts';
import { LiveBackup } from './backup/live-backup.ts';
import type { Config } from './config/schema.ts';
import { createControlServer } from './control/control-server.ts';
import { DatastreamIndex } from './datastream-index.ts';
import { HealthMonitor } from './health-monitor.ts';
import { builtConsole } from './http/console-files.ts';
import { createHttpServer } from './http/http-server.ts';
import type { HttpServer } from './http/http-server.ts';
import type { Accounts } from './identity/accounts.ts';
import { Administration } from './identity/administration.ts';
import { createAccounts } from './identity/create-accounts.ts';
import { journalDecision } from './journal-decision.ts';
import { LiveApplication } from './live-application.ts';
import { liveChecks } from './live-checks.ts';
import { liveSamples } from './live-metrics.ts';
import type { MetricSample } from './metrics.ts';
import { RefusalLedger } from './refusal-ledger.ts';
import { readScenarioFile } from './scenario-file.ts';
import { startSite } from './site/start-site.ts';
import type { StartSite } from './site/start-site.ts';
import { SNAPSHOT_FOLDER } from './snapshot-folder.ts';
import { BuiltInSimulator } from './simulator/built-in-simulator.ts';
import { StationLoans } from './simulator/station-loans.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';
import { Teardown } from './teardown.ts';
import { readTlsFiles } from './tls-files.ts';
import { IngestThread } from './workers/ingest-thread.ts';

/** What an embedding program or a test may replace. */
export interface AppOverrides {
  readonly clock?: Clock;
  readonly log?: Log;
  /** A worker thread is gone: nothing can be promised any more, so the process has to end. Called at most once. */
  readonly onFatal?: (error: Error) => void;
  /** Lets `injectFault` work; for tests only. */
  readonly allowFaults?: boolean;
  readonly version?: string;
  /** Whether a person sees what the program prints, and may be shown a password. */
  readonly isTerminal?: boolean;
}

/** Where something listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Addresses {
  readonly http: Address;
  readonly mqtt: Address;
  readonly mqttTls?: Address;
}

/** The whole server in one process. */
export interface App {
  /** Resolves when everything listens. After a failure everything that had started is stopped again. */
  start(): Promise<void>;
  /** Inputs first, then what they feed; everything acknowledged is durable afterwards. Idempotent. */
  stop(): Promise<void>;
  /** Throws `shutting_down` before the start and after the stop. */
  addresses(): Addresses;
  /**
   * The generated password of the first user, `admin`, where this start has made it and may show it: on a terminal or
   * for the demo site. Else it is in the file `first-password` of the data directory.
   */
  firstPassword(): string | undefined;
  /** For fault tests only; see `JournalClient.injectFault` and `DuckdbTelemetry.injectFault`. */
  injectFault(part: 'journal' | 'store', kind: string): Promise<void>;
}

/** Creating it opens nothing. */
export function createApp(config: Config, overrides: AppOverrides = {}): App {
  return new ServerApp(config, overrides);
}

/** Parts that exist once they have started, in the order of the start. */
interface Started {
  readonly administration: Administration;
  readonly loans: StationLoans;
  readonly accounts: Accounts;
  readonly refusals: RefusalLedger;
  readonly journal: JournalClient;
  readonly telemetry: DuckdbTelemetry;
  readonly ingest: IngestThread;
}

class ServerApp implements App {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #overrides: AppOverrides;
  readonly #teardown: Teardown;
  #starting: Promise<void> = Promise.resolve();
  #started: Started | undefined;
  #broker: MqttBroker | undefined;
  #http: HttpServer | undefined;
  #firstPassword: string | undefined;
  #isLost = false;

  constructor(config: Config, overrides: AppOverrides) {
    this.#config = config;
    this.#overrides = overrides;
    this.#clock = overrides.clock ?? SYSTEM_CLOCK;
    this.#log = overrides.log ?? SILENT_LOG;
    this.#teardown = new Teardown(this.#log);
  }

  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async stop(): Promise<void> {
    // A start that is still under way would go on adding steps behind the back of the teardown.
    await this.#starting.catch(() => undefined);
    await this.#teardown.run();
  }

  async #start(): Promise<void> {
    try {
      const { site, ...started } = await this.#startPipeline();
      this.#started = started;
      const broker = this.#createBroker(started);
      const application = await this.#createApplication(started, { broker, site });
      await this.#listen(application, broker);
      await this.#startSimulator(site.isDemo, started, application);
    } catch (error) {
      await this.#teardown.run();
      throw error;
    }
  }

  addresses(): Addresses {
    const http = this.#http?.address();
    const mqtt = this.#broker?.address();
    if (http === undefined || mqtt === undefined) {
      throw new AppError('shutting_down', 'The server does not listen.');
    }
    const mqttTls = this.#broker?.tlsAddress();
    return { http, mqtt, ...(mqttTls === undefined ? {} : { mqttTls }) };
  }

  firstPassword(): string | undefined {
    return this.#firstPassword;
  }

  async injectFault(part: 'journal' | 'store', kind: string): Promise<void> {
    const started = this.#started;
    await (part === 'journal' ? started?.journal : started?.telemetry)?.injectFault(kind);
  }

  /** Everything from the data directory to the ingest worker; outputs before what feeds them. */
  async #startPipeline(): Promise<Started & { readonly site: StartSite }> {
    const { dataDir, archive } = this.#config;
    // The lock first: nothing may touch the folder while another server holds it.
    const lock = DirectoryLock.acquire(dataDir);
    this.#teardown.add('directory lock', () => lock.release());
    const { site, ...operated } = await this.#openOperations();
    const journal = new JournalClient({
      directory: dataDir,
      consumers: [TELEMETRY_CONSUMER],
      archiveLingerMs: archive.lingerMs,
      archiveIntervalMs: archive.intervalMs,
      clock: this.#clock,
      log: this.#log,
      allowFaults: this.#overrides.allowFaults ?? false,
      onFatal: error => this.#onFatal(error),
    });
    await journal.start();
    this.#teardown.add('journal', () => journal.stop());
    const telemetry = new DuckdbTelemetry({
      directory: dataDir,
      log: this.#log,
      allowFaults: this.#overrides.allowFaults ?? false,
      onFatal: error => this.#onFatal(error),
    });
    await telemetry.start();
    this.#teardown.add('telemetry store', () => telemetry.stop());
    const ingest = await this.#startIngest({ ...operated, journal, telemetry });
    return { site, ...operated, journal, telemetry, ingest };
  }

  async #openOperations(): Promise<
    Pick<Started, 'administration' | 'loans' | 'accounts' | 'refusals'> & { readonly site: StartSite }
  > {
    const operations = await OperationsClient.open(this.#config.dataDir);
    this.#teardown.add('operations', () => operations.close());
    const clock = this.#clock;
    const administration = new Administration({ operations, clock });
    await administration.load();
    const site = await startSite(administration, { folder: this.#config.site, log: this.#log });
    const accounts = createAccounts({ dataDir: this.#config.dataDir, operations, clock, log: this.#log });
    await accounts.load();
    this.#teardown.add('accounts', () => accounts.stop());
    const canShow = site.isDemo || this.#overrides.isTerminal === true;
    this.#firstPassword = await accounts.ensureFirstUser(SYSTEM_PRINCIPAL, canShow);
    const refusals = new RefusalLedger({ operations, clock, log: this.#log });
    await refusals.start();
    this.#teardown.add('refusal counts', () => refusals.stop());
    const loans = new StationLoans({ administration, clock, log: this.#log });
    this.#teardown.add('loans of stations', () => loans.stop());
    return { site, administration, loans, accounts, refusals };
  }

  async #startIngest(
    parts: Pick<Started, 'administration' | 'journal' | 'telemetry'>,
  ): Promise<IngestThread> {
    const { administration, journal, telemetry } = parts;
    const ingest = new IngestThread(
      {
        journal: journal.openReader(),
        store: telemetry.openStore(),
        registry: administration.registry.current(),
        limits: this.#config.ingest,
        logLevel: this.#config.logLevel,
      },
      {
        onClockDecision: decision =>
          journalDecision({ journal, clock: this.#clock, log: this.#log }, decision),
        onFatal: error => this.#onFatal(error),
      },
    );
    this.#teardown.add('ingest', () => ingest.stop());
    await ingest.start();
    administration.registry.onChanged(registry => {
      // A failure here means that the worker is gone, which is fatal and told elsewhere.
      void ingest.setRegistry(registry).catch(() => undefined);
    });
    return ingest;
  }

  #createBroker({ administration, refusals, journal }: Started): MqttBroker {
    const { host, mqtt, dataDir } = this.#config;
    return createMqttBroker({
      clock: this.#clock,
      log: this.#log,
      registry: administration.registry,
      credentials: administration.credentials,
      refusals,
      journal,
      snapshots: new FileSnapshots(join(dataDir, SNAPSHOT_FOLDER)),
      host,
      port: mqtt.port,
      ...(mqtt.tls === undefined ? {} : { tls: { port: mqtt.tls.port, ...readTlsFiles(mqtt.tls) } }),
      limits: mqtt.limits,
    });
  }

  async #createApplication(
    started: Started,
    { broker, site }: { readonly broker: MqttBroker; readonly site: StartSite },
  ): Promise<LiveApplication> {
    const { administration, loans, accounts, refusals, journal, telemetry, ingest } = started;
    const store = createTelemetryStore(telemetry.openStore());
    this.#teardown.add('store reader', () => store.close());
    const health = new HealthMonitor({
      clock: this.#clock,
      log: this.#log,
      journalHealth: () => journal.health(),
      checks: liveChecks({
        ingestStatus: () => ingest.status(),
        ledger: () => ingest.ledger(),
        storeStats: () => telemetry.stats(),
        archiveError: async () => (await journal.stats()).archiveError,
        siteWarning: () => site.warning(),
        isSpaceLow: async () => isSpaceLow(await freeSpace(this.#config.dataDir)),
      }),
    });
    await health.start();
    this.#teardown.add('health checks', () => health.stop());
    return new LiveApplication({
      clock: this.#clock,
      administration,
      loans,
      accounts,
      refusals,
      journal,
      store,
      ingest,
      index: new DatastreamIndex(start => ingest.datastreams(start)),
      backup: new LiveBackup({
        dataDir: this.#config.dataDir,
        program: this.#version,
        parts: started,
        clock: this.#clock,
        log: this.#log,
      }),
      health,
      exportStore: query => telemetry.exportTo(query),
      connections: () => broker.connections(),
      metrics: () => this.#metrics(started, broker, health),
    });
  }

  async #metrics(
    started: Started,
    broker: MqttBroker,
    health: HealthMonitor,
  ): Promise<readonly MetricSample[]> {
    const { administration, refusals, journal, telemetry, ingest } = started;
    const [ledger, status, tracks, journalStats, store] = await Promise.all([
      ingest.ledger(),
      ingest.status(),
      ingest.tracks(),
      journal.stats(),
      telemetry.stats(),
    ]);
    return liveSamples({
      version: this.#version,
      ready: health.readiness().ready,
      ledger,
      refusedByReason: refusals.byReason(),
      registry: administration.registry.current(),
      connectedIds: broker.connections().keys(),
      tracks,
      ingest: status,
      broker: broker.stats(),
      journal: { ...journalStats, ...journal.commitCounters(), ...journal.health() },
      store,
    });
  }

  /** Inputs start last and stop first. */
  async #listen(application: LiveApplication, broker: MqttBroker): Promise<void> {
    const { host, http, dataDir } = this.#config;
    this.#broker = broker;
    this.#teardown.add('broker', () => broker.stop());
    await broker.start();
    this.#http = createHttpServer({
      application,
      clock: this.#clock,
      log: this.#log,
      host,
      port: http.port,
      limits: http.limits,
      trustedProxies: http.trustedProxies === 'none' ? [] : http.trustedProxies.split(','),
      version: this.#version,
      consoleFolder: builtConsole(),
    });
    const server = this.#http;
    this.#teardown.add('HTTP', () => server.stop());
    await server.start();
    const control = createControlServer({
      application,
      dataDir,
      log: this.#log,
      addresses: () => this.addresses(),
      version: this.#version,
    });
    this.#teardown.add('control socket', () => control.stop());
    await control.start();
    // Before the control socket closes: that waits for whoever waits for a backup.
    this.#teardown.add('backup', () => application.endBackup());
  }

  async #startSimulator(isDemo: boolean, started: Started, application: Application): Promise<void> {
    const { simulator: choice = isDemo ? 'on' : 'off', scenario } = this.#config;
    const mqtt = this.#broker?.address();
    if (choice === 'off' || mqtt === undefined) return;
    const simulator = new BuiltInSimulator({
      parts: started,
      application,
      mqtt,
      scenario: scenario === undefined ? undefined : readScenarioFile(scenario),
      clock: this.#clock,
      log: this.#log,
    });
    this.#teardown.add('simulator', () => simulator.stop());
    await simulator.start();
  }

  get #version(): string {
    return this.#overrides.version ?? '0.0.0';
  }

  #onFatal(error: Error): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#log.error('A part of the server is gone; the process cannot go on.', { error });
    this.#overrides.onFatal?.(error);
  }
}
