import { describe, expect, it } from 'vitest';
import { itemsAnswer, renderList, visitInSlices } from './answer.ts';

async function collect(list: string | AsyncIterable<string>): Promise<string[]> {
  if (typeof list === 'string') return [list];
  const pieces: string[] = [];
  for await (const piece of list) pieces.push(piece);
  return pieces;
}

describe('renderList', () => {
  it.each([0, 1, 2, 5_000, 50_000])('writes %i items as one valid document', async count => {
    const items = Array.from({ length: count }, (_, index) => ({ index, text: '水' }));
    const pieces = await collect(renderList(itemsAnswer(items, item => item, 'more')));
    expect(JSON.parse(pieces.join(''))).toEqual({ items, next: 'more' });
  });

  it('writes a short list at once', () => {
    expect(renderList(itemsAnswer([1, 2], item => item, null))).toBe('{"items":[1,2],"next":null}');
  });

  it('gives up the event loop between the pieces of a long list', async () => {
    let turns = 0;
    let counting = true;
    const count = () => {
      turns += 1;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const items = Array.from({ length: 50_000 }, (_, t) => ({ t, v: 1.5, flag: 1, deviceFlag: 'N' }));
    const pieces = await collect(renderList(itemsAnswer(items, item => item, null)));
    counting = false;
    expect(pieces.length).toBeGreaterThan(30);
    expect(turns).toBeGreaterThanOrEqual(pieces.length - 1);
    expect(Math.max(...pieces.map(piece => piece.length))).toBeLessThan(66_000);
  });

  it('makes an item only when its piece is due', async () => {
    let made = 0;
    const items = Array.from({ length: 50_000 }, (_, index) => index);
    const list = renderList(
      itemsAnswer(
        items,
        item => {
          made += 1;
          return { item, text: 'x'.repeat(100) };
        },
        null,
      ),
    );
    expect(typeof list).toBe('object');
    expect(made).toBeLessThan(1_000);
  });
});

describe('visitInSlices', () => {
  it('visits each entry once, in order', async () => {
    const seen: number[] = [];
    await visitInSlices(
      Array.from({ length: 1_000 }, (_, index) => index),
      entry => seen.push(entry),
    );
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  it('lets others run when the work is long', async () => {
    let others = 0;
    setImmediate(() => {
      others += 1;
    });
    let othersAtEnd = -1;
    const end = performance.now() + 60;
    const busy = Array.from({ length: 100_000 }, (_, index) => index);
    await visitInSlices(busy, () => {
      // Each entry works for some microseconds, so that all of them take far longer than one slice.
      const until = Math.min(end, performance.now() + 0.01);
      while (performance.now() < until);
      othersAtEnd = others;
    });
    expect(othersAtEnd).toBe(1);
  });
});
