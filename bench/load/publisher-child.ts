import { encodeObservations } from '../../codecs/json-v1/codec.ts';
import type { DeviceLink } from '../../sensors-sim/device/link.ts';
import { LatencyHistogram } from '../../sensors-sim/load/latency-histogram.ts';
import { LOAD_PROPERTIES } from '../../sensors-sim/load/load-property.ts';
import { answerParent } from '../child-program.ts';
import { openGatewayLink } from './gateway-link.ts';
import type { PublishOrder, PublishResult, PublisherRequest, PublisherTarget } from './publisher.ts';

const TICK_MS = 5;

/** One connection and the stations that speak through it. */
interface Line {
  readonly link: DeviceLink;
  readonly stations: readonly string[];
  turn: number;
  unanswered: number;
}

/** The state of a station, kept over all runs so that no instant is used twice. */
interface StationState {
  seq: number;
  lastT: number;
}

const lines: Line[] = [];
const states = new Map<string, StationState>();

async function connect(target: PublisherTarget): Promise<object> {
  const open = async (connection: PublisherTarget['connections'][number]): Promise<void> => {
    const link = await openGatewayLink(target.port, connection);
    lines.push({ link, stations: connection.stations, turn: 0, unanswered: 0 });
  };
  await Promise.all(target.connections.map(open));
  return {};
}

/** The next message of a station, with all its readings at one instant, as a sampling station sends it. */
function message(station: string, readings: number): Uint8Array {
  const state = states.get(station) ?? { seq: 0, lastT: 0 };
  states.set(station, state);
  const now = Date.now();
  state.seq += 1;
  state.lastT = Math.max(now, state.lastT + 1);
  const obs = LOAD_PROPERTIES.slice(0, readings).map(({ property, range, decimals }, index) => {
    const share = (1 + Math.sin((state.seq + index * 7) / 25)) / 2;
    const v = Number((range[0] + share * (range[1] - range[0])).toFixed(decimals));
    return { p: property, t: state.lastT, v };
  });
  return encodeObservations({ seq: state.seq, sent: now, obs });
}

function publish(order: PublishOrder): Promise<PublishResult> {
  return new Promise(resolve => {
    const latency = new LatencyHistogram();
    const startedMs = performance.now();
    let sent = 0;
    let bytes = 0;
    let acknowledged = 0;
    const sendOne = (line: Line): void => {
      const station = line.stations[line.turn % line.stations.length] ?? '';
      line.turn += 1;
      line.unanswered += 1;
      sent += 1;
      const payload = message(station, order.readings);
      bytes += payload.byteLength;
      const sentMs = performance.now();
      line.link.publish({ topic: `ww/v1/${station}/obs`, payload, qos: 1, retain: false }, () => {
        latency.add(performance.now() - sentMs);
        line.unanswered -= 1;
        acknowledged += 1;
        if (acknowledged === order.messages) {
          resolve({
            messages: acknowledged,
            payloadBytes: Math.round(bytes / acknowledged),
            elapsedMs: performance.now() - startedMs,
            p50Ms: latency.quantile(0.5),
            p99Ms: latency.quantile(0.99),
          });
        } else if (order.ratePerS === 'max') fill(line);
      });
    };
    const fill = (line: Line): void => {
      const left = Math.min(order.messages - sent, order.inFlight / lines.length - line.unanswered);
      for (let count = 0; count < left; count++) sendOne(line);
    };
    if (order.ratePerS === 'max') {
      for (const line of lines) fill(line);
      return;
    }
    const { ratePerS } = order;
    let next = 0;
    const tick = (): void => {
      const due = Math.min(order.messages, Math.floor(((performance.now() - startedMs) * ratePerS) / 1_000));
      for (let left = due - sent; left > 0; left--) {
        const line = lines[next % lines.length];
        next += 1;
        if (line !== undefined) sendOne(line);
      }
      if (sent < order.messages) setTimeout(tick, TICK_MS);
    };
    tick();
  });
}

answerParent<PublisherRequest>(async request =>
  'connections' in request ? await connect(request) : await publish(request),
);
