import type { ThingId } from '../../domain/model/identifier.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { SECOND_MS, durationMs } from '../../domain/time/instant.ts';
import { Device } from '../device/device.ts';
import type { DeviceEnd, DeviceMessage } from '../device/device.ts';
import { openMqttJsLink } from '../device/mqttjs-link.ts';
import { Random } from '../random.ts';
import type { SimulatedSend, SimulatedStep } from './simulated-step.ts';

export interface PlayedDeviceOptions {
  readonly id: ThingId;
  readonly secret: string;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly seed: number;
  readonly onAcknowledged: (send: SimulatedSend, channel: 'obs' | 'backlog') => void;
  readonly onStatusAcknowledged: () => void;
  readonly onCut: () => void;
  /** The server does not accept this station; nothing more is sent for it. */
  readonly onRefused: (returnCode: number) => void;
  /** Something was done: there may be room for more. */
  readonly onChange: () => void;
}

interface PlayedMessage extends DeviceMessage {
  readonly send: SimulatedSend;
}

/** CONNACK return codes after which it makes no sense to try again: identifier rejected, bad credentials, not allowed. */
const FINAL_REFUSALS: ReadonlySet<number> = new Set([1, 2, 4, 5]);
/** How long a cut waits for the acknowledgements that are still to come. */
const SETTLE_MS = durationMs(30 * SECOND_MS);

/**
 * One station of a play on its real connection. Its steps are done in order: a connection is cut only when all that was
 * sent on it is acknowledged, so that the account is exact.
 */
export class PlayedDevice {
  readonly #options: PlayedDeviceOptions;
  readonly #device: Device<PlayedMessage>;
  /** Steps behind a cut that waits. */
  readonly #waiting: SimulatedStep[] = [];
  #isCutting = false;
  /** True from a connect to the cut that ends it. */
  #isWanted = false;
  /** The connection stands and the server knows it. */
  #isGreeted = false;
  #isOver = false;
  #cancelSettle: () => void = () => undefined;

  constructor(options: PlayedDeviceOptions) {
    const { id, secret, host, port, clock, seed } = options;
    this.#options = options;
    this.#device = new Device<PlayedMessage>({
      id,
      secret,
      host,
      port,
      clock,
      random: new Random(seed, `${id}/network`),
      openLink: openMqttJsLink,
      events: {
        onStatusAcknowledged: () => {
          this.#isGreeted = true;
          options.onStatusAcknowledged();
          this.#proceed();
        },
        onDisconnected: end => this.#onDisconnected(end),
        onAcknowledged: ({ send }, { channel }) => {
          options.onAcknowledged(send, channel === 'obs' ? 'obs' : 'backlog');
          this.#proceed();
          options.onChange();
        },
      },
    });
  }

  /** Messages and steps that are not done and can be: what a cut device still holds waits for its next connection. */
  get pending(): number {
    if (this.#isOver || !this.#isWanted) return 0;
    return this.#device.pending + this.#waiting.length + (this.#isCutting ? 1 : 0);
  }

  /** Messages that were handed over and are not acknowledged. */
  get unacknowledged(): number {
    return this.#device.pending + this.#waiting.filter(({ kind }) => kind === 'send').length;
  }

  do(step: SimulatedStep): void {
    if (this.#isOver) return;
    if (this.#isCutting) this.#waiting.push(step);
    else this.#perform(step);
  }

  /** Says offline and disconnects. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#cancelSettle();
    await this.#device.stop();
  }

  #perform(step: SimulatedStep): void {
    switch (step.kind) {
      case 'connect':
        this.#isWanted = true;
        return this.#device.start();
      case 'send': {
        const { payload, channel } = step.message;
        this.#device.send({ channel, qos: 1, payload: () => payload, send: step });
        return;
      }
      case 'cut': {
        this.#isCutting = true;
        this.#cancelSettle = this.#options.clock.after(SETTLE_MS, () => this.#cut());
        return this.#proceed();
      }
      case 'lost':
      case 'pass':
        return;
    }
  }

  #proceed(): void {
    if (this.#isCutting && this.#isGreeted && this.#device.pending === 0) this.#cut();
  }

  #cut(): void {
    this.#cancelSettle();
    if (this.#device.online) this.#options.onCut();
    this.#device.cut();
    this.#isCutting = false;
    this.#isWanted = false;
    this.#isGreeted = false;
    while (!this.#isCutting) {
      const step = this.#waiting.shift();
      if (step === undefined) break;
      this.#perform(step);
    }
    this.#options.onChange();
  }

  #onDisconnected(end: DeviceEnd): void {
    this.#isGreeted = false;
    if (end.kind !== 'refused' || !FINAL_REFUSALS.has(end.returnCode)) return;
    this.#isOver = true;
    this.#cancelSettle();
    this.#device.cut();
    this.#options.onRefused(end.returnCode);
    this.#options.onChange();
  }
}
