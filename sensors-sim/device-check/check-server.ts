import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { AppError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { durationMs } from '../../domain/time/instant.ts';
import { holdProcess } from '../device/process-hold.ts';
import type { CheckPoint, CheckReport } from './check-point.ts';
import { FrameReader } from './mqtt-frame.ts';
import type { Frame } from './mqtt-frame.ts';
import { FAREWELL, judgeProbe, serverProbes } from './server-probes.ts';
import type { Dialogue, Probe } from './server-probes.ts';

export interface CheckServerOptions {
  readonly host: string;
  readonly port: number;
  readonly id: string;
  readonly secret: string;
  /** An observed property; default `water_level`. */
  readonly property?: string;
  readonly clock: Clock;
  /** How long an answer is waited for at most, milliseconds; by default as long as it may take, up to 15 s. */
  readonly maxPatienceMs?: number;
  /** Ends the check early; probes that were not played are `not seen`. */
  readonly signal?: AbortSignal;
  readonly onPoint?: (point: CheckPoint) => void;
}

const PATIENCE_MS = 5_000;
/** How long more is waited for an answer that should not come, milliseconds. */
const QUIET_MS = 50;
const ANSWERS: ReadonlyMap<number, string> = new Map([
  [2, 'connack'],
  [3, 'publish'],
  [4, 'puback'],
  [5, 'pubrec'],
  [7, 'pubcomp'],
  [9, 'suback'],
  [13, 'pingresp'],
]);

/**
 * Plays devices, good and bad ones, in front of a running server, and says which points of the contract hold.
 * Rejects with `conflict` where nothing listens there.
 */
export async function checkServer(options: CheckServerOptions): Promise<CheckReport> {
  const { id, secret, property = 'water_level', clock } = options;
  const release = holdProcess();
  const points: CheckPoint[] = [];
  try {
    for (const probe of serverProbes({ id, secret, property, nowMs: clock.now() })) {
      const point =
        options.signal?.aborted === true
          ? {
              id: probe.id,
              clause: probe.clause,
              verdict: 'not seen' as const,
              observed: 'The check was ended.',
            }
          : judgeProbe(probe, await play(probe, options));
      points.push(point);
      options.onPoint?.(point);
    }
  } finally {
    release();
  }
  return { subject: 'server', id, points };
}

async function play(probe: Probe, options: CheckServerOptions): Promise<readonly (readonly string[])[]> {
  const open: Conversation[] = [];
  const answers: (readonly string[])[] = [];
  try {
    for (const dialogue of probe.dialogues) {
      const conversation = new Conversation(dialogue, options);
      open.push(conversation);
      if (probe.together === true) await conversation.begun();
      else answers.push(await conversation.over());
    }
    return probe.together === true ? await Promise.all(open.map(each => each.over())) : answers;
  } finally {
    for (const conversation of open) conversation.close();
  }
}

/** One connection to the server: says what it has to say and collects the answers. */
class Conversation {
  readonly #dialogue: Dialogue;
  readonly #options: CheckServerOptions;
  readonly #socket: Socket;
  readonly #answers: string[] = [];
  readonly #reader = new FrameReader();
  #notReached: Error | undefined;
  #isConnected = false;
  #said = 0;
  #onChange: () => void = () => undefined;

  constructor(dialogue: Dialogue, options: CheckServerOptions) {
    this.#dialogue = dialogue;
    this.#options = options;
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true });
    this.#socket.on('connect', () => {
      this.#isConnected = true;
      this.#onChange();
    });
    this.#socket.on('data', chunk => {
      for (const frame of this.#reader.read(chunk)) this.#answers.push(describe(frame));
      this.#say();
      this.#onChange();
    });
    this.#socket.on('error', error => {
      if (!this.#isConnected) this.#notReached = error;
    });
    this.#socket.on('close', () => {
      this.#answers.push('closed');
      this.#onChange();
    });
    this.#say();
  }

  /** The next is said when the former has its answer: a server may answer a ping before it has stored a message. */
  #say(): void {
    for (; this.#answers.length >= this.#said; this.#said += 1) {
      const frame = this.#dialogue.send[this.#said];
      if (frame === undefined) return;
      this.#socket.write(frame);
    }
  }

  /** Resolves when the first answer is there, or the connection where none is expected soon. */
  async begun(): Promise<void> {
    const isQuiet = this.#dialogue.expect[0] === 'closed';
    await this.#until(() => (isQuiet ? this.#isConnected : this.#answers.length > 0), this.#patienceMs);
  }

  /** Resolves with the answers once all have come, the connection is over, or the patience is. */
  async over(): Promise<readonly string[]> {
    const wanted = this.#dialogue.expect.length;
    const isOver = (): boolean => this.#answers.at(-1) === 'closed';
    await this.#until(() => isOver() || this.#answers.length >= wanted, this.#patienceMs);
    // What comes beyond that is an answer that should not be.
    if (!isOver()) await this.#until(isOver, QUIET_MS);
    if (this.#notReached !== undefined) {
      const { host, port } = this.#options;
      throw new AppError('conflict', `Nothing answers on ${host}:${port}: ${this.#notReached.message}`, {
        cause: this.#notReached,
      });
    }
    return [...this.#answers];
  }

  close(): void {
    this.#onChange = () => undefined;
    if (this.#answers.at(-1) !== 'closed') this.#socket.end(FAREWELL);
    this.#socket.destroySoon();
  }

  get #patienceMs(): number {
    const { patienceMs = PATIENCE_MS } = this.#dialogue;
    return Math.min(patienceMs, this.#options.maxPatienceMs ?? patienceMs);
  }

  async #until(isTrue: () => boolean, timeoutMs: number): Promise<void> {
    if (isTrue()) return;
    await new Promise<void>(resolve => {
      const cancel = this.#options.clock.after(durationMs(timeoutMs), resolve);
      this.#onChange = () => {
        if (!isTrue()) return;
        cancel();
        resolve();
      };
    });
  }
}

/** A packet of a server in a word or three; see `Dialogue.expect`. */
function describe({ type, body }: Frame): string {
  const name = ANSWERS.get(type);
  if (name !== 'pingresp' && body.byteLength < 2) return `packet of type ${type} that is too short`;
  switch (name) {
    case undefined:
      return `packet of type ${type}`;
    case 'connack':
      return `connack ${body[1]}`;
    case 'publish':
      return `publish ${body.toString('utf8', 2, 2 + body.readUInt16BE(0))}`;
    case 'suback':
      return `suback ${body.readUInt16BE(0)} ${[...body.subarray(2)].join(' ')}`;
    case 'pingresp':
      return name;
    default:
      return `${name} ${body.readUInt16BE(0)}`;
  }
}
