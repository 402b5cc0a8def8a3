import type { Ledger, RefusalCount } from '../domain/model/ledger.ts';
import { SILENT_LOG } from '../domain/ports/log.ts';
import type { EpisodeStore } from '../domain/ports/episode-store.ts';
import type { TelemetryStore } from '../domain/ports/telemetry-store.ts';
import { reportLedger } from '../ingest/ledger-report.ts';
import { DuckdbTelemetry } from '../storage/duckdb/telemetry-client.ts';
import type { TelemetryOptions } from '../storage/duckdb/telemetry-client.ts';
import { createTelemetryStore } from '../storage/duckdb/telemetry-store.ts';
import { DirectoryLock } from '../storage/sqlite/directory-lock.ts';
import { JournalClient } from '../storage/sqlite/journal-client.ts';
import { createJournalReader } from '../storage/sqlite/journal-reader.ts';
import { EpisodesClient } from '../storage/sqlite/episodes-client.ts';
import { createEpisodeStore } from '../storage/sqlite/episodes-port.ts';
import { OperationsClient } from '../storage/sqlite/operations-client.ts';
import type { Config } from './config/schema.ts';
import type { Accounts } from './identity/accounts.ts';
import { Administration } from './identity/administration.ts';
import { createAccounts } from './identity/create-accounts.ts';
import { GuardedRules } from './rules/guarded-rules.ts';
import { RuleKeeper } from './rules/rule-keeper.ts';
import type { RuleService } from './rules/rule-service.ts';
import { runBacktest } from './rules/run-backtest.ts';
import { startRules } from './rules/start-rules.ts';
import { startSite } from './site/start-site.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';
import { Teardown } from './teardown.ts';

/**
 * Runs work on a data directory while no server runs, and closes everything whatever happens. Rejects with
 * `already_running` where a server holds the directory.
 */
export async function workOffline<Result>(
  config: DirectoryConfig,
  work: (directory: OfflineDirectory) => Promise<Result>,
): Promise<Result> {
  const directory = new OpenedDirectory(config);
  try {
    directory.lock();
    return await work(directory);
  } finally {
    await directory.close();
  }
}

type DirectoryConfig = Pick<Config, 'dataDir' | 'site' | 'rules'>;

/** What the store's engine may take; by default as much as a server's. */
type StoreEngine = Pick<TelemetryOptions, 'memoryLimitMiB' | 'threads'>;

/** The parts of a data directory, opened as they are asked for. */
export interface OfflineDirectory {
  /** With the site applied as a start would do it, so that things can be enrolled before the first start. */
  administration(): Promise<Administration>;
  /** With the configured rule set activated as a start would do it. */
  rules(): Promise<RuleKeeper>;
  episodes(): Promise<EpisodeStore>;
  accounts(): Promise<Accounts>;
  refusals(): Promise<readonly RefusalCount[]>;
  journal(): Promise<JournalClient>;
  /** The telemetry store of this folder; closed at once after the work. */
  withStore<Result>(
    folder: string,
    work: (store: TelemetryStore) => Promise<Result>,
    engine?: StoreEngine,
  ): Promise<Result>;
}

class OpenedDirectory implements OfflineDirectory {
  readonly #config: DirectoryConfig;
  readonly #teardown = new Teardown(SILENT_LOG);
  #operations: OperationsClient | undefined;

  constructor(config: DirectoryConfig) {
    this.#config = config;
  }

  lock(): void {
    const lock = DirectoryLock.acquire(this.#config.dataDir);
    this.#teardown.add('lock', () => lock.release());
  }

  async administration(): Promise<Administration> {
    const administration = new Administration({ operations: await this.#open(), clock: SYSTEM_CLOCK });
    await administration.load();
    await startSite(administration, { folder: this.#config.site, log: SILENT_LOG });
    return administration;
  }

  async rules(): Promise<RuleKeeper> {
    const rules = new RuleKeeper({ store: await this.#open(), clock: SYSTEM_CLOCK });
    await rules.load();
    await startRules(rules, { path: this.#config.rules, log: SILENT_LOG });
    return rules;
  }

  async episodes(): Promise<EpisodeStore> {
    const episodes = new EpisodesClient({ directory: this.#config.dataDir });
    await episodes.start();
    this.#teardown.add('episode store', () => episodes.stop());
    const store = createEpisodeStore(episodes.openStore());
    this.#teardown.add('reader of episodes', () => store.close());
    return store;
  }

  async accounts(): Promise<Accounts> {
    const { dataDir } = this.#config;
    const operations = await this.#open();
    const accounts = createAccounts({ dataDir, operations, clock: SYSTEM_CLOCK, log: SILENT_LOG });
    await accounts.load();
    return accounts;
  }

  async refusals(): Promise<readonly RefusalCount[]> {
    return await (await this.#open()).refusals();
  }

  async journal(): Promise<JournalClient> {
    // A consumer that never tells where it stands keeps the archiver from moving anything.
    const journal = new JournalClient({ directory: this.#config.dataDir, consumers: ['offline'] });
    await journal.start();
    this.#teardown.add('journal', () => journal.stop());
    return journal;
  }

  async withStore<Result>(
    directory: string,
    work: (store: TelemetryStore) => Promise<Result>,
    engine: StoreEngine = {},
  ): Promise<Result> {
    const telemetry = new DuckdbTelemetry({ directory, ...engine });
    await telemetry.start();
    const store = createTelemetryStore(telemetry.openStore());
    try {
      return await work(store);
    } finally {
      store.close();
      await telemetry.stop();
    }
  }

  close(): Promise<void> {
    return this.#teardown.run();
  }

  async #open(): Promise<OperationsClient> {
    if (this.#operations !== undefined) return this.#operations;
    const operations = await OperationsClient.open(this.#config.dataDir);
    this.#operations = operations;
    this.#teardown.add('operations', () => operations.close());
    return operations;
  }
}

/** Things, credentials and tokens, without a server. */
export function administerOffline<Result>(
  config: Config,
  work: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  return workOffline(config, async directory => await work(await directory.administration()));
}

/** Rule sets, without a server. */
export function rulesOffline<Result>(
  config: Config,
  work: (rules: RuleService) => Promise<Result>,
): Promise<Result> {
  const { dataDir, alarmBudget } = config;
  return workOffline(config, async directory => {
    const rules = new GuardedRules({
      keeper: await directory.rules(),
      clock: SYSTEM_CLOCK,
      budget: alarmBudget,
      site: async () => {
        const { registry } = await directory.administration();
        return { registry: registry.current(), district: registry.district() };
      },
      datastreams: () => directory.withStore(dataDir, async store => (await store.resume()).datastreams),
      run: async job => {
        const episodes = await directory.episodes();
        return await directory.withStore(dataDir, store => runBacktest({ store, episodes }, job));
      },
    });
    return await work(rules);
  });
}

/** Users, without a server. */
export function accountsOffline<Result>(
  config: Config,
  work: (accounts: Accounts) => Promise<Result>,
): Promise<Result> {
  return workOffline(config, async directory => await work(await directory.accounts()));
}

/** The ledger as the last server left it; what it had not yet consumed is in flight. */
export function ledgerOffline(config: Config, station?: string): Promise<Ledger> {
  return workOffline(config, async directory => {
    const reader = createJournalReader((await directory.journal()).openReader());
    const refused = await directory.refusals();
    return await directory
      .withStore(config.dataDir, store =>
        reportLedger({ store, reader }, refused, station === undefined ? undefined : [station]),
      )
      .finally(() => reader.close());
  });
}
