import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { EventParser } from './event-parser.ts';

const TEXT =
  'retry: 2000\n\n: alive\n\nid: 1\nevent: state\ndata: {"a":1}\n\nevent: delta\r\ndata:1\r\ndata: 2\r\n\r\n';
const EVENTS = [
  { name: 'state', data: '{"a":1}' },
  { name: 'delta', data: '1\n2' },
];

describe('EventParser', () => {
  it('reads events and leaves out heartbeats and what carries no data', () => {
    expect(new EventParser().feed(TEXT)).toEqual(EVENTS);
    expect(new EventParser().feed('data: x\n\n')).toEqual([{ name: 'message', data: 'x' }]);
  });

  it('keeps an event back until it has ended', () => {
    const parser = new EventParser();
    expect(parser.feed('event: delta\ndata: {')).toEqual([]);
    expect(parser.feed('}\n')).toEqual([]);
    expect(parser.feed('\n')).toEqual([{ name: 'delta', data: '{}' }]);
  });

  it('reads the same events however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(TEXT.length)), cuts => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length];
        const parser = new EventParser();
        const events = edges.slice(1).flatMap((edge, i) => parser.feed(TEXT.slice(edges[i], edge)));
        expect(events).toEqual(EVENTS);
      }),
    );
  });
});
