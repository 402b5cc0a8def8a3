import { createLogger } from '../../logger.ts';
import { AppError } from '../../../domain/errors.ts';
import type { App } from '../../app.ts';
import { FIRST_USER } from '../../identity/first-user.ts';
import type { Config } from '../../config/schema.ts';
import type { CliHost, Command } from '../command.ts';
import { labelled } from '../text-table.ts';

/** How long a server that lost a part of itself may take to save what it can, milliseconds. */
const LAST_STOP_MS = 10_000;

/** Why a running server ends. */
type End = { readonly kind: 'signal' } | { readonly kind: 'fatal'; readonly error: Error };

/** Runs the server until it is told to stop. */
export const start: Command = {
  name: 'start',
  summary: 'Run the server until it gets SIGINT or SIGTERM.',
  details: ['A second signal ends it at once; nothing that was acknowledged is lost by that.'],
  run: async call => {
    const { host } = call;
    const config = call.config();
    let end: (reason: End) => void = () => undefined;
    const ended = new Promise<End>(resolve => (end = resolve));
    const unsubscribe = listenToSignals(host, () => end({ kind: 'signal' }));
    try {
      const app = await host.parts.createApp(config, {
        log: createLogger({ level: config.logLevel, now: () => host.now(), write: line => host.err(line) }),
        version: host.program.version,
        isTerminal: host.isTerminal,
        onFatal: error => end({ kind: 'fatal', error }),
      });
      await app.start();
      host.out(call.json ? `${JSON.stringify(whereabouts(app, config))}\n` : greeting(host, app, config));
      const reason = await ended;
      if (reason.kind === 'fatal') await stopInTime(app, host);
      else await app.stop();
      if (reason.kind === 'fatal') {
        const message = `The server ended, since a part of it was gone: ${reason.error.message}`;
        throw new AppError('worker_failed', message, { cause: reason.error });
      }
    } finally {
      unsubscribe();
    }
    return undefined;
  },
};

/**
 * A terminal tells the whole process group, and npm passes its own copy on: what comes right after the first signal is
 * the same wish, not a second one.
 */
const SAME_WISH_MS = 1_000;

function listenToSignals(host: CliHost, onFirst: () => void): () => void {
  let firstAt: number | undefined;
  return host.onSignal(signal => {
    if (firstAt === undefined) {
      firstAt = host.now();
      host.err(`Stopping after ${signal}; once more ends it at once.\n`);
      onFirst();
    } else if (host.now() - firstAt > SAME_WISH_MS) host.exit(1);
  });
}

/** After the loss of a worker even the stop may hang. */
async function stopInTime(app: App, host: CliHost): Promise<void> {
  const timer = setTimeout(() => host.exit(1), LAST_STOP_MS);
  await app.stop().finally(() => clearTimeout(timer));
}

function whereabouts(app: App, config: Config) {
  const password = app.firstPassword();
  return {
    pid: process.pid,
    ...app.addresses(),
    dataDir: config.dataDir,
    site: config.site,
    ...(password === undefined ? {} : { firstUser: { user: FIRST_USER, password } }),
  };
}

function greeting(host: CliHost, app: App, config: Config): string {
  const { http, mqtt, mqttTls } = app.addresses();
  const password = app.firstPassword();
  return [
    `waterwarden ${host.program.version} is running, process ${process.pid}.`,
    ...labelled([
      ['  MQTT', at(mqtt)],
      ...(mqttTls === undefined ? [] : [['  MQTT over TLS', at(mqttTls)] as const]),
      ['  page', `http://${at(http)}/`],
      ['  HTTP API', `http://${at(http)}  (/readyz, /api/openapi.json)`],
      ['  data', config.dataDir],
      ['  site', config.site],
    ]),
    ...(password === undefined
      ? []
      : [`First user: ${FIRST_USER}, password: ${password}  (shown once; change it at the first login)`]),
    'A token for the API: npm run -s ww -- token create --role viewer',
    'Stop it with Ctrl+C.',
    '',
  ].join('\n');
}

/** An address as it stands in a URL. */
function at({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
