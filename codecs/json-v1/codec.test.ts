import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { DEVICE_FLAGS } from '../../domain/model/observation.ts';
import { CODECS } from '../registry.ts';
import { decodeObservations, encodeObservations } from './codec.ts';
import type { DecodedMessage, OutgoingMessage } from './codec.ts';
import { decodeSideMessage } from './side-message.ts';
import type { SideChannel } from './side-message.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const message = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value));
const T = 1_790_000_000_000;
const good = { p: 'water_level', t: T, v: 3.2 };

function decoded(bytes: Uint8Array): DecodedMessage {
  const result = decodeObservations(bytes);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return result;
}

interface Examples {
  readonly observations: readonly { name: string; payload: string; decoded: unknown }[];
  readonly side: readonly { name: string; channel: SideChannel; payload: string; decoded: unknown }[];
}
const examples = JSON.parse(readFileSync(new URL('examples.json', import.meta.url), 'utf8')) as Examples;

describe('the examples of json-v1', () => {
  it.each(examples.observations)('decode as written: $name', ({ payload, decoded: expected }) => {
    // Through JSON, where an absent counter and an undefined one look alike.
    expect(JSON.parse(JSON.stringify(decodeObservations(bytesOf(payload))))).toEqual(expected);
  });

  it.each(examples.side)('decode as written: $name', ({ channel, payload, decoded: expected }) => {
    expect(decodeSideMessage(channel, bytesOf(payload))).toEqual(expected);
  });

  it('is registered by its name', () => {
    expect([...CODECS.keys()]).toEqual(['json-v1']);
  });
});

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const outgoing: fc.Arbitrary<OutgoingMessage> = fc.record(
  {
    seq: fc.nat(),
    sent: fc.maxSafeInteger(),
    obs: fc.array(
      fc.record(
        {
          p: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
          t: fc.maxSafeInteger(),
          v: fc.option(finite, { nil: null }),
          f: fc.constantFrom(...DEVICE_FLAGS),
        },
        { requiredKeys: ['p', 't', 'v'] },
      ),
      { minLength: 1, maxLength: 60 },
    ),
  },
  { requiredKeys: ['sent', 'obs'] },
);

describe('decodeObservations', () => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(outgoing, sent => {
        const expected = sent.obs.map((reading, index) => ({
          index,
          p: reading.p,
          t: reading.t,
          // -0 and 0 are one value.
          v: reading.v === 0 ? 0 : reading.v,
          deviceFlag: DEVICE_FLAGS.indexOf(reading.f ?? 'N'),
        }));
        const back = decoded(encodeObservations(sent));
        expect(back).toEqual({ ok: true, seq: sent.seq, sent: sent.sent, readings: expected, rejects: [] });
      }),
    );
  });

  it('takes 500 readings and no more', () => {
    const many = Array.from({ length: 501 }, (_, index) => ({ ...good, t: T + index }));
    expect(decoded(message({ sent: T, obs: many.slice(0, 500) })).readings).toHaveLength(500);
    expect(decodeObservations(message({ sent: T, obs: many }))).toMatchObject({
      ok: false,
      reason: 'schema',
      detail: expect.stringMatching(/^obs: /),
    });
  });

  it.each([
    ['p', { t: T, v: 1 }],
    ['p', { ...good, p: '' }],
    ['p', { ...good, p: 7 }],
    ['p', { ...good, p: 'x'.repeat(101) }],
    ['t', { p: 'rainfall', v: 1 }],
    ['t', { ...good, t: 1.5 }],
    ['t', { ...good, t: '2026-01-01' }],
    ['t', { ...good, t: 2 ** 53 }],
    ['t', { ...good, t: null }],
    ['v', { p: 'rainfall', t: T }],
    ['v', { ...good, v: '3.2' }],
    ['v', { ...good, v: true }],
    ['v', { ...good, v: [1] }],
    ['f', { ...good, f: 'X' }],
    ['f', { ...good, f: '' }],
    ['f', { ...good, f: null }],
    ['', { ...good, q: 1 }],
    ['', 17],
    ['', null],
    ['', [good]],
  ])('rejects only the entry whose %j is wrong: %j', (field, wrong) => {
    const result = decoded(message({ sent: T, obs: [good, wrong, good] }));
    expect(result.readings.map(reading => reading.index)).toEqual([0, 2]);
    expect(result.rejects).toEqual([
      { index: 1, reason: 'schema', detail: expect.any(String), entry: wrong },
    ]);
    expect(result.rejects[0]!.detail).toContain(field === '' ? 'obs[1]:' : `obs[1].${field}:`);
  });

  it('rejects a value that JSON can write but no number can hold', () => {
    const result = decoded(bytesOf(`{"sent":1,"obs":[{"p":"rainfall","t":1,"v":1e999}]}`));
    expect(result.rejects[0]?.detail).toContain('obs[0].v');
  });

  it('reads -0 as 0', () => {
    const result = decoded(bytesOf('{"sent":1,"obs":[{"p":"water_level","t":1,"v":-0}]}'));
    expect(Object.is(result.readings[0]?.v, 0)).toBe(true);
  });

  it('refuses a prototype that comes as a key', () => {
    const bytes = bytesOf('{"sent":1,"obs":[{"p":"a","t":1,"v":1,"__proto__":{"f":"D"}}]}');
    expect(decoded(bytes).rejects[0]?.detail).toContain('__proto__');
  });

  it.each([
    ['', 'malformed_json', ''],
    ['{', 'malformed_json', ''],
    ['{"sent":1,"obs":[{"p":"a","t":1,"v":NaN}]}', 'malformed_json', ''],
    ['\uFEFF{"sent":1,"obs":[{"p":"a","t":1,"v":1}]}', 'malformed_json', 'byte order mark'],
    ['17', 'schema', 'expected object'],
    ['[]', 'schema', 'expected object'],
    ['{"obs":[{"p":"a","t":1,"v":1}]}', 'schema', 'sent:'],
    ['{"sent":"1","obs":[{"p":"a","t":1,"v":1}]}', 'schema', 'sent:'],
    ['{"sent":1.5,"obs":[{"p":"a","t":1,"v":1}]}', 'schema', 'sent:'],
    ['{"sent":1,"seq":-1,"obs":[{"p":"a","t":1,"v":1}]}', 'schema', 'seq:'],
    ['{"sent":1,"seq":null,"obs":[{"p":"a","t":1,"v":1}]}', 'schema', 'seq:'],
    ['{"sent":1}', 'schema', 'obs:'],
    ['{"sent":1,"obs":[]}', 'schema', 'obs:'],
    ['{"sent":1,"obs":{}}', 'schema', 'obs:'],
    ['{"sent":1,"obs":[{"p":"a","t":1,"v":1}],"x":1}', 'schema', '"x"'],
  ])('fails as a whole: %j is %s', (text, reason, detail) => {
    const result = decodeObservations(bytesOf(text));
    expect(result).toMatchObject({ ok: false, reason });
    expect(result.ok ? '' : result.detail).toContain(detail);
  });

  it('refuses bytes that are not UTF-8, and reads the next message all the same', () => {
    const bytes = message({ sent: T, obs: [good] });
    const broken = bytes.slice();
    broken[10] = 0xc3;
    expect(decodeObservations(broken)).toMatchObject({ reason: 'malformed_json' });
    expect(decodeObservations(Uint8Array.of(0xe4, 0xb8))).toMatchObject({ reason: 'malformed_json' });
    expect(decodeObservations(bytes)).toMatchObject({ ok: true });
  });

  it('measures the payload before it reads it', () => {
    const text = JSON.stringify({ sent: T, obs: [good] });
    expect(decodeObservations(bytesOf(text.padEnd(65_536)))).toMatchObject({ ok: true });
    expect(decodeObservations(bytesOf(text.padEnd(65_537)))).toMatchObject({ reason: 'payload_too_large' });
  });

  it('never hands on what cannot be written as JSON again', () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const bytes = bytesOf(`{"sent":1,"obs":[{"p":"a","t":1,"v":${deep}}]}`);
    expect(decodeObservations(bytes)).toMatchObject({ ok: false, reason: 'schema' });
    const flat = bytesOf('{"sent":1,"obs":[{"p":"a","t":1,"v":[[[[1]]]]}]}');
    expect(() => JSON.stringify(decoded(flat).rejects)).not.toThrow();
  });

  it('keeps the detail short, whatever was sent', () => {
    const entry = { ...good, ['k'.repeat(10_000)]: 1 };
    const result = decoded(message({ sent: T, obs: [entry] }));
    expect(result.rejects[0]!.detail.length).toBeLessThanOrEqual(300);
  });

  it('never throws on any bytes, and accounts for every entry', () => {
    const valid = encodeObservations({
      seq: 1,
      sent: T,
      obs: [good, { ...good, f: 'T' }, { ...good, v: null }],
    });
    const mutated = fc
      .array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 })
      .map(changes => {
        const bytes = valid.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      });
    const json = fc.json().map(bytesOf);
    const envelope = fc
      .array(fc.jsonValue(), { minLength: 1, maxLength: 5 })
      .map(obs => message({ sent: T, obs }));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), mutated, json, envelope), bytes => {
        const result = decodeObservations(bytes);
        if (!result.ok) return;
        const { obs } = JSON.parse(new TextDecoder().decode(bytes)) as { obs: unknown[] };
        const indices = [...result.readings, ...result.rejects].map(item => item.index);
        expect(indices.toSorted((a, b) => a - b)).toEqual([...obs.keys()]);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('encodeObservations', () => {
  it.each([
    [{ sent: T, obs: [] }],
    [{ sent: T, obs: [{ ...good, v: Number.NaN }] }],
    [{ sent: T, obs: [{ ...good, v: Number.POSITIVE_INFINITY }] }],
    [{ sent: 0.5, obs: [good] }],
    [{ sent: T, seq: -1, obs: [good] }],
    [{ sent: T, obs: Array.from({ length: 500 }, () => ({ ...good, p: '水'.repeat(100) })) }],
  ])('refuses to send what could not be read', value => {
    try {
      encodeObservations(value);
      expect.unreachable();
    } catch (error) {
      expect(isAppError(error, 'invalid_request')).toBe(true);
    }
  });
});
