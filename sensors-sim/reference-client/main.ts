import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { MAX_READINGS } from '../../codecs/json-v1/codec.ts';
import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { AppError, messageOf } from '../../domain/errors.ts';
import { isThingId } from '../../domain/model/identifier.ts';
import { openMqttJsLink } from '../device/mqttjs-link.ts';
import { holdProcess } from '../device/process-hold.ts';
import { Random } from '../random.ts';
import { SYSTEM_CLOCK } from '../system-clock.ts';
import { DiskBuffer } from './disk-buffer.ts';
import { readLine } from './reading-line.ts';
import { StoreAndForward } from './store-and-forward.ts';

const HELP = `Usage: node dist/sensors-sim/reference-client/main.js --id <id> --folder <folder> [options]

Reads lines "t,property,value" from standard input (t in epoch milliseconds, value empty for "nothing was measured")
and brings them to the server. Lines that arrive together go as one message.

Standard output, one line for each fact:
  buffered <seq> <readings>   on stable storage from here on, also over a power cut
  acknowledged <seq>          the server has it

Ends when standard input has ended and everything is acknowledged, or by SIGTERM; what is left then stays in the folder.

  --id <id>              the registered station
  --folder <folder>      the buffer on disk
  --secret-file <file>   holds the secret; by default it is taken from WW_SECRET
  --host <name>          default 127.0.0.1
  --port <number>        default 1883
  --max-bytes <number>   what the buffer may take; default 16777216
  --keep-alive <s>       1 to 600, default 60
  --back-off <ms>        the first wait before a reconnect, default 1000; doubles up to the 60-fold
  --help
`;

const OPTIONS = {
  id: { type: 'string', default: '' },
  folder: { type: 'string' },
  'secret-file': { type: 'string' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '1883' },
  'max-bytes': { type: 'string', default: String(16 * 1024 ** 2) },
  'keep-alive': { type: 'string', default: '60' },
  'back-off': { type: 'string', default: '1000' },
  help: { type: 'boolean' },
} as const;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help === true) return void process.stdout.write(HELP);
  const { id, folder } = values;
  if (!isThingId(id)) throw new AppError('invalid_request', '--id is not the id of a station.');
  if (folder === undefined) throw new AppError('invalid_request', '--folder is needed; see --help.');
  const secretFile = values['secret-file'];
  const baseMs = numberOf('--back-off', values['back-off']);
  const end = new AbortController();
  let isInputOver = false;
  const endWhenDone = (): void => {
    if (isInputOver && client.pending === 0) end.abort();
  };
  const client = new StoreAndForward({
    id,
    secret:
      secretFile === undefined ? (process.env['WW_SECRET'] ?? '') : readFileSync(secretFile, 'utf8').trim(),
    host: values.host,
    port: numberOf('--port', values.port),
    buffer: new DiskBuffer({ folder, maxBytes: numberOf('--max-bytes', values['max-bytes']) }),
    openLink: openMqttJsLink,
    clock: SYSTEM_CLOCK,
    random: new Random(Date.now(), id),
    keepAliveS: numberOf('--keep-alive', values['keep-alive']),
    backOff: { baseMs, maxMs: baseMs * 60 },
    onDisconnected: reason =>
      complain(reason.kind === 'refused' ? `Refused with code ${reason.returnCode}.` : reason.detail),
    onAcknowledged: seq => {
      say(`acknowledged ${seq}`);
      endWhenDone();
    },
  });
  client.start();
  const input = createInterface({ input: process.stdin });
  const batch: OutgoingReading[] = [];
  const handOver = (): void => {
    if (batch.length === 0 || end.signal.aborted) return;
    const obs = batch.splice(0);
    try {
      say(`buffered ${client.add(obs)} ${obs.length}`);
    } catch (error) {
      // Whoever feeds us has to know that the disk takes no more.
      end.abort(error);
    }
  };
  input.on('line', line => {
    const reading = readLine(line);
    if (typeof reading === 'string') return complain(`"${line.slice(0, 100)}" was left out: ${reading}`);
    if (batch.length === 0) setImmediate(handOver);
    if (batch.push(reading) === MAX_READINGS) handOver();
  });
  input.on('close', () => {
    handOver();
    isInputOver = true;
    endWhenDone();
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end.abort());
  const release = holdProcess();
  if (!end.signal.aborted) await once(end.signal, 'abort');
  await client.stop();
  release();
  process.stdin.destroy();
  if (!(end.signal.reason instanceof DOMException)) throw end.signal.reason;
}

function numberOf(option: string, text: string): number {
  if (!/^[1-9]\d{0,11}$/.test(text)) throw new AppError('invalid_request', `${option} is no number above 0.`);
  return Number(text);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  complain(messageOf(error));
  process.exitCode = 1;
}
