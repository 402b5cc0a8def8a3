import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { BrokerRig, station } from '../test/harness/broker-rig.ts';
import {
  RawClient,
  connectFrame,
  frame,
  publishFrame,
  remainingLength,
  subscribeFrame,
  uint16,
} from '../test/harness/raw-mqtt.ts';
import { sharedData } from '../test/harness/shared-data.ts';
import { waitFor } from '../test/harness/wait-for.ts';

/** A seeded generator (mulberry32), so that a failure can be had again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Connections that are open at once, each with an id of its own: else they would throw one another out. */
const AT_ONCE = 40;
const IDS = Array.from({ length: AT_ONCE }, (_, index) => `S-${index + 10}`);
const idOf = (index: number): string => IDS[index % AT_ONCE] ?? '';
const connectOf = (id: string): Buffer =>
  connectFrame({ id, username: id, password: `secret-of-${id}`, clean: false });

const samplesOf = (id: string): readonly Buffer[] => [
  publishFrame({ topic: `ww/v1/${id}/obs`, payload: '{"obs":[]}', id: 5 }),
  publishFrame({ topic: `ww/v1/${id}/status`, payload: '{}', qos: 2, retain: true, id: 6 }),
  publishFrame({ topic: `ww/v1/${id}/event`, payload: 'x', qos: 0 }),
  subscribeFrame(7, `ww/v1/${id}/cmd`, 'ww/v1/+/cmd', '$share/g/#'),
  frame(0xa2, uint16(8), Buffer.from([0, 1, 65])),
  frame(0x40, uint16(1)),
  frame(0x50, uint16(2)),
  frame(0x62, uint16(6)),
  frame(0x70, uint16(4)),
  Buffer.from([0xc0, 0]),
];

let rig: BrokerRig;
const escaped: unknown[] = [];
const keep = (error: unknown): void => void escaped.push(error);
beforeEach(async () => {
  escaped.length = 0;
  process.on('uncaughtException', keep);
  process.on('unhandledRejection', keep);
  rig = await BrokerRig.start({}, IDS.map(station));
});
afterEach(async () => {
  await rig.stop();
  process.off('uncaughtException', keep);
  process.off('unhandledRejection', keep);
});

/** Sends each of the inputs on a connection of its own, ends it, and proves that the broker is as before. */
async function survives(inputs: readonly Buffer[]): Promise<void> {
  for (let start = 0; start < inputs.length; start += AT_ONCE) {
    const clients = inputs.slice(start, start + AT_ONCE).map(bytes => {
      const client = RawClient.to(rig.port);
      client.stream.end(bytes);
      return client;
    });
    await waitFor('the end of all', () => clients.every(client => client.isClosed), { intervalMs: 2 });
  }
  await waitFor('no connection', () => rig.broker.connections().size === 0);
  expect(escaped).toEqual([]);
  expect([...rig.refusals.counts.keys()].filter(key => key.endsWith('hook_failed'))).toEqual([]);
  const id = idOf(0);
  const client = await rig.online(id);
  await client.send(publishFrame({ topic: `ww/v1/${id}/obs`, payload: 'alive' })).receive('puback');
  expect((await rig.payloads()).at(-1)).toBe('alive');
}

const counted = (reason: string): number =>
  [...rig.refusals.counts].reduce((sum, [key, count]) => (key.endsWith(reason) ? sum + count : sum), 0);

describe('the broker survives', () => {
  it('3,000 random byte strings in place of a CONNECT, and counts every one', async () => {
    const next = random(1);
    const inputs = Array.from({ length: 3_000 }, () => {
      const bytes = Buffer.from(
        Array.from({ length: 6 + Math.floor(next() * 200) }, () => Math.floor(next() * 256)),
      );
      // A whole header that announces too much, or is none of a CONNECT.
      bytes[0] = next() < 0.5 ? 0x10 : (bytes[0] ?? 0) | 0x80;
      bytes.fill(0xff, 1, 5);
      return bytes;
    });
    await survives(inputs);
    expect(rig.refusals.all()).toEqual({ '- connect_too_large': 3_000 });
  });

  it('2,000 damaged CONNECTs', async () => {
    const next = random(2);
    await survives(Array.from({ length: 2_000 }, (_, index) => damaged(connectOf(idOf(index)), next)));
    expect(rig.refusals.total).toBeGreaterThan(1_000);
  });

  it('3,000 connections with random and damaged frames behind a good CONNECT', async () => {
    const next = random(3);
    const inputs = Array.from({ length: 3_000 }, (_, index) => {
      const samples = samplesOf(idOf(index));
      const frames = Array.from({ length: 1 + Math.floor(next() * 6) }, () => {
        const sample = samples[Math.floor(next() * samples.length)] ?? Buffer.alloc(0);
        const kind = next();
        if (kind < 0.3) return sample;
        if (kind < 0.8) return damaged(sample, next);
        const body = Buffer.from(
          Array.from({ length: Math.floor(next() * 60) }, () => Math.floor(next() * 256)),
        );
        return frame(Math.floor(next() * 256), body);
      });
      return Buffer.concat([connectOf(idOf(index)), ...frames]);
    });
    await survives(inputs);
    expect(rig.broker.stats().connectionsTotal).toBe(3_001);
    expect(counted('protocol_error')).toBeGreaterThan(1_000);
    expect(counted('_forbidden')).toBeGreaterThan(100);
  });
});

/** A copy with up to three bytes changed, or cut, or with something put in. */
function damaged(frame: Buffer, next: () => number): Buffer {
  const bytes = Buffer.from(frame);
  for (let change = 0; change <= next() * 3; change += 1) {
    bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
  }
  const kind = next();
  if (kind < 0.2) return bytes.subarray(0, Math.floor(next() * bytes.length));
  if (kind < 0.4)
    return Buffer.concat([bytes, Buffer.alloc(Math.floor(next() * 20), Math.floor(next() * 256))]);
  return bytes;
}

const FILES = [
  'AUTH',
  'CONNACK',
  'CONNECT',
  'DISCONNECT',
  'FLOW',
  'FORBIDDEN',
  'OTHER',
  'PINGREQ',
  'PINGRESP',
]
  .concat(['PUBACK', 'PUBCOMP', 'PUBLISH', 'PUBREC', 'PUBREL', 'REGRESSION', 'SUBACK', 'SUBSCRIBE'])
  .concat(['UNSUBACK', 'UNSUBSCRIBE']);
const paths = FILES.map(name => sharedData(`protocol-vectors/mqtt-packets/${name}.json.gz`));

interface Vector {
  readonly name: string;
  readonly connect?: boolean;
  readonly msgs: readonly { readonly type: string; readonly payload: string }[];
}

describe.skipIf(paths.includes(undefined))('the broker survives the packet tests of mosquitto', () => {
  it.each(FILES)('%s, alone and behind a CONNECT', async name => {
    const path = paths[FILES.indexOf(name)] ?? '';
    const groups = JSON.parse(gunzipSync(readFileSync(path)).toString()) as { tests: readonly Vector[] }[];
    const sent = [groups]
      .flat()
      .flatMap(({ tests }) =>
        tests.map(({ msgs }) =>
          Buffer.concat(msgs.filter(({ type }) => type === 'send').map(({ payload }) => packet(payload))),
        ),
      );
    expect(sent.length).toBeGreaterThan(0);
    const behind = sent.map((bytes, index) => Buffer.concat([connectOf(idOf(index)), bytes]));
    await survives([...sent, ...behind]);
    expect(rig.refusals.total).toBeGreaterThan(0);
  });
});

/**
 * The notation of the packet tests: hex, rN remaining length, sN length of a string, mN packet id, kN keep-alive; for
 * MQTT 5 vN a variable length, iN a property, HN two bytes, LN four.
 */
function packet(notation: string): Buffer {
  const parts = notation.match(/'[^']*'|[rsmkviHL]\d+|[0-9A-Fa-f]{2}/g) ?? [];
  return Buffer.concat(
    parts.map(part => {
      const value = Number(part.slice(1));
      switch (part.charAt(0)) {
        case "'":
          return Buffer.from(part.slice(1, -1));
        case 'r':
        case 'v':
          return Buffer.from(remainingLength(value));
        case 's':
        case 'm':
        case 'k':
        case 'H':
          return uint16(value);
        case 'i':
          return Buffer.from([value]);
        case 'L':
          return Buffer.concat([uint16(Math.floor(value / 65_536)), uint16(value % 65_536)]);
        default:
          return Buffer.from(part, 'hex');
      }
    }),
  );
}
