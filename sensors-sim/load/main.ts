import { createWriteStream, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';

import { AppError, messageOf } from '../../domain/errors.ts';
import { SYSTEM_CLOCK } from '../system-clock.ts';
import { completeLoadPlan } from './load-plan.ts';
import type { LoadPlan } from './load-plan.ts';
import { loadThings } from './load-registry.ts';
import { runLoad } from './run-load.ts';

const HELP = `Usage: node dist/sensors-sim/load/main.js [options]

Plays 1 to 20,000 stations over real MQTT and answers an account of what was acknowledged, as JSON.

  --host <name>            default 127.0.0.1
  --port <number>          default 1883
  --credentials <file>     JSON object of station id to secret; needed to run
  --plan <file>            JSON with any fields of the load plan; the options below win
  --stations <n>           default 10
  --first <n>              number of the first station, default 1 (load-00001)
  --rate <n|max>           messages per second and station, default 1
  --readings <n>           readings per message, default 1
  --properties <n>         1 to 6, default 2
  --messages <n>           fresh messages per station, default unlimited
  --seconds <n>            how long fresh messages are made, default 10
  --seed <n>               default 1
  --journal <file>         one JSON line per acknowledged message
  --things                 print the stations to register, as JSON, and end
  --help
`;

const OPTIONS = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '1883' },
  credentials: { type: 'string' },
  plan: { type: 'string' },
  stations: { type: 'string' },
  first: { type: 'string' },
  rate: { type: 'string' },
  readings: { type: 'string' },
  properties: { type: 'string' },
  messages: { type: 'string' },
  seconds: { type: 'string' },
  seed: { type: 'string' },
  journal: { type: 'string' },
  things: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
}

function planOf(values: Values): LoadPlan {
  const file: unknown = values.plan === undefined ? {} : JSON.parse(readFileSync(values.plan, 'utf8'));
  if (typeof file !== 'object' || file === null) {
    throw new AppError('invalid_request', 'The plan file holds no JSON object.');
  }
  const given: Record<string, unknown> = { ...file };
  const take = (field: keyof LoadPlan, text: string | undefined, factor = 1): void => {
    if (text !== undefined) given[field] = Number(text) * factor;
  };
  take('stations', values.stations);
  take('firstStation', values.first);
  take('readingsPerMessage', values.readings);
  take('properties', values.properties);
  take('messagesPerStation', values.messages);
  take('durationMs', values.seconds, 1_000);
  take('seed', values.seed);
  if (values.rate === 'max') given['ratePerStation'] = 'max';
  else take('ratePerStation', values.rate);
  return completeLoadPlan(given);
}

function secretsOf(path: string | undefined): ReadonlyMap<string, string> {
  if (path === undefined) throw new AppError('invalid_request', '--credentials is needed; see --help.');
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof parsed !== 'object' || parsed === null) {
    throw new AppError('invalid_request', 'The credentials file holds no JSON object.');
  }
  const secrets = new Map<string, string>();
  for (const [id, secret] of Object.entries(parsed)) if (typeof secret === 'string') secrets.set(id, secret);
  return secrets;
}

async function main(args: readonly string[]): Promise<void> {
  const values = parse(args);
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const plan = planOf(values);
  if (values.things === true) {
    process.stdout.write(`${JSON.stringify(loadThings(plan))}\n`);
    return;
  }
  const secrets = secretsOf(values.credentials);
  const journal = values.journal === undefined ? undefined : createWriteStream(values.journal);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const account = await runLoad(plan, {
    host: values.host,
    port: Number(values.port),
    secrets,
    clock: SYSTEM_CLOCK,
    signal: stop.signal,
    ...(journal === undefined
      ? {}
      : { onAcknowledged: record => void journal.write(`${JSON.stringify(record)}\n`) }),
  });
  if (journal !== undefined) {
    journal.end();
    await finished(journal);
  }
  process.stdout.write(`${JSON.stringify(account, null, 2)}\n`);
  const complete = account.unacknowledged.messages === 0 && account.notTaken === 0;
  process.exitCode = complete ? 0 : 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 2;
}
