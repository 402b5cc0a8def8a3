import type { Ledger } from '../../domain/model/ledger.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { CheckDeviceOptions } from '../../sensors-sim/device-check/check-device.ts';
import type { CheckReport } from '../../sensors-sim/device-check/check-point.ts';
import type { CheckServerOptions } from '../../sensors-sim/device-check/check-server.ts';
import type { LoadAccount } from '../../sensors-sim/load/load-account.ts';
import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import type { LoadSurroundings } from '../../sensors-sim/load/run-load.ts';
import type { PlayAccount } from '../../sensors-sim/player/play-account.ts';
import type { PlayScenarioOptions } from '../../sensors-sim/player/play-scenario.ts';
import type { OpenRecordingOptions } from '../../sensors-sim/replay/open-recording.ts';
import type { Recording } from '../../sensors-sim/replay/recording.ts';
import type { ReplayOptions, ReplayResult } from '../../sensors-sim/replay/replay-recording.ts';
import type { Scenario } from '../../sensors-sim/scenario/scenario.ts';
import type { App, AppOverrides } from '../app.ts';
import type { Application } from '../application.ts';
import type { BackupProgress } from '../backup/backup-progress.ts';
import type { BackupSummary } from '../backup/backup-summary.ts';
import type { Config } from '../config/schema.ts';
import type { AccountService } from '../identity/account-service.ts';
import type { Program } from '../program.ts';
import type { RebuildResult } from '../rebuild.ts';
import type { RuleService } from '../rules/rule-service.ts';

/** What a command may be given after its name, in order. */
export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly pattern?: RegExp;
  /** The last one may stand any number of times, also not at all. */
  readonly repeats?: boolean;
  /** The last one may be left out. */
  readonly mayBeAbsent?: boolean;
}

/** `--name`, or `--name <value>` where it takes one. */
export interface OptionSpec {
  readonly description: string;
  /** What stands for the value in the help; absent for a switch. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** The value is a whole number in this range. */
  readonly range?: readonly [min: number, max: number];
  /** What the value must look like, where the description says how. */
  readonly pattern?: RegExp;
  readonly required?: boolean;
}

export interface Command {
  /** As it is typed: `station enrol`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further lines of its own help. */
  readonly details?: readonly string[];
  /** All of them are required, but for a last one that repeats or may be absent. */
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** What is undefined was said already. */
  run(call: Invocation): Promise<Outcome | undefined>;
}

/** What a command has to say. */
export interface Outcome {
  /** For `--json`. */
  readonly data: unknown;
  /** For a person. */
  readonly lines: readonly string[];
  /** True where the answer itself is bad news, such as a ledger that does not balance. */
  readonly failed?: boolean;
}

/** A command as it was called; everything in it is checked. */
export interface Invocation {
  readonly host: CliHost;
  readonly json: boolean;
  readonly arguments: readonly string[];
  /** The value of an option, or undefined. */
  text(option: string): string | undefined;
  number(option: string): number | undefined;
  isSet(option: string): boolean;
  /** Reads the configuration; rejects with `config_invalid`. */
  config(): Config;
}

/** The world around the command line: a process, or a test. */
export interface CliHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  readonly program: Program;
  readonly parts: CliParts;
  /** Standard output: the answer, nothing else. */
  out(text: string): void;
  /** Standard error: errors, progress, log. */
  err(text: string): void;
  now(): number;
  /** Whether a person reads standard output. */
  readonly isTerminal: boolean;
  /** Standard input to its end. Rejects with `invalid_request` where it is longer than the limit. */
  readInput(limitBytes: number): Promise<string>;
  /** `listener` hears each request to end. The result unsubscribes. */
  onSignal(listener: (signal: string) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** What can be administered without a server, too. */
export type Administrative = Pick<Application, 'enrol' | 'rotate' | 'revoke' | 'createToken' | 'district'>;

/** What can be administered of users without a server, too. */
export type AccountAdministration = Pick<
  AccountService,
  'users' | 'addUser' | 'changeUser' | 'disableUser' | 'enableUser' | 'setPassword'
>;

/** The heavy parts, loaded when they are needed. */
export interface CliParts {
  createApp(config: Config, overrides: AppOverrides): Promise<App>;
  administerOffline<Result>(
    config: Config,
    work: (administration: Administrative) => Promise<Result>,
  ): Promise<Result>;
  accountsOffline<Result>(
    config: Config,
    work: (accounts: AccountAdministration) => Promise<Result>,
  ): Promise<Result>;
  rulesOffline<Result>(config: Config, work: (rules: RuleService) => Promise<Result>): Promise<Result>;
  ledgerOffline(config: Config, station: string | undefined): Promise<Ledger>;
  rebuildOffline(config: Config, onProgress: (messages: number) => void): Promise<RebuildResult>;
  backupOffline(
    config: Config,
    options: {
      readonly target: string;
      readonly program: string;
      readonly onProgress: (progress: BackupProgress) => void;
    },
  ): Promise<BackupSummary>;
  restoreBackup(options: {
    readonly folder: string;
    readonly dataDir: string;
    readonly onProgress: (progress: BackupProgress) => void;
  }): Promise<BackupSummary>;
  openRecording(path: string, options: OpenRecordingOptions): Promise<Recording>;
  readScenario(path: string): Promise<Scenario>;
  playScenario(options: PlayScenarioOptions): Promise<PlayAccount>;
  replayRecording(options: ReplayOptions): Promise<ReplayResult>;
  /** The stations a load plan plays; rejects with `invalid_request` for a plan that makes no sense. */
  loadStations(plan: GivenLoadPlan): Promise<readonly StationSpec[]>;
  runLoad(plan: GivenLoadPlan, surroundings: LoadSurroundings): Promise<LoadAccount>;
  checkDevice(options: CheckDeviceOptions): Promise<CheckReport>;
  checkServer(options: CheckServerOptions): Promise<CheckReport>;
}
