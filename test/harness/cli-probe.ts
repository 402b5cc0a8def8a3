import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { CliHost, CliParts } from '../../server/cli/command.ts';
import { COMMANDS } from '../../server/cli/command-list.ts';
import { runCli } from '../../server/cli/run-cli.ts';
import { createControlServer } from '../../server/control/control-server.ts';
import { thisProgram } from '../../server/program.ts';
import { createFakeApplication } from './fake-application.ts';
import type { FakeApplication } from './fake-application.ts';

export interface CliAnswer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Standard output parsed as JSON; throws where it is none. */
  readonly json: () => unknown;
}

/** The command line over a data directory of its own, with a server in it or without. */
export interface CliProbe {
  readonly dataDir: string;
  readonly application: FakeApplication;
  /** What takes the place of the heavy parts; by default each refuses. */
  readonly parts: { -readonly [Part in keyof CliParts]: CliParts[Part] };
  readonly env: Record<string, string>;
  nowMs: number;
  isTerminal: boolean;
  /** Standard input. */
  input: string;
  /** Called when the process would have ended at once. */
  onExit: (code: number) => void;
  readonly ww: (...args: readonly string[]) => Promise<CliAnswer>;
  /** Sends a signal to the commands that listen. */
  readonly signal: (name: string) => void;
  readonly startServer: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export function createCliProbe(): CliProbe {
  const dataDir = mkdtempSync(join(tmpdir(), 'ww-cli-'));
  const application = createFakeApplication();
  const listeners = new Set<(name: string) => void>();
  let stop = (): Promise<void> => Promise.resolve();
  const refuse = (): Promise<never> => Promise.reject(new AppError('unsupported', 'Not in this test.'));
  const probe: CliProbe = {
    dataDir,
    application,
    parts: {
      createApp: refuse,
      administerOffline: refuse,
      accountsOffline: refuse,
      rulesOffline: refuse,
      ledgerOffline: refuse,
      rebuildOffline: refuse,
      backupOffline: refuse,
      restoreBackup: refuse,
      openRecording: refuse,
      readScenario: refuse,
      playScenario: refuse,
      replayRecording: refuse,
      loadStations: refuse,
      runLoad: refuse,
      checkDevice: refuse,
      checkServer: refuse,
    },
    env: { WW_DATA_DIR: dataDir, WW_MQTT_PORT: '0', WW_HTTP_PORT: '0' },
    nowMs: 1_790_000_000_000,
    isTerminal: false,
    input: '',
    onExit: code => {
      throw new Error(`The command line has left with ${code}.`);
    },
    ww: async (...args) => {
      const written = { out: '', err: '' };
      const host: CliHost = {
        env: probe.env,
        workingFolder: dataDir,
        program: thisProgram(),
        parts: probe.parts,
        out: text => void (written.out += text),
        err: text => void (written.err += text),
        now: () => probe.nowMs,
        isTerminal: probe.isTerminal,
        readInput: () => Promise.resolve(probe.input),
        onSignal: listener => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        exit: code => probe.onExit(code),
      };
      const code = await runCli(args, COMMANDS, host);
      return { code, ...written, json: () => JSON.parse(written.out) as unknown };
    },
    signal: name => {
      for (const listener of listeners) listener(name);
    },
    startServer: async () => {
      const server = createControlServer({
        application,
        addresses: () => ({ http: { host: '127.0.0.1', port: 8 }, mqtt: { host: '127.0.0.1', port: 9 } }),
        dataDir,
        log: SILENT_LOG,
        version: '1.2.3',
      });
      stop = () => server.stop();
      await server.start();
    },
    close: async () => {
      await stop();
      rmSync(dataDir, { recursive: true });
      if (listeners.size > 0) throw new Error('A command still listens to signals.');
    },
  };
  return probe;
}
