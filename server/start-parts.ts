import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { TELEMETRY_CONSUMER } from '../ingest/store-writer.ts';
import { DuckdbTelemetry } from '../storage/duckdb/telemetry-client.ts';
import { EpisodesClient } from '../storage/sqlite/episodes-client.ts';
import { createEpisodeStore } from '../storage/sqlite/episodes-port.ts';
import { DirectoryLock } from '../storage/sqlite/directory-lock.ts';
import { JournalClient } from '../storage/sqlite/journal-client.ts';
import { OperationsClient } from '../storage/sqlite/operations-client.ts';
import { qualityOf } from './quality-file.ts';
import { SignalDesk } from './signals/signal-desk.ts';
import { basisHistory, basisNow } from './alarms/basis-history.ts';
import { Hearing } from './alarms/hearing.ts';
import { LiveAlarms } from './alarms/live-alarms.ts';
import { SYSTEM_PRINCIPAL } from './application.ts';
import type { Config } from './config/schema.ts';
import type { Accounts } from './identity/accounts.ts';
import { Administration } from './identity/administration.ts';
import { createAccounts } from './identity/create-accounts.ts';
import { journalClockDecision, journalWatchDecisions } from './journal-decision.ts';
import { RefusalLedger } from './refusal-ledger.ts';
import { RuleKeeper } from './rules/rule-keeper.ts';
import { startRules } from './rules/start-rules.ts';
import type { StartRules } from './rules/start-rules.ts';
import { StationLoans } from './simulator/station-loans.ts';
import { startSite } from './site/start-site.ts';
import type { StartSite } from './site/start-site.ts';
import type { Teardown } from './teardown.ts';
import { IngestThread } from './workers/ingest-thread.ts';

/** What the parts are started with. */
export interface PartsOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** Learns how to undo every step, also of a start that fails half way. */
  readonly teardown: Teardown;
  readonly allowFaults: boolean;
  readonly isTerminal: boolean;
  readonly onFatal: (error: Error) => void;
}

interface Operated {
  readonly administration: Administration;
  /** Loaded, and at least one rule set is in force. */
  readonly rules: RuleKeeper;
  readonly loans: StationLoans;
  readonly accounts: Accounts;
  readonly refusals: RefusalLedger;
}

/** Parts that exist once they have started, in the order of the start. */
export interface StartedParts extends Operated {
  readonly journal: JournalClient;
  readonly telemetry: DuckdbTelemetry;
  readonly episodes: EpisodesClient;
  readonly alarms: LiveAlarms;
  readonly signals: SignalDesk;
  readonly ingest: IngestThread;
}

/** What the start found and made beside its parts. */
export interface StartOutcome {
  readonly site: StartSite;
  readonly ruleFile: StartRules;
  /** See `App.firstPassword`. */
  readonly firstPassword: string | undefined;
}

/** Starts everything from the data directory to the ingest worker; outputs before what feeds them. */
export async function startParts(options: PartsOptions): Promise<StartedParts & StartOutcome> {
  const { config, clock, log, teardown, allowFaults, onFatal } = options;
  const { dataDir, archive } = config;
  // The lock first: nothing may touch the folder while another server holds it.
  const lock = DirectoryLock.acquire(dataDir);
  teardown.add('directory lock', () => lock.release());
  const { site, ruleFile, firstPassword, ...operated } = await openOperations(options);
  const journal = new JournalClient({
    directory: dataDir,
    consumers: [TELEMETRY_CONSUMER],
    archiveLingerMs: archive.lingerMs,
    archiveIntervalMs: archive.intervalMs,
    clock,
    log,
    allowFaults,
    onFatal,
  });
  await journal.start();
  teardown.add('journal', () => journal.stop());
  const telemetry = new DuckdbTelemetry({ directory: dataDir, log, allowFaults, onFatal });
  await telemetry.start();
  teardown.add('telemetry store', () => telemetry.stop());
  const episodes = new EpisodesClient({ directory: dataDir, allowFaults, onFatal });
  await episodes.start();
  teardown.add('episode store', () => episodes.stop());
  const watching = await startIngest(options, { ...operated, journal, telemetry, episodes });
  return { site, ruleFile, firstPassword, ...operated, journal, telemetry, episodes, ...watching };
}

async function openOperations(options: PartsOptions): Promise<Operated & StartOutcome> {
  const { config, clock, log, teardown, isTerminal } = options;
  const { dataDir } = config;
  const operations = await OperationsClient.open(dataDir);
  teardown.add('operations', () => operations.close());
  const administration = new Administration({ operations, clock });
  await administration.load();
  const site = await startSite(administration, { folder: config.site, log });
  const rules = new RuleKeeper({ store: operations, clock });
  await rules.load();
  const ruleFile = await startRules(rules, { path: config.rules, log });
  const accounts = createAccounts({ dataDir, operations, clock, log });
  await accounts.load();
  teardown.add('accounts', () => accounts.stop());
  const firstPassword = await accounts.ensureFirstUser(SYSTEM_PRINCIPAL, site.isDemo || isTerminal);
  const refusals = new RefusalLedger({ operations, clock, log });
  await refusals.start();
  teardown.add('refusal counts', () => refusals.stop());
  const loans = new StationLoans({ administration, clock, log });
  teardown.add('loans of stations', () => loans.stop());
  return { site, ruleFile, firstPassword, administration, rules, loans, accounts, refusals };
}

async function startIngest(
  { config, clock, log, teardown, onFatal }: PartsOptions,
  parts: Pick<StartedParts, 'administration' | 'rules' | 'journal' | 'telemetry' | 'episodes'>,
): Promise<Pick<StartedParts, 'ingest' | 'alarms' | 'signals'>> {
  const { administration, rules, journal, telemetry, episodes } = parts;
  const { registry, district } = administration;
  const store = createEpisodeStore(episodes.openStore());
  teardown.add('reader of episodes', () => store.close());
  const alarms = new LiveAlarms({
    clock,
    log,
    store,
    rules,
    watch: {
      why: id => ingest.why(id),
      whyPoint: (subject, at) => ingest.whyPoint(subject, at),
      watchedDay: (subjects, day) => ingest.watchedDay(subjects, day),
    },
  });
  await alarms.load();
  const ingest = new IngestThread(
    {
      journal: journal.openReader(),
      store: telemetry.openStore(),
      episodes: episodes.openStore(),
      registry: registry.current(),
      basis: await basisHistory({ ...district, ruleSets: rules.kept(), now: clock.now() }),
      limits: config.ingest,
      ...qualityOf(config),
      logLevel: config.logLevel,
    },
    {
      onClockDecision: decision => journalClockDecision({ journal, clock, log }, decision),
      onWatchDecisions: decisions => journalWatchDecisions({ journal, clock, log }, decisions),
      onEpisodes: ids => alarms.changed(ids),
      onWatched: points => alarms.watched(points),
      onFatal,
    },
  );
  teardown.add('ingest', () => ingest.stop());
  await ingest.start();
  // A failure here means that the worker is gone, which is fatal and told elsewhere.
  const tell = (telling: Promise<void>): void => void telling.catch(() => undefined);
  const tellBasis = (): void => {
    const basis = basisNow({
      registry: registry.current(),
      district: district.current(),
      rules,
      now: clock.now(),
    });
    if (basis !== undefined) tell(ingest.setBasis(basis));
  };
  registry.onChanged(changed => {
    // First what is to be watched: no reading of a new station comes before that.
    tellBasis();
    tell(ingest.setRegistry(changed));
  });
  rules.onChanged(tellBasis);
  const hearing = new Hearing({ clock, journalHealth: () => journal.health(), watch: ingest });
  teardown.add('hearing', () => hearing.stop());
  hearing.start();
  const signals = new SignalDesk({
    clock,
    journal,
    store,
    isBasin: id => district.current().basins.has(id),
    note: (principal, action, subject) => administration.note(principal, action, subject),
  });
  return { ingest, alarms, signals };
}
