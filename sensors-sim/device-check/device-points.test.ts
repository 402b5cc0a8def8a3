import { Buffer } from 'node:buffer';

import { describe, expect, it } from 'vitest';

import type { ConnectPacket } from './client-packet.ts';
import { judgeDevice } from './device-points.ts';
import { createRecord, recordPacket } from './device-record.ts';
import type { DeviceRecord } from './device-record.ts';
import type { Phase } from './device-scenario.ts';

const NOW = 1_790_000_000_000;
const HOUR = 3_600_000;
const CONNECT: ConnectPacket = {
  kind: 'connect',
  protocol: 'MQTT 4',
  clientId: 'S-1',
  username: 'S-1',
  password: 'secret',
  keepAliveS: 60,
  will: { topic: 'ww/v1/S-1/status', qos: 1, retain: true, payload: Buffer.from('{"state":"offline"}') },
};

type Deed = (record: DeviceRecord) => void;

const connect =
  (given: Partial<ConnectPacket> = {}, phase: Phase = 'regular'): Deed =>
  record =>
    void recordPacket(record, { ...CONNECT, ...given }, { atMs: NOW, phase });

interface Said {
  readonly topic?: string;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly phase?: Phase;
  readonly payload?: string;
  readonly t?: number;
  readonly v?: number;
  readonly sent?: number;
  readonly seq?: number;
  readonly p?: string;
}

const publish =
  (said: Said = {}): Deed =>
  record => {
    const {
      topic = 'ww/v1/S-1/obs',
      qos = 1,
      retain = false,
      phase = 'regular',
      seq,
      p = 'water_level',
    } = said;
    const obs = [{ p, t: said.t ?? NOW, v: said.v ?? 1 }];
    const payload = said.payload ?? JSON.stringify({ seq, sent: said.sent ?? NOW, obs });
    const packet = {
      kind: 'publish',
      topic,
      qos,
      retain,
      packetId: 1,
      payload: Buffer.from(payload),
    } as const;
    const publication = recordPacket(record, packet, { atMs: NOW, phase });
    if (phase === 'lost') record.lost = publication;
  };

const status = (said: Said = {}): Deed =>
  publish({ topic: 'ww/v1/S-1/status', payload: '{"state":"online"}', retain: true, ...said });
const subscribe =
  (filter: string): Deed =>
  record =>
    void recordPacket(
      record,
      { kind: 'subscribe', packetId: 1, filters: [filter] },
      { atMs: NOW, phase: 'regular' },
    );
const set =
  (fields: Partial<DeviceRecord>): Deed =>
  record =>
    void Object.assign(record, fields);
const over = set({ isComplete: true });
const lost = publish({ phase: 'lost', t: 5, v: 3 });
const again = (said: Said = {}): Deed => publish({ phase: 'recovery', t: 5, v: 3, ...said });
const will = (given: Partial<NonNullable<ConnectPacket['will']>>): Deed =>
  connect({ will: { ...CONNECT.will!, ...given } });

function verdictOf(id: string, deeds: readonly Deed[], secret: string | undefined = 'secret'): string {
  const record = createRecord('S-1', secret);
  for (const deed of deeds) deed(record);
  const point = judgeDevice(record).find(each => each.id === id);
  expect(point?.observed).toMatch(/\S/);
  return point?.verdict ?? 'no such point';
}

describe('the points of a device check', () => {
  it('say nothing of a device that was not seen', () => {
    const verdicts = judgeDevice(createRecord('S-1', undefined)).map(({ verdict }) => verdict);
    expect(new Set(verdicts)).toEqual(new Set(['not seen']));
  });

  it.each<[id: string, verdict: string, what: string, deeds: readonly Deed[]]>([
    ['protocol', 'holds', 'MQTT 3.1', [connect({ protocol: 'MQIsdp 3' })]],
    ['protocol', 'broken', 'MQTT 5', [connect(), connect({ protocol: 'MQTT 5' })]],
    ['protocol', 'broken', 'a malformed packet', [connect(), set({ malformed: ['a packet of type 0'] })]],
    ['client_id', 'holds', 'its own', [connect()]],
    ['client_id', 'broken', 'another client id once', [connect(), connect({ clientId: 'S-2' })]],
    ['client_id', 'broken', 'no user name', [connect({ username: undefined })]],
    ['password', 'holds', 'the secret', [connect()]],
    ['password', 'broken', 'another', [connect({ password: 'guess' })]],
    ['password', 'broken', 'none', [connect({ password: undefined })]],
    ['keep_alive', 'holds', '600 s', [connect({ keepAliveS: 600 })]],
    ['keep_alive', 'broken', '0', [connect({ keepAliveS: 0 })]],
    ['keep_alive', 'broken', '601 s', [connect({ keepAliveS: 601 })]],
    ['will', 'holds', 'as it should be', [connect()]],
    ['will', 'not seen', 'none', [connect({ will: undefined })]],
    ['will', 'broken', 'a foreign topic', [will({ topic: 'ww/v1/S-2/status' })]],
    ['will', 'broken', 'not retained', [will({ retain: false })]],
    ['will', 'broken', 'online', [will({ payload: Buffer.from('{"state":"online"}') })]],
    ['will', 'broken', 'no JSON', [will({ payload: Buffer.from('offline') })]],
    ['status', 'holds', 'retained', [status()]],
    ['status', 'broken', 'not retained', [status(), status({ retain: false })]],
    ['status', 'broken', 'QoS 0', [status({ qos: 0 })]],
    ['status', 'broken', 'another state', [status({ payload: '{"state":"up"}' })]],
    [
      'own_topics',
      'holds',
      'obs, event',
      [publish(), publish({ topic: 'ww/v1/S-1/event', payload: '{"type":"x","t":1}' })],
    ],
    ['own_topics', 'broken', 'another station', [publish(), publish({ topic: 'ww/v1/S-2/obs' })]],
    ['own_topics', 'broken', 'its commands', [publish({ topic: 'ww/v1/S-1/cmd' })]],
    ['own_topics', 'broken', 'a picture', [publish({ topic: 'ww/v1/S-1/snapshot/1' })]],
    ['qos', 'holds', '2', [publish({ qos: 2 })]],
    ['qos', 'broken', '0 once', [publish(), publish({ qos: 0 })]],
    ['payload', 'holds', 'readings', [publish()]],
    ['payload', 'broken', 'no JSON', [publish({ payload: '{' })]],
    ['payload', 'broken', 'an unknown property', [publish({ p: 'waterlevel' })]],
    [
      'payload',
      'broken',
      'one entry in two',
      [publish({ payload: `{"sent":${NOW},"obs":[{"p":"ph","t":1,"v":7},{}]}` })],
    ],
    ['payload', 'broken', 'too large', [publish({ payload: ' '.repeat(65_537) })]],
    ['t', 'holds', 'an hour ago', [publish({ t: NOW - HOUR })]],
    ['t', 'broken', 'in an hour', [publish({ t: NOW + HOUR })]],
    ['t', 'broken', 'in seconds', [publish({ t: NOW / 1_000 })]],
    ['sent', 'holds', 'a minute off', [publish({ sent: NOW - 60_000 })]],
    ['sent', 'broken', 'an hour off', [publish(), publish({ sent: NOW + HOUR })]],
    ['seq', 'not seen', 'none', [publish()]],
    [
      'seq',
      'holds',
      'growing, with a repeat',
      [publish({ seq: 4 }), publish({ seq: 9, t: 1 }), publish({ seq: 4 })],
    ],
    [
      'seq',
      'holds',
      'a topic each',
      [publish({ seq: 9 }), publish({ seq: 4, t: 1, topic: 'ww/v1/S-1/backlog' })],
    ],
    ['seq', 'broken', 'falling', [publish({ seq: 9 }), publish({ seq: 8, t: 1 })]],
    ['seq', 'broken', 'one for two messages', [publish({ seq: 9 }), publish({ seq: 9, t: 1 })]],
    ['late_puback', 'holds', 'patience', [set({ late: 'waited' })]],
    ['late_puback', 'broken', 'none', [set({ late: 'gave up' })]],
    ['resend', 'holds', 'the same', [lost, again(), over]],
    ['resend', 'holds', 'on backlog', [lost, again({ topic: 'ww/v1/S-1/backlog' }), over]],
    [
      'resend',
      'holds',
      'the same unreadable bytes',
      [publish({ payload: '{', phase: 'lost' }), publish({ payload: '{' }), over],
    ],
    ['resend', 'broken', 'nothing', [again(), lost, over]],
    ['resend', 'broken', 'another time', [lost, again({ t: 6 }), over]],
    ['resend', 'broken', 'another value', [lost, again({ v: 4 }), over]],
    ['resend', 'not seen', 'the check ended', [lost]],
    ['back_off', 'holds', 'doubling', [set({ retryDelaysMs: [600, 1_900, 2_100, 7_000] })]],
    ['back_off', 'holds', 'at once, then doubling', [set({ retryDelaysMs: [10, 1_000, 2_000, 4_000] })]],
    ['back_off', 'holds', 'always long', [set({ retryDelaysMs: [60_000, 60_000, 60_000, 60_000] })]],
    ['back_off', 'broken', 'always a second', [set({ retryDelaysMs: [1_000, 1_100, 1_000, 1_200] })]],
    ['back_off', 'broken', 'a storm', [set({ retryDelaysMs: [5, 10, 900, 5_000] })]],
    ['back_off', 'not seen', 'too few', [set({ retryDelaysMs: [1_000, 1_000, 1_000] })]],
    ['return', 'holds', 'it came', [connect({}, 'recovery')]],
    ['return', 'broken', 'it did not', [connect(), over]],
    ['return', 'not seen', 'the check ended', [connect()]],
    ['backlog', 'holds', 'used', [again({ topic: 'ww/v1/S-1/backlog' })]],
    ['backlog', 'not seen', 'on obs, which is allowed', [again()]],
    ['subscriptions', 'holds', 'its commands', [subscribe('ww/v1/S-1/cmd')]],
    ['subscriptions', 'broken', 'a wildcard', [subscribe('ww/v1/S-1/cmd'), subscribe('ww/v1/+/cmd')]],
    ['subscriptions', 'broken', 'shared', [subscribe('$share/g/ww/v1/S-1/cmd')]],
  ])('%s: %s with %s', (id, verdict, _what, deeds) => {
    expect(verdictOf(id, deeds)).toBe(verdict);
  });

  it('take any password where the secret is not known', () => {
    const record = createRecord('S-1', undefined);
    connect({ password: 'any' })(record);
    expect(judgeDevice(record).find(({ id }) => id === 'password')?.verdict).toBe('holds');
  });
});
