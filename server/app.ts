import { join } from 'node:path';

import { SILENT_LOG } from '../domain/ports/log.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { AppError } from '../domain/errors.ts';
import { createMqttBroker } from '../broker/mqtt-broker.ts';
import type { MqttBroker } from '../broker/mqtt-broker.ts';
import { createTelemetryStore } from '../storage/duckdb/telemetry-store.ts';
import { freeSpace, isSpaceLow } from '../storage/files/free-space.ts';
import { FileSnapshots } from '../storage/files/snapshot-files.ts';
import type { Application } from './application.ts';
import { LiveBackup } from './backup/live-backup.ts';
import type { Config } from './config/schema.ts';
import { createControlServer } from './control/control-server.ts';
import { DatastreamIndex } from './datastream-index.ts';
import { HealthMonitor } from './health-monitor.ts';
import { builtConsole } from './http/console-files.ts';
import { createHttpServer } from './http/http-server.ts';
import type { HttpServer } from './http/http-server.ts';
import { LiveApplication } from './live-application.ts';
import { liveChecks } from './live-checks.ts';
import { liveSamples } from './live-metrics.ts';
import type { MetricSample } from './metrics.ts';
import { startRuleService } from './rules/start-rule-service.ts';
import { readScenarioFile } from './scenario-file.ts';
import { SNAPSHOT_FOLDER } from './snapshot-folder.ts';
import { BuiltInSimulator } from './simulator/built-in-simulator.ts';
import { startParts } from './start-parts.ts';
import type { StartOutcome, StartedParts } from './start-parts.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';
import { Teardown } from './teardown.ts';
import { readTlsFiles } from './tls-files.ts';

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

/** Where a test may put a fault. */
export type FaultyPart = 'journal' | 'store' | 'episodes';

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
  /** For fault tests only; see `injectFault` of `JournalClient`, `DuckdbTelemetry` and `EpisodesClient`. */
  injectFault(part: FaultyPart, kind: string): Promise<void>;
}

/** Creating it opens nothing. */
export function createApp(config: Config, overrides: AppOverrides = {}): App {
  return new ServerApp(config, overrides);
}

class ServerApp implements App {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #overrides: AppOverrides;
  readonly #teardown: Teardown;
  #starting: Promise<void> = Promise.resolve();
  #started: StartedParts | undefined;
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
      const { site, ruleFile, firstPassword, ...started } = await startParts({
        config: this.#config,
        clock: this.#clock,
        log: this.#log,
        teardown: this.#teardown,
        allowFaults: this.#overrides.allowFaults ?? false,
        isTerminal: this.#overrides.isTerminal ?? false,
        onFatal: error => this.#onFatal(error),
      });
      this.#started = started;
      this.#firstPassword = firstPassword;
      const broker = this.#createBroker(started);
      const application = await this.#createApplication(started, { broker, site, ruleFile });
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

  async injectFault(part: FaultyPart, kind: string): Promise<void> {
    const started = this.#started;
    const parts = { journal: started?.journal, store: started?.telemetry, episodes: started?.episodes };
    await parts[part]?.injectFault(kind);
  }

  #createBroker({ administration, refusals, journal }: StartedParts): MqttBroker {
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
    started: StartedParts,
    { broker, site, ruleFile }: Pick<StartOutcome, 'site' | 'ruleFile'> & { readonly broker: MqttBroker },
  ): Promise<LiveApplication> {
    const { administration, loans, accounts, refusals, journal, telemetry, ingest, alarms, signals } =
      started;
    const store = createTelemetryStore(telemetry.openStore());
    this.#teardown.add('store reader', () => store.close());
    const health = new HealthMonitor({
      clock: this.#clock,
      log: this.#log,
      journalHealth: () => journal.health(),
      checks: liveChecks({
        ingestStatus: () => ingest.status(),
        watchStatus: () => ingest.watchStatus(),
        ledger: () => ingest.ledger(),
        storeStats: () => telemetry.stats(),
        archiveError: async () => (await journal.stats()).archiveError,
        siteWarning: () => site.warning(),
        rulesWarning: () => ruleFile.warning(),
        isSpaceLow: async () => isSpaceLow(await freeSpace(this.#config.dataDir)),
      }),
    });
    await health.start();
    this.#teardown.add('health checks', () => health.stop());
    return new LiveApplication({
      clock: this.#clock,
      administration,
      rules: startRuleService(started, {
        config: this.#config,
        clock: this.#clock,
        teardown: this.#teardown,
      }),
      loans,
      accounts,
      refusals,
      journal,
      store,
      ingest,
      alarms,
      signals,
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
    started: StartedParts,
    broker: MqttBroker,
    health: HealthMonitor,
  ): Promise<readonly MetricSample[]> {
    const { administration, refusals, journal, telemetry, ingest, alarms } = started;
    const [ledger, status, watch, tracks, journalStats, store] = await Promise.all([
      ingest.ledger(),
      ingest.status(),
      ingest.watchStatus(),
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
      alarms,
      watch,
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

  async #startSimulator(isDemo: boolean, started: StartedParts, application: Application): Promise<void> {
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
