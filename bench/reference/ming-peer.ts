import { mkdirSync, symlinkSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import { thisProgram } from '../../server/program.ts';
import { freePorts, startProgram } from '../child-program.ts';

/** What that driver can put behind mosquitto and in front of InfluxDB. */
export type MingPeerWorker = 'plain' | 'nr-batch';

export interface MingPeerRun {
  readonly worker: MingPeerWorker;
  readonly mode: 'steady' | 'burst';
  readonly readings: number;
  readonly messages: number;
  readonly ratePerS: number;
}

/** Processor time by process, µs a message; messages and readings that came through. */
export interface MingPeerResult {
  readonly cpuUsPerMessage: Readonly<Record<string, number>>;
  readonly lostReadings: number;
  readonly messagesPerS?: number;
}

/**
 * The chain that was measured before this project began, with its own driver, load generator and messages. It lies
 * beside the repository, not in it: `undefined` where it is absent.
 */
export class MingPeer {
  readonly #driver: string;
  readonly #folder: string;
  readonly #nodeRed: string | undefined;
  #hasModules = false;

  private constructor(driver: string, folder: string, nodeRed: string | undefined) {
    this.#driver = driver;
    this.#folder = folder;
    this.#nodeRed = nodeRed;
  }

  /** @param folder an empty folder for what the driver writes */
  static find(folder: string): MingPeer | undefined {
    const driver = join(thisProgram().folder, '../shared/bench/ming-peer/bench.mjs');
    return existsSync(driver)
      ? new MingPeer(driver, folder, process.env['NODERED_DIR'] || undefined)
      : undefined;
  }

  /** Node-RED only where NODERED_DIR names a folder in which it is installed. */
  get workers(): readonly MingPeerWorker[] {
    return this.#nodeRed === undefined ? ['plain'] : ['plain', 'nr-batch'];
  }

  async run(run: MingPeerRun): Promise<MingPeerResult> {
    const { worker, mode, readings, messages, ratePerS } = run;
    const child = startProgram(
      process.execPath,
      [
        this.#driver,
        `sut=${worker}`,
        `mode=${mode}`,
        `readings=${readings}`,
        ...(mode === 'burst'
          ? [`n=${messages}`]
          : [`rate=${ratePerS}`, `secs=${Math.round(messages / ratePerS)}`]),
      ],
      {
        ...process.env,
        WORKDIR: join(this.#folder, 'ming-peer'),
        MODULES: this.#modules(),
        BASE_PORT: String(await freePorts(4)),
      },
    );
    await child.ended;
    const line = child.output.split('\n').find(text => text.startsWith('{'));
    const answer = JSON.parse(line ?? '{}') as {
      readonly error?: string;
      readonly cpuUsPerMsg?: Readonly<Record<string, number>>;
      readonly lostPoints?: number;
      readonly msgPerS?: number;
    };
    if (answer.cpuUsPerMsg === undefined) {
      throw new AppError('internal_error', `The driver of the reference chain failed:\n${child.output}`);
    }
    return {
      cpuUsPerMessage: answer.cpuUsPerMsg,
      lostReadings: answer.lostPoints ?? 0,
      ...(answer.msgPerS === undefined ? {} : { messagesPerS: answer.msgPerS }),
    };
  }

  /** The driver copies its worker to where mqtt.js can be found. */
  #modules(): string {
    const folder = join(this.#folder, 'ming-modules');
    if (!this.#hasModules) {
      mkdirSync(folder, { recursive: true });
      symlinkSync(join(thisProgram().folder, 'node_modules'), join(folder, 'node_modules'));
      this.#hasModules = true;
    }
    return folder;
  }
}
