import type { Client } from 'aedes';
import { describe, expect, it } from 'vitest';

import type { ThingId } from '../domain/model/identifier.ts';
import { SessionStore } from './session-store.ts';
import type { RoutedPacket } from './session-store.ts';
import { filterMatches } from './topic-index.ts';

const retained = (topic: string, text: string): RoutedPacket => ({
  cmd: 'publish',
  brokerId: '',
  brokerCounter: 0,
  topic,
  payload: Buffer.from(text),
  qos: 1,
  retain: true,
  dup: false,
});

describe('filterMatches', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/c', false],
    ['a/b', 'a', false],
    ['a/b', 'a/b/c', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/', true],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['a/+/c', 'a/b/c', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['a/#', 'b', false],
  ])('%s and %s: %s', (filter, topic, expected) => {
    expect(filterMatches(filter, topic)).toBe(expected);
  });
});

describe('SessionStore', () => {
  const create = (): SessionStore =>
    new SessionStore({ offlineMessages: 10, isGranted: () => true, onDropped: () => undefined });

  it('keeps the last status of each thing until it is cleared or the thing is gone', () => {
    const store = create();
    const topics = ['ww/v1/S-1/status', 'ww/v1/S-2/status', 'ww/v1/S-3/status'];
    for (const topic of topics) store.retained.keep(retained(topic, 'old'));
    store.retained.keep(retained('ww/v1/S-1/status', 'new'));
    store.retained.keep(retained('ww/v1/S-2/status', ''));
    store.forget('S-3' as ThingId);
    expect(store.retained.matching(topics).map(({ payload }) => payload.toString())).toEqual(['new']);
  });

  it('keeps a thousand open QoS 2 exchanges of a client, the newest', async () => {
    const store = create();
    const client = { id: 'S-1', clean: false, closed: false } as Client;
    for (let messageId = 1; messageId <= 1_001; messageId += 1)
      await store.incomingStorePacket(client, { messageId });
    expect([1, 2, 1_001].map(messageId => store.isIncoming('S-1', messageId))).toEqual([false, true, true]);
    await expect(store.incomingGetPacket(client, { messageId: 1 })).rejects.toThrow('No such packet');
    await store.cleanIncoming(client);
    expect(store.isIncoming('S-1', 2)).toBe(false);
  });
});
