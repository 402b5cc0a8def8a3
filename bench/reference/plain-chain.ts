import { ChildModule } from '../child-program.ts';
import { cpuMs } from '../process-usage.ts';
import { until } from '../wait.ts';
import { ReferenceInflux } from './influxdb.ts';
import { startMosquitto } from './mosquitto.ts';
import type { ReferenceBroker } from './mosquitto.ts';

export type PlainWorkerRequest =
  | { readonly kind: 'start'; readonly mqttPort: number; readonly influxPort: number }
  | { readonly kind: 'report' }
  | { readonly kind: 'reset' };

/** What the plain worker has seen, and how long after `sent` it saw live messages, milliseconds. */
export interface PlainWorkerReport {
  readonly messages: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** mosquitto, a plain mqtt.js worker and InfluxDB: the chain that the budget of DESIGN section 9 is held against. */
export class PlainChain {
  readonly broker: ReferenceBroker;
  readonly influx: ReferenceInflux;
  readonly #worker: ChildModule;

  private constructor(broker: ReferenceBroker, influx: ReferenceInflux, worker: ChildModule) {
    this.broker = broker;
    this.influx = influx;
    this.#worker = worker;
  }

  static async start(programs: { mosquitto: string; influxd: string }, folder: string): Promise<PlainChain> {
    const broker = await startMosquitto(programs.mosquitto, folder);
    const influx = new ReferenceInflux(programs.influxd, folder, 'default');
    await influx.start();
    const worker = new ChildModule('reference/plain-worker-child.js');
    const order: PlainWorkerRequest = { kind: 'start', mqttPort: broker.port, influxPort: influx.port };
    await worker.ask(order);
    return new PlainChain(broker, influx, worker);
  }

  /** Processor time so far of each of the three, milliseconds. */
  cpuMs(): { readonly mosquitto: number; readonly worker: number; readonly influxd: number } {
    return {
      mosquitto: cpuMs(this.broker.pid),
      worker: cpuMs(this.#worker.pid),
      influxd: cpuMs(this.influx.pid),
    };
  }

  report(): Promise<PlainWorkerReport> {
    return this.#worker.ask({ kind: 'report' } satisfies PlainWorkerRequest);
  }

  /** Forgets the latencies so far. */
  async reset(): Promise<void> {
    await this.#worker.ask({ kind: 'reset' } satisfies PlainWorkerRequest);
  }

  /** Resolves when InfluxDB has got so many points. */
  async settled(points: number, timeoutMs: number): Promise<void> {
    await until(
      `${points} points in InfluxDB`,
      async () => ((await this.influx.pointsWritten()) >= points ? true : undefined),
      { timeoutMs, intervalMs: 100 },
    );
  }

  async stop(): Promise<void> {
    await this.#worker.stop('SIGKILL');
    await this.broker.stop();
    await this.influx.stop();
  }
}
