import { Buffer } from 'node:buffer';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

import { AppError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { durationMs } from '../../domain/time/instant.ts';
import { holdProcess } from '../device/process-hold.ts';
import type { CheckReport } from './check-point.ts';
import { readClientPacket } from './client-packet.ts';
import type { ClientPacket, PublishPacket } from './client-packet.ts';
import { judgeDevice } from './device-points.ts';
import { createRecord, fateOfLost, isReadings, recordPacket } from './device-record.ts';
import type { DeviceRecord, Publication } from './device-record.ts';
import { SCENARIO_TIMES, beginScenario, stepScenario } from './device-scenario.ts';
import type {
  Phase,
  ScenarioAction,
  ScenarioInput,
  ScenarioState,
  ScenarioTimes,
} from './device-scenario.ts';
import { FrameReader, encodeFrame, encodeNumber } from './mqtt-frame.ts';

export interface CheckDeviceOptions {
  readonly id: string;
  /** What the password has to be; by default any will do. */
  readonly secret?: string;
  /** Default: every interface, IPv6 where the machine has it. */
  readonly host?: string;
  /** 0: any free one, see `onListening`. */
  readonly port: number;
  readonly clock: Clock;
  readonly times?: Partial<ScenarioTimes>;
  /** Ends the check early; it then judges what it has seen. */
  readonly signal?: AbortSignal;
  readonly onListening?: (port: number) => void;
  readonly onPhase?: (phase: Phase) => void;
}

const TICK_MS = durationMs(20);
/** [MQTT-3.9.3-2] */
const SUBSCRIPTION_REFUSED = 0x80;

/**
 * Plays a server in front of a device that connects to it, provokes it, and says which points of the contract hold.
 * Rejects with `conflict` where it cannot listen.
 */
export async function checkDevice(options: CheckDeviceOptions): Promise<CheckReport> {
  const bench = new DeviceBench(options);
  const release = holdProcess();
  try {
    const record = await bench.run();
    return { subject: 'device', id: options.id, points: judgeDevice(record) };
  } finally {
    release();
  }
}

/** The network around the scenario: it carries bytes to it and does what it says. */
class DeviceBench {
  readonly #options: CheckDeviceOptions;
  readonly #times: ScenarioTimes;
  readonly #record: DeviceRecord;
  readonly #sockets = new Map<number, Socket>();
  #state: ScenarioState;
  #server: Server | undefined;
  #port: number;
  #connections = 0;
  #lastEndMs = 0;
  #hasFailed = false;
  /** What was made of the packet that is being worked on. */
  #publication: Publication | undefined;
  #finish: (record: DeviceRecord) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(options: CheckDeviceOptions) {
    this.#options = options;
    this.#times = { ...SCENARIO_TIMES, ...options.times };
    this.#record = createRecord(options.id, options.secret);
    this.#port = options.port;
    this.#state = beginScenario(options.clock.monotonicMs());
  }

  run(): Promise<DeviceRecord> {
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
      this.#listen();
      this.#tick();
    });
  }

  #tick(): void {
    if (this.#hasFailed) return;
    if (this.#options.signal?.aborted === true) return this.#end();
    this.#step({ kind: 'tick', atMs: this.#options.clock.monotonicMs() });
    if (this.#state.phase === 'over') return this.#end();
    this.#options.clock.after(TICK_MS, () => this.#tick());
  }

  #end(): void {
    this.#goDark();
    this.#finish(this.#record);
  }

  #listen(): void {
    const server = createServer(socket => this.#open(socket));
    this.#server = server;
    const { host } = this.#options;
    server.once('error', error => {
      this.#goDark();
      this.#hasFailed = true;
      const where = host === undefined ? `port ${this.#port}` : `${host}:${this.#port}`;
      this.#fail(
        new AppError('conflict', `${where} cannot be listened on: ${error.message}`, { cause: error }),
      );
    });
    server.listen({ port: this.#port, ...(host === undefined ? {} : { host }) }, () => {
      this.#port = (server.address() as AddressInfo).port;
      this.#options.onListening?.(this.#port);
    });
  }

  #open(socket: Socket): void {
    const connection = (this.#connections += 1);
    this.#sockets.set(connection, socket);
    socket.setNoDelay(true);
    const reader = new FrameReader();
    if (this.#state.phase === 'refusing') {
      this.#record.retryDelaysMs.push(Math.round(this.#options.clock.monotonicMs() - this.#lastEndMs));
    }
    socket.on('error', () => undefined);
    socket.on('data', chunk => {
      for (const frame of reader.read(chunk)) {
        if (!this.#sockets.has(connection)) return;
        this.#onPacket(connection, readClientPacket(frame));
      }
      if (reader.isBroken)
        this.#onPacket(connection, { kind: 'malformed', detail: 'a length that MQTT forbids' });
    });
    socket.on('close', () => {
      if (!this.#sockets.delete(connection)) return;
      this.#lastEndMs = this.#options.clock.monotonicMs();
      this.#step({ kind: 'closed', atMs: this.#lastEndMs, connection });
    });
  }

  #onPacket(connection: number, packet: ClientPacket): void {
    const { phase } = this.#state;
    this.#publication = recordPacket(this.#record, packet, { atMs: this.#options.clock.now(), phase });
    this.#answer(connection, packet);
    this.#step({ kind: 'packet', atMs: this.#options.clock.monotonicMs(), connection, packet });
    if (phase === 'lost' && this.#state.phase === 'refusing') this.#record.lost = this.#publication;
  }

  /** What every server answers, whatever is being provoked. */
  #answer(connection: number, packet: ClientPacket): void {
    switch (packet.kind) {
      case 'ping':
        return this.#write(connection, encodeFrame(0xd0));
      case 'pubrel':
        return this.#write(connection, encodeFrame(0x70, encodeNumber(packet.packetId)));
      case 'unsubscribe':
        return this.#write(connection, encodeFrame(0xb0, encodeNumber(packet.packetId)));
      case 'subscribe': {
        const codes = packet.filters.map(filter =>
          filter === `ww/v1/${this.#options.id}/cmd` ? 1 : SUBSCRIPTION_REFUSED,
        );
        return this.#write(connection, encodeFrame(0x90, encodeNumber(packet.packetId), Buffer.from(codes)));
      }
      case 'malformed':
        return this.#cut(connection);
      case 'connect':
      case 'publish':
      case 'disconnect':
      case 'other':
        return;
    }
  }

  #step(input: ScenarioInput): void {
    const before = this.#state;
    const { state, actions } = stepScenario(before, input, {
      times: this.#times,
      isReadings: packet => this.#publication?.packet === packet && isReadings(this.#publication),
      isRecovered: () => fateOfLost(this.#record) === 'sent again',
    });
    this.#state = state;
    if (before.phase !== state.phase) this.#onPhase(before.phase, input);
    for (const action of actions) this.#do(action);
  }

  #onPhase(left: Phase, input: ScenarioInput): void {
    const { phase } = this.#state;
    if (left === 'late' && phase === 'lost') this.#record.late = input.kind === 'tick' ? 'waited' : 'gave up';
    if (left === 'recovery' && phase === 'over') this.#record.isComplete = true;
    this.#options.onPhase?.(phase);
  }

  #do(action: ScenarioAction): void {
    switch (action.kind) {
      case 'connack': {
        const bytes = encodeFrame(0x20, Buffer.from([0, action.code]));
        if (action.code === 0) return this.#write(action.connection, bytes);
        this.#sockets.get(action.connection)?.end(bytes);
        return this.#forget(action.connection);
      }
      case 'puback':
        return this.#write(action.connection, pubackOf(action.packet));
      case 'cut':
        return this.#cut(action.connection);
      case 'go dark':
        return this.#goDark();
      case 'listen':
        return this.#listen();
    }
  }

  #write(connection: number, bytes: Buffer): void {
    this.#sockets.get(connection)?.write(bytes);
  }

  #cut(connection: number): void {
    this.#sockets.get(connection)?.destroy();
    this.#forget(connection);
  }

  #forget(connection: number): void {
    if (this.#sockets.delete(connection)) this.#lastEndMs = this.#options.clock.monotonicMs();
  }

  #goDark(): void {
    for (const connection of this.#sockets.keys()) this.#cut(connection);
    this.#server?.close();
    this.#server = undefined;
  }
}

/** PUBACK at QoS 1, PUBREC at QoS 2. */
function pubackOf({ qos, packetId }: PublishPacket): Buffer {
  return encodeFrame(qos === 2 ? 0x50 : 0x40, encodeNumber(packetId));
}
