import { MAX_READINGS } from '../../codecs/json-v1/codec.ts';
import type { QuarantineReason } from '../../domain/model/ledger.ts';
import type { UpChannel } from '../../domain/model/topic.ts';
import { DAY_MS } from '../../domain/time/instant.ts';

/** A message that is wrong, or only looks so, and what the server has to make of it. */
export interface OddMessage {
  readonly name: string;
  readonly channel: UpChannel;
  readonly payload: Uint8Array;
  /** Present where the whole message is quarantined. */
  readonly quarantined?: QuarantineReason;
  /** Readings quarantined singly, by reason. */
  readonly reasons: Partial<Record<QuarantineReason, number>>;
  /** Readings that are accepted. */
  readonly accepted: number;
}

type Json = unknown;

/** Messages with each field wrong in turn, for a station with `water_level` alone. @param now epoch milliseconds */
export function oddMessages(now: number): readonly OddMessage[] {
  return [...envelopes(now), ...entries(now), ...texts(now), ...sideMessages(now)];
}

function message(
  name: string,
  body: Json,
  outcome: Partial<Pick<OddMessage, 'quarantined' | 'reasons' | 'accepted' | 'channel'>>,
): OddMessage {
  const payload = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
  return { name, channel: 'obs', payload, reasons: {}, accepted: 0, ...outcome };
}

const whole = (name: string, body: Json, quarantined: QuarantineReason = 'schema'): OddMessage =>
  message(name, body, { quarantined });

function envelopes(now: number): readonly OddMessage[] {
  const good = { p: 'water_level', t: now - 1_000, v: 1 };
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ ...good, t: now - index }));
  return [
    whole('no object', [good]),
    whole('null', null),
    whole('a number', 7),
    whole('no fields', {}),
    whole('no sent', { obs: [good] }),
    ...[null, '1', 1.5, true, {}, 1e300].map(sent =>
      whole(`sent ${JSON.stringify(sent)}`, { sent, obs: [good] }),
    ),
    whole('no obs', { sent: now }),
    ...[null, {}, 'x', 3, []].map(obs => whole(`obs ${JSON.stringify(obs)}`, { sent: now, obs })),
    whole('too many readings', { sent: now, obs: many(MAX_READINGS + 1) }),
    message(
      'as many readings as there may be',
      { sent: now, obs: many(MAX_READINGS) },
      { accepted: MAX_READINGS },
    ),
    ...[-1, '1', 1.5, null].map(seq => whole(`seq ${String(seq)}`, { seq, sent: now, obs: [good] })),
    whole('a key too many', { sent: now, obs: [good], extra: 1 }),
    message('the same reading twice', { sent: now, obs: [good, good] }, { accepted: 2 }),
    message(
      'readings of a month ago',
      { sent: now, obs: [{ ...good, t: now - 30 * DAY_MS }] },
      { accepted: 1 },
    ),
  ];
}

function entries(now: number): readonly OddMessage[] {
  const good = { p: 'water_level', t: now - 2_000, v: 1 };
  const entry = (name: string, wrong: Json, reason: QuarantineReason = 'schema'): OddMessage =>
    message(
      `a reading with ${name}`,
      { sent: now, obs: [good, wrong] },
      { reasons: { [reason]: 1 }, accepted: 1 },
    );
  const without = (key: keyof typeof good) =>
    Object.fromEntries(Object.entries(good).filter(([name]) => name !== key));
  return [
    ...[null, 1, 'x', [], {}, [good]].map(wrong => entry(`nothing right: ${JSON.stringify(wrong)}`, wrong)),
    entry('no p', without('p')),
    entry('no t', without('t')),
    entry('no v', without('v')),
    ...[null, 5, '', 'x'.repeat(200)].map(p => entry(`p ${String(p).slice(0, 5)}`, { ...good, p })),
    ...['waterlevel', '__proto__', 'water_level.', 'water_level.a.b', '水位'].map(p =>
      entry(`p ${p}`, { ...good, p }, 'unknown_property'),
    ),
    ...['rainfall', 'water_level.2'].map(p => entry(`p ${p}`, { ...good, p }, 'unknown_datastream')),
    ...[null, '5', 1.5, true, 1e300].map(t => entry(`t ${String(t)}`, { ...good, t })),
    ...[0, -1, 1, 946_684_799_999].map(t => entry(`t ${t}`, { ...good, t }, 'before_epoch')),
    ...['3.2', true, {}, [], [1]].map(v => entry(`v ${JSON.stringify(v)}`, { ...good, v })),
    ...['', 'n', 'X', 1, null, 'NN'].map(f => entry(`f ${String(f)}`, { ...good, f })),
    entry('a key too many', { ...good, unit: 'm' }),
  ];
}

function texts(now: number): readonly OddMessage[] {
  const good = `{"sent":${now},"obs":[{"p":"water_level","t":${now - 3_000},"v":1}]}`;
  const bytes = Buffer.from(good);
  const broken = (name: string, text: string | Uint8Array): OddMessage =>
    whole(name, Buffer.from(text), 'malformed_json');
  return [
    broken('nothing', ''),
    broken('blanks', '   '),
    broken('zeros', Buffer.alloc(100)),
    broken('text that ends early', bytes.subarray(0, -2)),
    broken('text that goes on', `${good}x`),
    broken('two texts', good + good),
    broken('a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])),
    broken('UTF-16', Buffer.from(good, 'utf16le')),
    broken('half a character', Buffer.concat([bytes.subarray(0, -1), Buffer.from([0xe6, 0xb0])])),
    broken('NaN', good.replace('"v":1', '"v":NaN')),
    broken('a comma too many', good.replace(']', ',]')),
    broken('a comment', `// ${good}`),
    whole('arrays without end', Buffer.from(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)),
    whole('a payload that is too large', Buffer.from(good.padEnd(65_537)), 'payload_too_large'),
    message('as large as it may be', Buffer.from(good.padEnd(65_536)), { accepted: 1 }),
    whole('a prototype', Buffer.from(good.replace('{', '{"__proto__":{"admin":true},'))),
    message('a value beyond all numbers', Buffer.from(good.replace('"v":1', '"v":1e999')), {
      reasons: { schema: 1 },
    }),
    message('a key twice', Buffer.from(good.replace('"v":1', '"v":"x","v":1')), { accepted: 1 }),
  ];
}

function sideMessages(now: number): readonly OddMessage[] {
  const wrong: readonly (readonly [UpChannel, readonly Json[]])[] = [
    ['status', [{}, { state: 'asleep' }, { state: 'online', battery: 'full' }, 'online', null, []]],
    ['event', [{}, { type: 'door' }, { type: '', t: now }, { type: 'door', t: 1.5 }, [], 4]],
    ['cmd/ack', [{}, { id: '1' }, { id: '', state: 'done' }, { id: '1', state: 'maybe' }, null, 'done']],
  ];
  return wrong.flatMap(([channel, bodies]) => [
    ...bodies.map(body =>
      message(`${channel} ${JSON.stringify(body)}`, body, { channel, quarantined: 'schema' }),
    ),
    message(`${channel} cut`, Buffer.from('{"id":'), { channel, quarantined: 'malformed_json' }),
  ]);
}
