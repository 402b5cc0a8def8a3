import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { decodeObservations } from '../../codecs/json-v1/codec.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import type { DeviceLink, LinkEvents, LinkMessage, LinkOptions } from '../device/link.ts';
import { Random } from '../random.ts';
import { DiskBuffer } from './disk-buffer.ts';
import { StoreAndForward } from './store-and-forward.ts';
import type { StoreAndForwardOptions } from './store-and-forward.ts';

/** A connection that a test answers by hand. */
class FakeLink implements DeviceLink {
  readonly options: LinkOptions;
  readonly events: LinkEvents;
  readonly published: (LinkMessage & { readonly puback: () => void })[] = [];
  end_: 'open' | 'ended' | 'cut' = 'open';

  constructor(options: LinkOptions, events: LinkEvents) {
    this.options = options;
    this.events = events;
  }

  publish(message: LinkMessage, onAcknowledged: () => void): void {
    this.published.push({ ...message, puback: onAcknowledged });
  }

  end(): void {
    this.end_ = 'ended';
  }

  cut(): void {
    this.end_ = 'cut';
  }

  /** The messages of readings as `channel:seq@t`. */
  get readings(): string[] {
    return this.published.flatMap(({ topic, payload }) => {
      const decoded = decodeObservations(payload);
      const channel = topic.split('/').at(-1);
      return decoded.ok ? [`${channel}:${decoded.seq}@${decoded.readings[0]?.t}`] : [];
    });
  }

  get status(): unknown[] {
    return this.published
      .filter(({ topic }) => topic.endsWith('/status'))
      .map(({ payload, retain, qos }) => ({ ...JSON.parse(String(Buffer.from(payload))), retain, qos }));
  }

  puback(seq: number): void {
    for (const { payload, puback } of this.published) {
      const decoded = decodeObservations(payload);
      if (decoded.ok && decoded.seq === seq) puback();
    }
  }
}

const temporary = temporaryFolder();
const links: FakeLink[] = [];
let clock: ManualClock;
let client: StoreAndForward;
let acknowledged: number[];

function create(options: Partial<StoreAndForwardOptions> = {}): StoreAndForward {
  return new StoreAndForward({
    id: 'S-1' as ThingId,
    secret: 'secret',
    host: 'server',
    port: 1883,
    buffer: new DiskBuffer({ folder: join(temporary.path, 'buffer') }),
    openLink: (linkOptions, events) => {
      links.push(new FakeLink(linkOptions, events));
      return link();
    },
    clock,
    random: new Random(1),
    onAcknowledged: seq => acknowledged.push(seq),
    ...options,
  });
}

const link = () => links.at(-1)!;
const reading = (t: number) => [{ p: 'water_level', t, v: 1.5 }];
const lose = () => link().events.onEnd({ kind: 'lost', detail: 'gone' });

/** Lets the time of the back-off pass and answers the connection. */
function reconnect(): void {
  const before = links.length;
  for (let second = 0; links.length === before; second += 1) {
    if (second > 200) throw new Error('The client does not come back.');
    clock.advance(1_000);
  }
  link().events.onReady();
}

beforeEach(() => {
  links.length = 0;
  acknowledged = [];
  clock = new ManualClock();
  client = create();
});
afterEach(async () => {
  const stopped = client.stop();
  clock.advance(10_000);
  await stopped;
});

describe('the reference client', () => {
  it('connects as the contract says and says online', () => {
    client.start();
    const { id, keepAliveS, will } = link().options;
    expect([id, keepAliveS, will.topic]).toEqual(['S-1', 60, 'ww/v1/S-1/status']);
    expect(JSON.parse(String(Buffer.from(will.payload)))).toMatchObject({ state: 'offline' });
    link().events.onReady();
    expect(link().status).toEqual([
      { state: 'online', fw: 'reference-1', dropped: 0, damaged: 0, retain: true, qos: 1 },
    ]);
  });

  it('keeps a message until its PUBACK', () => {
    client.start();
    link().events.onReady();
    client.add(reading(1));
    expect([link().readings, client.pending]).toEqual([['obs:1@1'], 1]);
    link().puback(1);
    expect([client.pending, acknowledged]).toEqual([0, [1]]);
  });

  it('sends what has no PUBACK again, with the same time, value and number', () => {
    client.start();
    link().events.onReady();
    client.add(reading(7));
    const first = decodeObservations(link().published.at(-1)!.payload);
    lose();
    reconnect();
    const second = decodeObservations(link().published.at(-1)!.payload);
    expect(second).toEqual({ ...first, sent: clock.now() });
  });

  it('ignores a PUBACK of a connection that is over', () => {
    client.start();
    link().events.onReady();
    client.add(reading(1));
    const old = link();
    lose();
    old.puback(1);
    expect([client.pending, acknowledged]).toEqual([1, []]);
  });

  it('sends fresh readings on obs and what waited on backlog, the fresh ones first', () => {
    client = create({ window: 4 });
    client.start();
    for (let t = 1; t <= 3; t += 1) client.add(reading(t));
    clock.advance(6_000);
    client.add(reading(9));
    link().events.onReady();
    expect(link().readings).toEqual(['obs:4@9', 'backlog:1@1']);
    client.add(reading(10));
    link().puback(1);
    expect(link().readings).toEqual(['obs:4@9', 'backlog:1@1', 'obs:5@10']);
    link().puback(4);
    link().puback(5);
    expect(link().readings.slice(3)).toEqual(['backlog:2@2', 'backlog:3@3']);
  });

  it('takes over what an earlier run has left, and goes on counting', async () => {
    client.start();
    client.add(reading(1));
    await client.stop();
    client = create();
    client.start();
    link().events.onReady();
    expect(client.add(reading(2))).toBe(2);
    expect(link().readings).toEqual(['backlog:1@1', 'obs:2@2']);
  });

  it('waits longer after each failure, and starts again small only after a PUBACK', () => {
    client.start();
    const waits: number[] = [];
    const failAndWait = (): void => {
      const before = links.length;
      lose();
      let waitedMs = 0;
      for (; links.length === before; waitedMs += 100) clock.advance(100);
      waits.push(waitedMs);
    };
    for (let failure = 0; failure < 4; failure += 1) failAndWait();
    link().events.onReady();
    failAndWait();
    for (const [index, waitedMs] of waits.entries()) {
      expect(waitedMs).toBeGreaterThanOrEqual(500 * 2 ** index);
      expect(waitedMs).toBeLessThanOrEqual(1_000 * 2 ** index + 100);
    }
    link().events.onReady();
    client.add(reading(1));
    link().puback(1);
    failAndWait();
    expect(waits.at(-1)).toBeLessThanOrEqual(1_100);
  });

  it('gives a connection up on which no PUBACK comes, and sends again on the next', () => {
    client.start();
    link().events.onReady();
    client.add(reading(1));
    clock.advance(119_000);
    expect(link().end_).toBe('open');
    clock.advance(1_000);
    const stuck = links[0]!;
    expect(stuck.end_).toBe('cut');
    reconnect();
    expect(link().readings).toEqual(['backlog:1@1']);
  });

  it('refuses what the contract does not allow, before it is kept', () => {
    client.start();
    expect(() => client.add([])).toThrow('obs');
    expect(() => client.add([{ p: 'water_level', t: 1, v: Number.NaN }])).toThrow('obs[0].v');
    expect(client.pending).toBe(0);
  });

  it('says offline and disconnects in order', async () => {
    client.start();
    link().events.onReady();
    const stopped = client.stop();
    expect(link().status.at(-1)).toMatchObject({ state: 'offline', retain: true });
    link().published.at(-1)!.puback();
    await stopped;
    expect(link().end_).toBe('ended');
    clock.advance(600_000);
    expect(links).toHaveLength(1);
  });

  it('stops at once when the connection ends during the farewell', async () => {
    client.start();
    link().events.onReady();
    const stopped = client.stop();
    lose();
    await stopped;
    expect(links).toHaveLength(1);
  });
});
