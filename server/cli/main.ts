import process from 'node:process';
import { isatty } from 'node:tty';
import { AppError } from '../../domain/errors.ts';
import { thisProgram } from '../program.ts';
import { COMMANDS } from './command-list.ts';
import type { CliHost, CliParts } from './command.ts';
import { runCli } from './run-cli.ts';

/** Loaded when they are needed: most commands only talk to the server. */
const PARTS: CliParts = {
  createApp: async (config, overrides) => (await import('../app.ts')).createApp(config, overrides),
  administerOffline: async (config, work) =>
    await (await import('../offline.ts')).administerOffline(config, work),
  accountsOffline: async (config, work) =>
    await (await import('../offline.ts')).accountsOffline(config, work),
  rulesOffline: async (config, work) => await (await import('../offline.ts')).rulesOffline(config, work),
  ledgerOffline: async (config, station) =>
    await (await import('../offline.ts')).ledgerOffline(config, station),
  rebuildOffline: async (config, onProgress) =>
    await (await import('../rebuild.ts')).rebuildOffline(config, onProgress),
  backupOffline: async (config, options) =>
    await (await import('../backup/backup-offline.ts')).backupOffline(config, options),
  restoreBackup: async options => await (await import('../backup/restore-backup.ts')).restoreBackup(options),
  openRecording: async (path, options) =>
    await (await import('../../sensors-sim/replay/open-recording.ts')).openRecording(path, options),
  readScenario: async path => (await import('../scenario-file.ts')).readScenarioFile(path),
  playScenario: async options =>
    await (await import('../../sensors-sim/player/play-scenario.ts')).playScenario(options),
  replayRecording: async options =>
    await (await import('../../sensors-sim/replay/replay-recording.ts')).replayRecording(options),
  loadStations: async plan => {
    const { completeLoadPlan } = await import('../../sensors-sim/load/load-plan.ts');
    return (await import('../../sensors-sim/load/load-registry.ts')).loadThings(completeLoadPlan(plan));
  },
  runLoad: async (plan, surroundings) =>
    await (await import('../../sensors-sim/load/run-load.ts')).runLoad(plan, surroundings),
  checkDevice: async options =>
    await (await import('../../sensors-sim/device-check/check-device.ts')).checkDevice(options),
  checkServer: async options =>
    await (await import('../../sensors-sim/device-check/check-server.ts')).checkServer(options),
};

async function readInput(limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > limitBytes) {
      throw new AppError('invalid_request', `Standard input is longer than ${limitBytes} bytes.`);
    }
  }
  return Buffer.concat(chunks).toString('utf8');
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const HOST: CliHost = {
  env: process.env,
  workingFolder: process.cwd(),
  program: thisProgram(),
  parts: PARTS,
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  now: () => Date.now(),
  isTerminal: isatty(1),
  readInput,
  onSignal: listener => {
    for (const signal of SIGNALS) process.on(signal, listener);
    return () => {
      for (const signal of SIGNALS) process.off(signal, listener);
    };
  },
  exit: code => process.exit(code),
};

// `ww … | head` closes the pipe early; that is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Not `process.exit`: what was written to a pipe has to get out first.
process.exitCode = await runCli(process.argv.slice(2), COMMANDS, HOST);
