import { describe, expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { observation } from '../test/harness/store-batch.ts';
import { observationsOf } from '../test/harness/telemetry-model.ts';
import { ReadingBuffer } from './reading-buffer.ts';

const reading = (n: number) =>
  observation({
    datastream: n,
    t: epochMs(1e12 + n),
    v: n % 7 === 0 ? null : n / 3,
    quality: 3,
    deviceFlag: n % 5,
    source: 1,
    sent: epochMs(2e12 + n),
    received: epochMs(3e12 + n),
    position: n,
  });
const filled = (count: number) => {
  const buffer = new ReadingBuffer();
  for (let n = 1; n <= count; n += 1) buffer.add(reading(n));
  return buffer;
};

describe('ReadingBuffer', () => {
  it.each([0, 1, 15, 16, 17, 1_000])('gives back %i readings as they were added', count => {
    const expected = Array.from({ length: count }, (_, index) => reading(index + 1));
    expect(observationsOf(filled(count).take())).toEqual(expected);
  });

  it('never touches again what was taken', () => {
    const buffer = filled(3);
    const taken = buffer.take();
    expect(buffer.count).toBe(0);
    buffer.add(reading(9));
    expect(observationsOf(taken)).toEqual([1, 2, 3].map(reading));
    expect(observationsOf(buffer.take())).toEqual([reading(9)]);
  });

  it('takes one piece of memory, in proportion to what is in it', () => {
    const { count: _, ...columns } = filled(1).take();
    const buffers = new Set(Object.values(columns).map(column => column.buffer));
    // A blocked store keeps one for every commit of the journal, many of them with a single reading.
    expect([...buffers].map(({ byteLength }) => byteLength < 1_024)).toEqual([true]);
  });
});
