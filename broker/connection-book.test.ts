import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { CountedRefusals, station } from '../test/harness/broker-rig.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { ConnectionBook } from './connection-book.ts';
import { Connection } from './connection.ts';

describe('ConnectionBook', () => {
  const clock = new ManualClock(epochMs(1_790_000_000_000));
  const connection = (): Connection =>
    new Connection({
      stream: new PassThrough(),
      thing: station('S-1'),
      connect: { clientId: 'S-1', clean: true, keepAliveS: 60 },
      clock,
      refusals: new CountedRefusals(),
    });

  it('lets a connection go on when all before it are gone, and not before', async () => {
    const gone: Connection[] = [];
    const book = new ConnectionBook(each => gone.push(each));
    const [first, second, third] = [connection(), connection(), connection()];
    await book.enter(first);
    book.connected(first, clock.now());
    const order: string[] = [];
    void first.gone.then(() => order.push('first gone'));
    void second.gone.then(() => order.push('second gone'));
    const entered = [second, third].map((each, index) =>
      book.enter(each).then(() => order.push(`${index === 0 ? 'second' : 'third'} in`)),
    );
    expect(book.online.size).toBe(0);
    await Promise.all(entered);
    expect(order.indexOf('third in')).toBeGreaterThan(order.indexOf('first gone'));
    expect(order.indexOf('third in')).toBeGreaterThan(order.indexOf('second gone'));
    expect(order.indexOf('second in')).toBeGreaterThan(order.indexOf('first gone'));
    expect([first.stream.destroyed, second.stream.destroyed, third.stream.destroyed]).toEqual([
      true,
      true,
      false,
    ]);
    expect(gone).toEqual([first, second]);
    // The former ones have no say any more.
    book.connected(second, clock.now());
    expect(book.online.size).toBe(0);
    book.connected(third, clock.now());
    expect([...book.online.keys()]).toEqual(['S-1']);
    third.end();
    expect(book.online.size).toBe(0);
  });
});
