import { access, constants, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { isAppError, messageOf } from '../../../domain/errors.ts';
import { freeSpace, isSpaceLow } from '../../../storage/files/free-space.ts';
import { examineEpisodes } from '../../../storage/sqlite/episodes-examination.ts';
import { OPERATIONS_FILE } from '../../../storage/sqlite/operations.ts';
import type { Config } from '../../config/schema.ts';
import { connectControl } from '../../control/control-client.ts';
import type { ControlClient } from '../../control/control-client.ts';
import { qualityOf } from '../../quality-file.ts';
import { configuredRuleFile, parseRuleText, readRuleSetFile } from '../../rules/rule-files.ts';
import { loadSite } from '../../site/load-site.ts';
import type { CliHost, Command, Invocation } from '../command.ts';
import { textTable } from '../text-table.ts';

type Level = 'ok' | 'warn' | 'fail';

/** One line of the examination. */
interface Finding {
  readonly check: string;
  readonly level: Level;
  readonly message: string;
  /** What to do about it; absent where all is well. */
  readonly remedy?: string;
}

/** Examines configuration, disk, server, episodes and ledger. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'Examine configuration, disk, server, episodes and ledger, and say what to do.',
  details: ['Changes nothing. Exits with 1 when something has failed.'],
  run: async call => {
    const findings = await examine(call);
    const worst = findings.some(({ level }) => level === 'fail');
    return {
      data: { healthy: !worst, findings },
      lines: [
        ...textTable(
          ['', 'check', 'finding'],
          findings.map(({ level, check, message }) => [level.toUpperCase(), check, message]),
        ).slice(1),
        ...findings.flatMap(({ check, remedy }) => (remedy === undefined ? [] : ['', `${check}: ${remedy}`])),
      ],
      failed: worst,
    };
  },
};

async function examine(call: Invocation): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const config = readConfig(call, findings);
  if (config === undefined) return findings;
  findings.push(...(await checkSite(config)));
  findings.push(...checkRules(config));
  findings.push(...checkQuality(config));
  findings.push(...(await checkTlsFiles(config)));
  findings.push(...(await checkDataDir(config)));
  const server = await reachServer(config, findings);
  findings.push(...(server === undefined ? await checkPorts(config) : await checkServer(server)));
  findings.push(...checkEpisodes(config));
  findings.push(await checkLedger(call.host, config, server));
  return findings;
}

function readConfig(call: Invocation, findings: Finding[]): Config | undefined {
  try {
    const config = call.config();
    findings.push({ check: 'configuration', level: 'ok', message: 'is valid' });
    return config;
  } catch (error) {
    findings.push(
      ...refusal('configuration', error, 'Correct it; the options stand in docs/reference/config.md.'),
    );
    return undefined;
  }
}

async function checkSite({ site }: Config): Promise<readonly Finding[]> {
  try {
    const { name, parts } = await loadSite(site);
    return [{ check: 'site', level: 'ok', message: `${name}: ${parts.length} parts in ${site}` }];
  } catch (error) {
    return refusal('site', error, `Correct ${site}, or name another folder in WW_SITE.`);
  }
}

function checkRules({ rules: path }: Config): readonly Finding[] {
  const file = configuredRuleFile(path);
  try {
    const { version, rules } = parseRuleText(readRuleSetFile(file));
    const message = `version ${version} with ${rules.length} rules in ${file.name}`;
    return [{ check: 'rule set', level: 'ok', message }];
  } catch (error) {
    return refusal('rule set', error, `Correct ${file.name}, or name another file in WW_RULES.`);
  }
}

function checkQuality(config: Config): readonly Finding[] {
  try {
    const { quality } = qualityOf(config);
    if (quality === undefined) return [];
    const message = `version ${quality.version} with ${quality.entries.length} entries in ${config.quality}`;
    return [{ check: 'quality parameters', level: 'ok', message }];
  } catch (error) {
    return refusal(
      'quality parameters',
      error,
      `Correct ${config.quality}, or name another file in WW_QUALITY.`,
    );
  }
}

/** Each problem of a refused configuration, site or rule set as a finding; the remedy stands with the first. */
function refusal(check: string, error: unknown, remedy: string): readonly Finding[] {
  const problems = isAppError(error) && error.problems.length > 0 ? error.problems : [messageOf(error)];
  return problems.map((message, index) => ({
    check,
    level: 'fail' as const,
    message,
    ...(index === 0 ? { remedy } : {}),
  }));
}

async function checkTlsFiles({ mqtt: { tls } }: Config): Promise<readonly Finding[]> {
  if (tls === undefined) return [];
  const files = [tls.certificateFile, tls.keyFile, tls.caFile];
  const unreadable: string[] = [];
  for (const file of files) if (!(await can(file, constants.R_OK))) unreadable.push(file);
  if (unreadable.length === 0) return [{ check: 'TLS', level: 'ok', message: 'its files can be read' }];
  return unreadable.map(file => ({
    check: 'TLS',
    level: 'fail' as const,
    message: `${file} cannot be read`,
    remedy: `Put the PEM file there, and let the account of the server read it.`,
  }));
}

async function checkDataDir({ dataDir }: Config): Promise<readonly Finding[]> {
  const check = 'data folder';
  const isThere = await can(dataDir, constants.F_OK);
  const folder = isThere ? dataDir : await nearestFolder(dataDir);
  if (!(await can(folder, constants.W_OK | constants.X_OK))) {
    const remedy = `Give this account the right to write there: chown -R $(id -un) ${folder}`;
    return [{ check, level: 'fail', message: `${folder} cannot be written`, remedy }];
  }
  if (isThere && !(await stat(dataDir)).isDirectory()) {
    const remedy = 'Name a folder in WW_DATA_DIR.';
    return [{ check, level: 'fail', message: `${dataDir} is no folder`, remedy }];
  }
  const message = isThere ? `${dataDir} can be written` : `${dataDir} will be made at the first start`;
  return [{ check, level: 'ok', message }, await checkSpace(folder)];
}

async function checkSpace(folder: string): Promise<Finding> {
  const space = await freeSpace(folder);
  const message = `${gigabytes(space.freeBytes)} of ${gigabytes(space.totalBytes)} are free under ${folder}`;
  if (!isSpaceLow(space)) return { check: 'disk space', level: 'ok', message };
  const remedy =
    'Make room on this disk, or move the data folder. When it is full, nothing is acknowledged; nothing is lost either.';
  return { check: 'disk space', level: space.freeBytes === 0 ? 'fail' : 'warn', message, remedy };
}

async function reachServer({ dataDir }: Config, findings: Finding[]): Promise<ControlClient | undefined> {
  try {
    return await connectControl(dataDir);
  } catch (error) {
    const isHanging = isAppError(error) && error.retryable;
    findings.push({
      check: 'server',
      level: isHanging ? 'fail' : 'warn',
      message: messageOf(error),
      remedy: isHanging
        ? 'Look into its log; if it stays so, restart it. A restart loses nothing that was acknowledged.'
        : 'Start it: npm start (or ww start). If one runs elsewhere, set WW_DATA_DIR to its data folder.',
    });
    return undefined;
  }
}

async function checkServer(client: ControlClient): Promise<readonly Finding[]> {
  const { pid, version, addresses, readiness, things } = await client.call('status', {});
  const { http, mqtt } = addresses;
  const where = `MQTT ${mqtt.host}:${mqtt.port}, HTTP ${http.host}:${http.port}, ${things} things`;
  return [
    { check: 'server', level: 'ok', message: `${version} runs as process ${pid}: ${where}` },
    ...(readiness.ready ? [{ check: 'readiness', level: 'ok' as const, message: 'ready' }] : []),
    ...readiness.reasons.map(({ code, message }) => ({
      check: 'readiness',
      level: 'fail' as const,
      message: `${code}: ${message}`,
      remedy: `It ends by itself when the cause is gone; ${code} stands in docs/reference/errors.md.`,
    })),
    ...readiness.warnings.map(({ code, message }) => ({
      check: 'readiness',
      level: 'warn' as const,
      message: `${code}: ${message}`,
    })),
  ];
}

/** Whether the server could listen, as long as it does not. */
async function checkPorts({ host, mqtt, http }: Config): Promise<readonly Finding[]> {
  const ports = [
    { name: 'MQTT', env: 'WW_MQTT_PORT', port: mqtt.port },
    ...(mqtt.tls === undefined
      ? []
      : [{ name: 'MQTT over TLS', env: 'WW_MQTT_TLS_PORT', port: mqtt.tls.port }]),
    { name: 'HTTP', env: 'WW_HTTP_PORT', port: http.port },
  ];
  const findings: Finding[] = [];
  for (const { name, env, port } of ports) {
    const problem = await listenProblem(host, port);
    const check = `port of ${name}`;
    findings.push(
      problem === undefined
        ? { check, level: 'ok', message: port === 0 ? 'any free one' : `${host}:${port} is free` }
        : {
            check,
            level: 'fail',
            message: `${host}:${port} cannot be used: ${problem}`,
            remedy: `End what uses it (ss -ltnp 'sport = :${port}'), or choose another with ${env}.`,
          },
    );
  }
  return findings;
}

function listenProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', error => resolve(error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function checkLedger(
  host: CliHost,
  config: Config,
  client: ControlClient | undefined,
): Promise<Finding> {
  const check = 'ledger';
  try {
    if (client === undefined && !(await can(join(config.dataDir, OPERATIONS_FILE), constants.F_OK))) {
      return { check, level: 'ok', message: 'nothing was received yet' };
    }
    const ledger =
      client === undefined
        ? await host.parts.ledgerOffline(config, undefined)
        : await client.call('ledger', {});
    const { messages, readings, balanced } = ledger;
    const message = `${messages.journalled} messages, ${readings.stored} readings stored`;
    if (balanced) return { check, level: 'ok', message: `balances: ${message}` };
    const remedy = 'See where with: ww ledger, ww ledger --audit. `ww rebuild` makes the store anew.';
    return { check, level: 'fail', message: `does not balance: ${message}`, remedy };
  } catch (error) {
    const remedy = 'Look into the log of the server; if the store is damaged, `ww rebuild` makes it anew.';
    return { check, level: 'fail', message: `cannot be read: ${messageOf(error)}`, remedy };
  }
}

/** Nothing where there are none yet. */
function checkEpisodes({ dataDir }: Config): readonly Finding[] {
  const check = 'episodes';
  try {
    const found = examineEpisodes(dataDir);
    if (found === undefined) return [];
    const message = `${found.episodes} are kept, ${found.open} of them open`;
    return [{ check, level: 'ok', message }];
  } catch (error) {
    const remedy = 'Nothing makes them anew: restore a backup, see docs/how-to/back-up-and-restore.md.';
    return [{ check, level: 'fail', message: messageOf(error), remedy }];
  }
}

async function can(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}

/** The folder in which a missing one would be made. */
async function nearestFolder(path: string): Promise<string> {
  let folder = path;
  while (!(await can(folder, constants.F_OK)) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
