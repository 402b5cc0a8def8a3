import { MAX_READINGS } from '../../codecs/json-v1/codec.ts';
import { AppError } from '../../domain/errors.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { durationMs } from '../../domain/time/instant.ts';
import { holdProcess } from '../device/process-hold.ts';
import type { RecordedReading, Recording } from './recording.ts';
import { replayMessages } from './replay-message.ts';
import { StationPool } from './station-pool.ts';

export interface ReplayOptions {
  readonly recording: Recording;
  readonly connect: {
    readonly host: string;
    readonly port: number;
    /** Secret by station id; every station of the recording needs one. */
    readonly secrets: ReadonlyMap<string, string>;
  };
  /** `max`: as fast as it is acknowledged. A factor: 1 is real time, 60 an hour in a minute. */
  readonly speed: 'max' | number;
  readonly clock: Clock;
  /** Ends the replay early. */
  readonly signal?: AbortSignal;
  /** Stations connected at once; default 200. */
  readonly maxConnections?: number;
  /** For the jitter of reconnects; default 1. */
  readonly seed?: number;
  /** After each acknowledged message. */
  readonly onProgress?: (progress: ReplayProgress) => void;
}

export interface ReplayProgress {
  readonly readingsRead: number;
  readonly readingsAcknowledged: number;
}

/** What became of a recording. read = acknowledged + unacknowledged + refused, for readings and for messages alike. */
export interface ReplayResult {
  readonly readings: {
    readonly read: number;
    readonly acknowledged: number;
    /** Left over because the replay was ended early. */
    readonly unacknowledged: number;
    /** Of stations that the server does not accept. */
    readonly refused: number;
    /** Acknowledged, with a value that is no number: to be quarantined. */
    readonly unreadable: number;
  };
  readonly messagesAcknowledged: number;
  /** CONNACK return code by station that was not accepted. */
  readonly refusedStations: Readonly<Record<string, number>>;
  readonly connects: number;
  /** Connections lost on the way; what was unacknowledged was sent again. */
  readonly losses: number;
  readonly aborted: boolean;
  readonly elapsedMs: number;
}

/** Readings that are gathered before all of them are sent, whatever the station. */
const MOST_GATHERED = 200_000;
/** At a given speed, what is due within this span goes out together, milliseconds. */
const TICK_MS = 100;
/** The longest span a timer of the platform can wait: 24 days. */
const LONGEST_PAUSE_MS = 2 ** 31 - 1;

/**
 * Sends a recording as its stations would, over MQTT at QoS 1, with the original times and `sent` = now. Rejects with
 * `invalid_request` before anything is sent where the options make no sense; while the server is away it waits.
 */
export async function replayRecording(options: ReplayOptions): Promise<ReplayResult> {
  const problems = problemsOf(options);
  if (problems.length > 0) {
    throw new AppError('invalid_request', `The replay was refused: ${problems.join(' ')}`, { problems });
  }
  const release = holdProcess();
  try {
    return await new Replay(options).run();
  } finally {
    release();
  }
}

function problemsOf({ recording, connect, speed, maxConnections = 1 }: ReplayOptions): readonly string[] {
  const problems: string[] = [];
  if (speed !== 'max' && !(speed > 0 && speed < Infinity)) problems.push(`speed: ${speed} is not above 0.`);
  if (!(Number.isInteger(maxConnections) && maxConnections >= 1)) {
    problems.push(`maxConnections: ${maxConnections} is no whole number above 0.`);
  }
  const strangers = recording.stations.filter(({ id }) => !connect.secrets.has(id));
  if (strangers.length > 0) {
    problems.push(`secrets: ${strangers.length} stations have none, ${strangers[0]?.id ?? ''} first.`);
  }
  return problems;
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #pool: StationPool;
  readonly #gathered = new Map<ThingId, RecordedReading[]>();
  #gatheredCount = 0;
  readonly #readings = { read: 0, acknowledged: 0, refused: 0, unreadable: 0 };
  readonly #refusedStations: Record<string, number> = {};
  #messagesAcknowledged = 0;
  #wake: () => void = () => undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#pool = new StationPool({
      ...options.connect,
      clock: options.clock,
      seed: options.seed ?? 1,
      maxConnections: options.maxConnections ?? 200,
      onAcknowledged: message => {
        this.#messagesAcknowledged += 1;
        this.#readings.acknowledged += message.readings;
        this.#readings.unreadable += message.unreadable;
        const { read, acknowledged } = this.#readings;
        options.onProgress?.({ readingsRead: read, readingsAcknowledged: acknowledged });
      },
      onRefused: (station, returnCode, messages) => {
        this.#refusedStations[station] = returnCode;
        for (const message of messages) this.#readings.refused += message.readings;
      },
    });
  }

  async run(): Promise<ReplayResult> {
    const { clock, signal } = this.#options;
    const startedMs = clock.monotonicMs();
    const abort = (): void => {
      this.#wake();
      void this.#pool.stop();
    };
    signal?.addEventListener('abort', abort);
    try {
      if (!this.#isAborted) await this.#sendAll(startedMs);
      await this.#pool.drained();
    } finally {
      signal?.removeEventListener('abort', abort);
      await this.#pool.stop();
    }
    const { read, acknowledged, refused, unreadable } = this.#readings;
    return {
      readings: { read, acknowledged, refused, unreadable, unacknowledged: read - acknowledged - refused },
      messagesAcknowledged: this.#messagesAcknowledged,
      refusedStations: this.#refusedStations,
      connects: this.#pool.connects,
      losses: this.#pool.losses,
      aborted: this.#isAborted,
      elapsedMs: clock.monotonicMs() - startedMs,
    };
  }

  get #isAborted(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  async #sendAll(startedMs: number): Promise<void> {
    const { recording, speed, clock } = this.#options;
    const beginMs = recording.span?.from ?? 0;
    for await (const reading of recording.readings()) {
      if (this.#isAborted) return;
      if (speed !== 'max') {
        const dueMs = startedMs + (reading.t - beginMs) / speed;
        if (dueMs > clock.monotonicMs()) await this.#flushAll();
        while (dueMs > clock.monotonicMs()) {
          await this.#pause(Math.max(TICK_MS, dueMs - clock.monotonicMs()));
          if (this.#isAborted) return;
        }
      }
      await this.#gather(reading);
    }
    await this.#flushAll();
  }

  async #gather(reading: RecordedReading): Promise<void> {
    this.#readings.read += 1;
    this.#gatheredCount += 1;
    const own = this.#gathered.get(reading.station) ?? [];
    own.push(reading);
    this.#gathered.set(reading.station, own);
    if (own.length >= MAX_READINGS) await this.#flush(reading.station);
    else if (this.#gatheredCount >= MOST_GATHERED) await this.#flushAll();
  }

  async #flushAll(): Promise<void> {
    for (const station of this.#gathered.keys()) await this.#flush(station);
  }

  async #flush(station: ThingId): Promise<void> {
    const readings = this.#gathered.get(station) ?? [];
    this.#gathered.delete(station);
    this.#gatheredCount -= readings.length;
    for (const message of replayMessages(station, readings, this.#options.clock.now())) {
      await this.#pool.send(station, message);
    }
  }

  #pause(spanMs: number): Promise<void> {
    return new Promise(resolve => {
      if (this.#isAborted) return resolve();
      const cancel = this.#options.clock.after(durationMs(Math.min(spanMs, LONGEST_PAUSE_MS)), resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
