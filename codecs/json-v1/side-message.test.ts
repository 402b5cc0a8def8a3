import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { decodeSideMessage, encodeSideMessage } from './side-message.ts';
import type { SideChannel, SideMessage } from './side-message.ts';

const CHANNELS: readonly SideChannel[] = ['status', 'event', 'cmd/ack', 'snapshot'];
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('decodeSideMessage', () => {
  it.each<[SideChannel, string, string]>([
    ['status', '{}', 'state:'],
    ['status', '{"state":"asleep"}', 'state:'],
    ['status', '{"state":"online","battery":"full"}', 'battery:'],
    ['status', '{"state":"online","fw":2}', 'fw:'],
    ['status', '"online"', 'expected object'],
    ['event', '{"t":1}', 'type:'],
    ['event', '{"type":"","t":1}', 'type:'],
    ['event', '{"type":"door","t":1.5}', 't:'],
    ['event', '{"type":"door"}', 't:'],
    ['event', '[]', 'expected object'],
    ['cmd/ack', '{"id":"1"}', 'state:'],
    ['cmd/ack', '{"id":"1","state":"maybe"}', 'state:'],
    ['cmd/ack', '{"state":"done"}', 'id:'],
    ['cmd/ack', '{"id":"1","state":"done","x":1}', '"x"'],
    ['snapshot', '{"name":"a","sha256":"00","bytes":1}', 'sha256:'],
  ])('%s: %s names what is wrong', (channel, text, detail) => {
    const result = decodeSideMessage(channel, bytesOf(text));
    expect(result).toMatchObject({ ok: false, reason: 'schema' });
    expect(result.ok ? '' : result.detail).toContain(detail);
  });

  it('refuses a picture where a reference is expected', () => {
    expect(decodeSideMessage('snapshot', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toMatchObject({
      reason: 'malformed_json',
    });
  });

  it('refuses nesting that could not be written again', () => {
    const deep = `{"type":"x","t":1,"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    expect(decodeSideMessage('event', bytesOf(deep))).toMatchObject({ ok: false, reason: 'schema' });
  });

  it('never lets a key become a prototype', () => {
    const result = decodeSideMessage('event', bytesOf('{"type":"x","t":1,"__proto__":{"admin":true}}'));
    expect(result.ok && 'admin' in result.message.body).toBe(false);
  });

  it('gives back what was encoded', () => {
    const messages: SideMessage[] = [
      { channel: 'status', body: { state: 'offline' } },
      { channel: 'event', body: { type: 'recording', t: 5, channel: 'cam1', to: [1, 2] } },
      { channel: 'cmd/ack', body: { id: 'c', state: 'failed', reason: 'jammed' } },
      { channel: 'snapshot', body: { name: 'a.jpg', sha256: 'a'.repeat(64), bytes: 0 } },
    ];
    for (const message of messages) {
      expect(decodeSideMessage(message.channel, encodeSideMessage(message))).toEqual({ ok: true, message });
    }
  });

  it('never throws on any bytes', () => {
    const bytes = fc.oneof(fc.uint8Array(), fc.json().map(bytesOf));
    fc.assert(
      fc.property(fc.constantFrom(...CHANNELS), bytes, (channel, payload) => {
        expect(typeof decodeSideMessage(channel, payload).ok).toBe('boolean');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('encodeSideMessage', () => {
  it('refuses what could not be read', () => {
    try {
      encodeSideMessage({ channel: 'status', body: { state: 'online', battery: Number.NaN } });
      expect.unreachable();
    } catch (error) {
      expect(isAppError(error, 'invalid_request')).toBe(true);
    }
  });
});
