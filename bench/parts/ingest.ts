import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { findProgram } from '../child-program.ts';
import type { PublishOrder } from '../load/publisher.ts';
import type { BenchPart, FigureTable, PartContext, PartReport, TargetCheck } from '../part.ts';
import { cpuMs } from '../process-usage.ts';
import { MingPeer } from '../reference/ming-peer.ts';
import type { MingPeerWorker } from '../reference/ming-peer.ts';
import { PlainChain } from '../reference/plain-chain.ts';
import { startServerUnderTest } from '../server-under-test.ts';
import { median, medianRatio, rounded, spread } from '../statistics.ts';
import { STATIONS, chainContenders, serverContenders } from './ingest-contender.ts';
import type { IngestContender, IngestCost } from './ingest-contender.ts';

const RATE_PER_S = 1_000;
/** At full speed, as many as the driver of the ming-peer has. */
const IN_FLIGHT = 1_000;
const READINGS = [1, 5] as const;
const MODES = ['steady', 'burst'] as const;

interface Load {
  readonly mode: (typeof MODES)[number];
  readonly readings: number;
}

/** CPU per reading of the whole system beside the chain that validates nothing. */
export const ingest: BenchPart = {
  name: 'ingest',
  summary: 'CPU per reading of the whole system, beside mosquitto + plain worker + InfluxDB',
  run: async context => {
    const serverFolder = join(context.folder, 'server');
    mkdirSync(serverFolder);
    const server = await startServerUnderTest(serverFolder);
    const chain = await startChain(context);
    const contenders = [...(await serverContenders(server))];
    // Each of ours is followed at once by the chain with as many connections.
    if (chain !== undefined) {
      const [direct, bundled] = await chainContenders(chain);
      if (direct !== undefined) contenders.splice(1, 0, direct);
      if (bundled !== undefined) contenders.push(bundled);
    }
    try {
      const bench = new IngestBench(context, contenders);
      await bench.measure();
      const idle = await idleRow(server.pid, chain, context.quick ? 2_000 : 10_000);
      return bench.report(idle, chain !== undefined);
    } finally {
      for (const contender of contenders) await contender.stop();
      await server.stop();
      await chain?.stop();
    }
  },
};

async function startChain({ folder, say }: PartContext): Promise<PlainChain | undefined> {
  const mosquitto = findProgram('mosquitto');
  const influxd = findProgram('influxd');
  if (mosquitto === undefined || influxd === undefined) {
    say('SKIPPED: the reference chain; mosquitto and InfluxDB 1.6.7 come with scripts/install-test-servers.');
    return undefined;
  }
  return await PlainChain.start({ mosquitto, influxd }, folder);
}

async function idleRow(
  serverPid: number,
  chain: PlainChain | undefined,
  spanMs: number,
): Promise<FigureTable> {
  const chainMs = (): number => Object.values(chain?.cpuMs() ?? {}).reduce((sum, ms) => sum + ms, 0);
  const before = { server: cpuMs(serverPid), chain: chainMs() };
  await sleep(spanMs);
  const share = (spentMs: number): number => (100 * spentMs) / spanMs;
  return {
    title: `Idle, ${STATIONS + 4} connections each: % of one core (part of every steady figure above)`,
    columns: ['system', '%'],
    rows: [
      ['waterwarden', share(cpuMs(serverPid) - before.server)],
      ...(chain === undefined ? [] : [['plain chain', share(chainMs() - before.chain)] as const]),
    ],
  };
}

class IngestBench {
  readonly #context: PartContext;
  readonly #contenders: readonly IngestContender[];
  readonly #ming: MingPeer | undefined;
  /** The first run after the start, before anything is compiled or cached. */
  readonly #first = new Map<string, IngestCost>();
  readonly #costs = new Map<string, IngestCost[]>();
  readonly #mingCosts = new Map<
    string,
    { readonly costs: number[]; readonly parts: Record<string, number>[] }
  >();

  constructor(context: PartContext, contenders: readonly IngestContender[]) {
    this.#context = context;
    this.#contenders = contenders;
    this.#ming = MingPeer.find(context.folder);
  }

  async measure(): Promise<void> {
    const { quick, say } = this.#context;
    say('ingest: first runs');
    for (const contender of this.#contenders) {
      this.#first.set(contender.name, await contender.run(this.#order({ mode: 'steady', readings: 1 })));
      // Whatever a long-running process has compiled is compiled after this.
      for (const readings of READINGS) await contender.run(this.#order({ mode: 'burst', readings }));
    }
    for (let round = 1; round <= (quick ? 1 : 3); round++) {
      for (const mode of MODES) {
        for (const readings of READINGS) {
          say(`ingest: round ${round}, ${mode}, ${readings} readings a message`);
          await this.#round({ mode, readings });
        }
      }
    }
  }

  async #round(load: Load): Promise<void> {
    for (const contender of this.#contenders) {
      const costs = this.#costs.get(keyOf(load, contender.name)) ?? [];
      this.#costs.set(keyOf(load, contender.name), costs);
      costs.push(await contender.run(this.#order(load)));
    }
    for (const worker of this.#ming?.workers ?? []) await this.#runMing(worker, load);
  }

  async #runMing(worker: MingPeerWorker, load: Load): Promise<void> {
    const { messages } = this.#order(load);
    const key = keyOf(load, mingName(worker));
    const known = this.#mingCosts.get(key) ?? { costs: [], parts: [] };
    this.#mingCosts.set(key, known);
    const result = await this.#ming?.run({ ...load, worker, messages, ratePerS: RATE_PER_S });
    if (result === undefined) return;
    const perMessage = Object.values(result.cpuUsPerMessage).reduce((sum, us) => sum + us, 0);
    known.costs.push(perMessage / load.readings);
    known.parts.push({ ...result.cpuUsPerMessage });
  }

  #order({ mode, readings }: Load): PublishOrder {
    const { quick } = this.#context;
    return mode === 'steady'
      ? { messages: RATE_PER_S * (quick ? 5 : 15), ratePerS: RATE_PER_S, readings, inFlight: IN_FLIGHT }
      : { messages: quick ? 20_000 : 60_000, ratePerS: 'max', readings, inFlight: IN_FLIGHT };
  }

  report(idle: FigureTable, hasChain: boolean): PartReport {
    const targets: TargetCheck[] = [];
    const rows = MODES.flatMap(mode => READINGS.flatMap(readings => this.#rows({ mode, readings }, targets)));
    const first = [...this.#first].map(([name, cost]) => [
      name,
      cost.cpuUsPerReading,
      partsText([cost.parts]),
    ]);
    return {
      tables: [
        {
          title: `CPU per reading, ${STATIONS} stations, QoS 1, warm, medians; ratio to the chain of the same round`,
          columns: ['load', 'system', 'µs/reading', 'rounds', 'ratio', 'µs/message by process', 'msg/s'],
          rows,
        },
        {
          title: 'The first run after the start (steady, 1 reading): compilation and caches included',
          columns: ['system', 'µs/reading', 'µs/message by process'],
          rows: first,
        },
        idle,
      ],
      targets,
      notes: [
        'waterwarden: broker with identity and topic policy, journal with fsync before PUBACK, validation, identity,',
        'ledger and store; any acknowledged reading survives kill -9. The chains check nothing and lose what is in',
        'the worker or refused by the store. The archiver of the journal runs beside; InfluxDB compacts later.',
        'Steady runs mostly measure wake-ups of threads and processes, bursts the work itself.',
        ...(hasChain
          ? []
          : ['SKIPPED: the plain chain, since mosquitto or InfluxDB 1.6.7 is not installed.']),
        ...this.#mingNotes(),
      ],
    };
  }

  #mingNotes(): readonly string[] {
    if (this.#ming === undefined)
      return ['SKIPPED: the chain measured before; its driver is not beside the repository.'];
    const notes = [
      'ming-peer: its own driver, generator (4 connections) and messages (200 bytes), started afresh for each run.',
    ];
    return this.#ming.workers.includes('nr-batch')
      ? notes
      : [
          ...notes,
          'SKIPPED: Node-RED; NODERED_DIR names no folder with node-red and node-red-contrib-influxdb.',
        ];
  }

  #rows(load: Load, targets: TargetCheck[]): FigureTable['rows'] {
    const label = `${load.mode}, ${load.readings} a message`;
    const rows: (string | number | undefined)[][] = [];
    for (const { name } of this.#contenders) {
      const costs = this.#costs.get(keyOf(load, name)) ?? [];
      const perReading = costs.map(cost => cost.cpuUsPerReading);
      const reference = this.#costs.get(keyOf(load, referenceOf(name))) ?? [];
      const ratio = medianRatio(
        perReading,
        reference.map(cost => cost.cpuUsPerReading),
      );
      const size = costs[0]?.payloadBytes ?? 0;
      rows.push([
        `${label}, ${size} B`,
        name,
        median(perReading),
        spread(perReading),
        ratio,
        partsText(costs.map(cost => cost.parts)),
        load.mode === 'burst' ? Math.round(median(costs.map(cost => cost.messagesPerS))) : undefined,
      ]);
      if (name.startsWith('waterwarden') && reference.length > 0) {
        targets.push({
          target: `less CPU a reading than the plain chain; ${label}, ${name}`,
          measured: `${rounded(ratio)} of it`,
          met: ratio < 1,
        });
      }
    }
    const ours = this.#costs.get(keyOf(load, this.#contenders[0]?.name ?? '')) ?? [];
    for (const worker of this.#ming?.workers ?? []) {
      const { costs, parts } = this.#mingCosts.get(keyOf(load, mingName(worker))) ?? { costs: [], parts: [] };
      rows.push([
        `${label}, 200 B`,
        mingName(worker),
        median(costs),
        spread(costs),
        undefined,
        partsText(parts),
      ]);
      if (costs.length === 0) continue;
      const ratio = medianRatio(
        ours.map(cost => cost.cpuUsPerReading),
        costs,
      );
      targets.push({
        target: `less CPU a reading than ${mingName(worker)}; ${label}`,
        measured: `${rounded(ratio)} of it`,
        met: ratio < 1,
      });
    }
    return rows;
  }
}

function keyOf({ mode, readings }: Load, name: string): string {
  return `${mode}/${readings}/${name}`;
}

function mingName(worker: MingPeerWorker): string {
  return worker === 'plain' ? 'ming-peer, plain worker' : 'ming-peer, Node-RED';
}

function referenceOf(name: string): string {
  return name.includes(`${STATIONS} connections`)
    ? `plain chain, ${STATIONS} connections`
    : 'plain chain, 4 connections';
}

/** The medians by process. */
function partsText(runs: readonly Readonly<Record<string, number>>[]): string {
  const names = Object.keys(runs[0] ?? {});
  return names.map(name => `${name} ${rounded(median(runs.map(parts => parts[name] ?? 0)))}`).join(' + ');
}
