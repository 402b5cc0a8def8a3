import type { GatewaySpec, StationSpec, ThingSpec } from '../../domain/model/registry.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { completeLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { loadThings } from '../../sensors-sim/load/load-registry.ts';
import { Publisher } from '../load/publisher.ts';
import type { PublishOrder, PublisherTarget } from '../load/publisher.ts';
import { cpuMs } from '../process-usage.ts';
import type { PlainChain } from '../reference/plain-chain.ts';
import type { ServerUnderTest } from '../server-under-test.ts';

/** What one run has cost, summed over all processes of the system. */
export interface IngestCost {
  readonly cpuUsPerReading: number;
  readonly cpuUsPerMessage: number;
  /** By process, where there are several: µs a message. */
  readonly parts: Readonly<Record<string, number>>;
  /** From the first publish until everything was stored. */
  readonly messagesPerS: number;
  readonly payloadBytes: number;
}

/** A system that is measured in turn with others; `run` resolves once everything is stored. */
export interface IngestContender {
  readonly name: string;
  run(order: PublishOrder): Promise<IngestCost>;
  stop(): Promise<void>;
}

export const STATIONS = 200;
const GATEWAYS = 4;
const SETTLE_MS = 120_000;

/** 200 stations with a connection of their own, and as many behind four gateways. */
export async function serverContenders(server: ServerUnderTest): Promise<readonly IngestContender[]> {
  const own = loadThings(completeLoadPlan({ stations: STATIONS, properties: 5 }));
  const behind = loadThings(
    completeLoadPlan({ stations: STATIONS, properties: 5, firstStation: STATIONS + 1 }),
  );
  const gateways = gatewaysOver(behind);
  const secrets = await server.register([...own, ...behind, ...gateways]);
  const run = async (publisher: Publisher, order: PublishOrder): Promise<IngestCost> => {
    const before = cpuMs(server.pid);
    const startedMs = performance.now();
    const { payloadBytes } = await publisher.publish(order);
    await server.settled(SETTLE_MS);
    const elapsedMs = performance.now() - startedMs;
    return costOf(order, { server: cpuMs(server.pid) - before }, { elapsedMs, payloadBytes });
  };
  const direct = await connected(server.mqttPort, linesOf(own, secrets));
  const bundled = await connected(server.mqttPort, linesOf(gateways, secrets));
  return [
    {
      name: `waterwarden, ${STATIONS} connections`,
      run: order => run(direct, order),
      stop: () => direct.stop(),
    },
    {
      name: `waterwarden, ${GATEWAYS} gateways`,
      run: order => run(bundled, order),
      stop: () => bundled.stop(),
    },
  ];
}

/** The plain chain under the same generator, with the same connections and the same messages. */
export async function chainContenders(chain: PlainChain): Promise<readonly IngestContender[]> {
  const own = loadThings(completeLoadPlan({ stations: STATIONS, properties: 5 }));
  const behind = loadThings(
    completeLoadPlan({ stations: STATIONS, properties: 5, firstStation: STATIONS + 1 }),
  );
  let points = 0;
  const run = async (publisher: Publisher, order: PublishOrder): Promise<IngestCost> => {
    const before = chain.cpuMs();
    const startedMs = performance.now();
    const { payloadBytes } = await publisher.publish(order);
    points += order.messages * order.readings;
    await chain.settled(points, SETTLE_MS);
    const elapsedMs = performance.now() - startedMs;
    const after = chain.cpuMs();
    const spent = {
      mosquitto: after.mosquitto - before.mosquitto,
      worker: after.worker - before.worker,
      influxd: after.influxd - before.influxd,
    };
    return costOf(order, spent, { elapsedMs, payloadBytes });
  };
  const direct = await connected(chain.broker.port, linesOf(own, {}));
  const bundled = await connected(chain.broker.port, linesOf(gatewaysOver(behind), {}));
  return [
    {
      name: `plain chain, ${STATIONS} connections`,
      run: order => run(direct, order),
      stop: () => direct.stop(),
    },
    {
      name: `plain chain, ${GATEWAYS} connections`,
      run: order => run(bundled, order),
      stop: () => bundled.stop(),
    },
  ];
}

function gatewaysOver(stations: readonly StationSpec[]): readonly GatewaySpec[] {
  const share = stations.length / GATEWAYS;
  return Array.from({ length: GATEWAYS }, (_, index): GatewaySpec => {
    const id = `load-gateway-${index + 1}` as ThingId;
    const behind = stations.slice(index * share, (index + 1) * share);
    return { kind: 'gateway', id, name: id, stations: behind.map(station => station.id) };
  });
}

function linesOf(
  things: readonly ThingSpec[],
  secrets: Readonly<Record<string, string>>,
): PublisherTarget['connections'] {
  return things.map(thing => ({
    id: thing.id,
    secret: secrets[thing.id] ?? 'reference',
    stations: thing.kind === 'gateway' ? thing.stations : [thing.id],
  }));
}

async function connected(port: number, connections: PublisherTarget['connections']): Promise<Publisher> {
  const publisher = new Publisher();
  await publisher.connect({ port, connections });
  return publisher;
}

function costOf(
  order: PublishOrder,
  spentMs: Readonly<Record<string, number>>,
  run: { readonly elapsedMs: number; readonly payloadBytes: number },
): IngestCost {
  const perMessage = (ms: number): number => (ms * 1_000) / order.messages;
  const cpuUsPerMessage = perMessage(Object.values(spentMs).reduce((sum, ms) => sum + ms, 0));
  return {
    cpuUsPerMessage,
    cpuUsPerReading: cpuUsPerMessage / order.readings,
    parts: Object.fromEntries(Object.entries(spentMs).map(([name, ms]) => [name, perMessage(ms)])),
    messagesPerS: (order.messages * 1_000) / run.elapsedMs,
    payloadBytes: run.payloadBytes,
  };
}
