import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { StreamClient } from './stream-client.ts';

/** A response that takes one piece and then waits to be drained. */
class SlowResponse extends EventEmitter {
  readonly written: string[] = [];
  writableLength = 0;
  fate: 'open' | 'ended' | 'destroyed' = 'open';

  write(bytes: Buffer): boolean {
    this.written.push(bytes.toString());
    this.writableLength += bytes.byteLength;
    return false;
  }
  drain(): void {
    this.writableLength = 0;
    this.emit('drain');
  }
  end(): void {
    this.fate = 'ended';
  }
  destroy(): void {
    this.fate = 'destroyed';
    this.emit('close');
  }
}

function scene(bufferBytes: number) {
  const response = new SlowResponse();
  const slow: string[] = [];
  const client = new StreamClient(response as unknown as ServerResponse, {
    bufferBytes,
    onSlow: () => slow.push('slow'),
  });
  return { response, client, slow };
}

const piece = (text: string) => Buffer.from(text);

describe('StreamClient', () => {
  it('writes as fast as the client reads, in order', () => {
    const { response, client } = scene(100);
    client.send([piece('a')]);
    client.sendState([piece('b'), piece('c')]);
    client.send([piece('d')]);
    expect(response.written).toEqual(['a']);
    for (let n = 0; n < 5; n += 1) response.drain();
    expect(response.written).toEqual(['a', 'b', 'c', 'd']);
  });

  it('cuts a client for which more waits than may, once', () => {
    const { response, client, slow } = scene(10);
    client.send([piece('12345'), piece('6789a')]);
    expect(response.fate).toBe('open');
    client.send([piece('b')]);
    expect([response.fate, slow]).toEqual(['destroyed', ['slow']]);
    client.send([piece('0123456789abc')]);
    expect(slow).toEqual(['slow']);
    expect(response.written).toEqual(['12345']);
  });

  it('lets a full state be larger, but not a second one behind it', () => {
    const { response, client } = scene(10);
    client.sendState([piece('1'), piece('a state that is larger')]);
    client.send([piece('12345678')]);
    expect(response.fate).toBe('open');
    client.sendState([piece('another')]);
    expect(response.fate).toBe('destroyed');
  });

  it('ends a stream whose client has read all, and cuts one that has not', () => {
    const reading = scene(100);
    reading.client.send([piece('a')]);
    reading.response.drain();
    reading.client.end();
    expect(reading.response.fate).toBe('ended');
    const lazy = scene(100);
    lazy.client.send([piece('a')]);
    lazy.client.end();
    expect(lazy.response.fate).toBe('destroyed');
    lazy.response.drain();
    expect(lazy.response.written).toEqual(['a']);
  });

  it('forgets what waits when the client is gone', () => {
    const { response, client, slow } = scene(10);
    client.send([piece('a'), piece('b')]);
    response.emit('error', new Error('reset'));
    response.emit('close');
    client.send([piece('0123456789abcdef')]);
    response.drain();
    expect([response.written, slow]).toEqual([['a'], []]);
  });
});
