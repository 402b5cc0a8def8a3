import { Buffer } from 'node:buffer';

import { MAX_PAYLOAD_BYTES } from '../../codecs/json-v1/payload.ts';
import { DISCONNECT, PINGREQ, encodePublish, encodePubrel } from '../device/mqtt-packet.ts';
import type { CheckPoint } from './check-point.ts';
import { encodeField, encodeFrame, encodeNumber } from './mqtt-frame.ts';

/** Whom the probes are played as. */
export interface ProbeSubject {
  readonly id: string;
  readonly secret: string;
  /** What the readings of the probes are of; each is a missing value, so that nothing is measured. */
  readonly property: string;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** What is sent on one connection, and what has to come back. */
export interface Dialogue {
  /** Each is sent when the one before it has an answer. */
  readonly send: readonly Buffer[];
  /**
   * The answers, in order and no others: `connack 0`, `puback 7`, `suback 7 128`, `pingresp`, `closed` …;
   * alternatives stand with a bar between them.
   */
  readonly expect: readonly string[];
  /** How long the answers may take, milliseconds; default 5 s. */
  readonly patienceMs?: number;
}

/** One point of the contract as things to say to a server. */
export interface Probe {
  readonly id: string;
  readonly clause: string;
  /** One after the other; `together`: each begins when the former has its first answer, and stays open. */
  readonly dialogues: readonly Dialogue[];
  readonly together?: boolean;
  /** The dialogues have to have the same answers. */
  readonly alike?: boolean;
}

/** What came back, by dialogue. */
export type ProbeAnswers = readonly (readonly string[])[];

const REFUSED = ['connack 1|connack 2|connack 4|connack 5|closed', 'closed'];
const ACCEPTED = 'connack 0';
const KEEP_ALIVE_S = 60;
/** The server waits 10 s for a CONNECT. */
const CONNECT_PATIENCE_MS = 15_000;

interface Connect {
  readonly id?: string;
  readonly username?: string;
  readonly password?: string | null;
  readonly keepAliveS?: number;
  readonly level?: number;
  readonly will?: { readonly topic: string; readonly payload: string };
}

/** Good and bad behaviours of a device, by the clause of the contract that says what a server does about them. */
export function serverProbes(subject: ProbeSubject): readonly Probe[] {
  const { id, secret, property, nowMs } = subject;
  const stranger = `nobody-${id}`.slice(0, 64);
  const topic = (channel: string, station = id): string => `ww/v1/${station}/${channel}`;
  const connect = (given: Connect = {}): Buffer =>
    encodeConnect({ id, username: given.id ?? id, password: secret, ...given });
  const readings = (pad = 0): string =>
    JSON.stringify({ sent: nowMs, obs: [{ p: property, t: nowMs, v: null }] }).padEnd(pad);
  const publish = (
    channel: string,
    { payload = readings(), qos = 1, packetId = 7, retain = false, station = id }: PublishProbe = {},
  ): Buffer =>
    encodePublish({ topic: topic(channel, station), payload: Buffer.from(payload), qos, retain }, packetId);
  /** The answer to the ping shows that the connection has survived what was sent before it. */
  const taken = (...frames: readonly Buffer[]): Dialogue => ({
    send: [connect(), ...frames, PINGREQ],
    expect: [ACCEPTED, 'puback 7', 'pingresp'],
  });
  const refusedPublish = (frame: Buffer): Dialogue => ({
    send: [connect(), frame],
    expect: [ACCEPTED, 'closed'],
  });
  const refusedConnect = (given: Connect): Dialogue => ({ send: [connect(given)], expect: REFUSED });
  const subscription = (filter: string, answer: string): Dialogue => ({
    send: [connect(), encodeSubscribe(7, filter), PINGREQ],
    expect: [ACCEPTED, answer, 'pingresp'],
  });
  const status = (state: string): string => JSON.stringify({ state });
  const will = (station: string, payload = status('offline')): Connect => ({
    will: { topic: topic('status', station), payload },
  });
  const offline = publish('status', { payload: status('offline'), retain: true, packetId: 8 });
  return [
    {
      id: 'accepts',
      clause: 'Who connects with client id = user name = the registered id and its secret is accepted.',
      dialogues: [{ send: [connect(), PINGREQ], expect: [ACCEPTED, 'pingresp'] }],
    },
    {
      id: 'refuses_strangers',
      clause: 'A wrong secret and an unknown id are refused, and look the same.',
      dialogues: [refusedConnect({ password: `${secret}x` }), refusedConnect({ id: stranger })],
      alike: true,
    },
    {
      id: 'refuses_mismatch',
      clause: 'Another user name, another client id, no password or no client id is refused.',
      dialogues: [
        refusedConnect({ username: stranger }),
        refusedConnect({ id: stranger, username: id }),
        refusedConnect({ password: null }),
        refusedConnect({ id: '', username: id }),
      ],
    },
    {
      id: 'refuses_protocol',
      clause: 'MQTT 5 is refused with CONNACK 1; a first packet that is no CONNECT closes the connection.',
      dialogues: [
        { send: [connect({ level: 5 })], expect: ['connack 1', 'closed'] },
        { send: [PINGREQ], expect: ['closed'] },
      ],
    },
    {
      id: 'keep_alive',
      clause: 'A keep-alive of 0 or above 600 s is refused, 1 and 600 s are accepted.',
      dialogues: [
        refusedConnect({ keepAliveS: 0 }),
        refusedConnect({ keepAliveS: 601 }),
        ...[1, 600].map(keepAliveS => ({
          send: [connect({ keepAliveS }), PINGREQ],
          expect: [ACCEPTED, 'pingresp'],
        })),
      ],
    },
    {
      id: 'keep_alive_ends',
      clause: 'Who is silent for one and a half keep-alives is disconnected.',
      dialogues: [{ send: [connect({ keepAliveS: 1 })], expect: [ACCEPTED, 'closed'], patienceMs: 6_000 }],
    },
    {
      id: 'will',
      clause: 'A last will on the own status topic is accepted, on another it is refused.',
      dialogues: [
        { send: [connect(will(id)), PINGREQ], expect: [ACCEPTED, 'pingresp'] },
        refusedConnect(will(stranger)),
      ],
    },
    {
      id: 'large_connect',
      clause: 'A CONNECT above 4 KiB closes the connection.',
      dialogues: [{ send: [connect(will(id, 'x'.repeat(8_192)))], expect: ['closed'] }],
    },
    {
      id: 'early_bytes',
      clause: 'What is sent right behind CONNECT is not lost.',
      dialogues: [
        {
          send: [
            Buffer.concat([
              connect(),
              ...Array.from({ length: 50 }, (_, index) => publish('obs', { packetId: index + 1 })),
            ]),
          ],
          expect: [ACCEPTED, ...Array.from({ length: 50 }, (_, index) => `puback ${index + 1}`)],
        },
      ],
    },
    {
      id: 'puback',
      clause: 'Readings at QoS 1 on obs and on backlog get a PUBACK.',
      dialogues: [taken(publish('obs')), taken(publish('backlog'))],
    },
    {
      id: 'repeats',
      clause: 'A message sent again is acknowledged again.',
      dialogues: [
        {
          send: [connect(), publish('obs'), publish('obs', { packetId: 8 })],
          expect: [ACCEPTED, 'puback 7', 'puback 8'],
        },
      ],
    },
    {
      id: 'qos2',
      clause: 'QoS 2 works: PUBREC, PUBCOMP.',
      dialogues: [
        {
          send: [connect(), publish('obs', { qos: 2 }), encodePubrel(7), PINGREQ],
          expect: [ACCEPTED, 'pubrec 7', 'pubcomp 7', 'pingresp'],
        },
      ],
    },
    {
      id: 'side_topics',
      clause: 'status (retained), event and cmd/ack get a PUBACK.',
      dialogues: [
        {
          send: [connect(), publish('status', { payload: status('online'), retain: true }), offline],
          expect: [ACCEPTED, 'puback 7', 'puback 8'],
        },
        taken(publish('event', { payload: JSON.stringify({ type: 'device_check', t: nowMs }) })),
        taken(publish('cmd/ack', { payload: JSON.stringify({ id: 'device-check', state: 'rejected' }) })),
      ],
    },
    {
      id: 'retain_stripped',
      clause: 'A retain flag on readings is no reason to refuse them.',
      dialogues: [taken(publish('obs', { retain: true }))],
    },
    {
      id: 'quarantine',
      clause: 'A payload that cannot be read is acknowledged, and closes nothing.',
      dialogues: [taken(publish('obs', { payload: '{"sent":' })), taken(publish('obs', { payload: '' }))],
    },
    {
      id: 'large_payload',
      clause: 'A payload of 64 KiB is taken; a frame above 72 KiB closes the connection.',
      dialogues: [
        taken(publish('obs', { payload: readings(MAX_PAYLOAD_BYTES) })),
        refusedPublish(publish('obs', { payload: readings(80 * 1024) })),
      ],
    },
    {
      id: 'foreign_topics',
      clause: 'A topic that is not the own, or no up topic, closes the connection without PUBACK.',
      dialogues: [
        refusedPublish(publish('obs', { station: stranger })),
        refusedPublish(publish('cmd')),
        refusedPublish(publish('readings')),
        refusedPublish(publish('basin/red/1', { station: 'alerts' })),
        refusedPublish(publish('snapshot/1')),
      ],
    },
    {
      id: 'subscriptions',
      clause: 'The own cmd topic is granted by exact name; everything else is refused with 0x80.',
      dialogues: [
        subscription(topic('cmd'), 'suback 7 0|suback 7 1'),
        ...[
          '#',
          '$SYS/#',
          `$share/g/${topic('cmd')}`,
          'ww/v1/+/cmd',
          topic('obs'),
          topic('cmd', stranger),
        ].map(filter => subscription(filter, 'suback 7 128')),
      ],
    },
    {
      id: 'one_connection',
      clause: 'A second connection with the same id ends the first.',
      dialogues: [
        { send: [connect()], expect: [ACCEPTED, 'closed'] },
        { send: [connect()], expect: [ACCEPTED] },
      ],
      together: true,
    },
    {
      id: 'half_open',
      clause: 'A connection without a whole CONNECT is closed after 10 s.',
      dialogues: [
        { send: [], expect: ['closed'], patienceMs: CONNECT_PATIENCE_MS },
        { send: [connect().subarray(0, 20)], expect: ['closed'], patienceMs: CONNECT_PATIENCE_MS },
      ],
      together: true,
    },
  ];
}

interface PublishProbe {
  readonly payload?: string;
  readonly qos?: 1 | 2;
  readonly packetId?: number;
  readonly retain?: boolean;
  readonly station?: string;
}

/** Compares the answers of a server with what the contract says. Pure. */
export function judgeProbe({ id, clause, dialogues, alike }: Probe, answers: ProbeAnswers): CheckPoint {
  const point = { id, clause };
  for (const [index, { expect }] of dialogues.entries()) {
    const came = answers[index] ?? [];
    if (isExpected(expect, came)) continue;
    const which = dialogues.length === 1 ? '' : `Try ${index + 1} of ${dialogues.length}: `;
    const observed = `${which}${listed(came)} came, not ${listed(withoutPlainEnd(expect))}.`;
    return { ...point, verdict: 'broken', observed };
  }
  const isAlike = new Set(answers.map(came => came.join())).size <= 1;
  if (alike === true && !isAlike) {
    return {
      ...point,
      verdict: 'broken',
      observed: `The answers differ: ${answers.map(listed).join(' and ')}.`,
    };
  }
  const last = answers.at(-1) ?? [];
  const observed = answers.length === 1 ? `${listed(last)}.` : `As it should be in ${answers.length} tries.`;
  return { ...point, verdict: 'holds', observed };
}

/** Whether these answers are all that was to come. `closed` instead of a refusal is the end already. */
function isExpected(expected: readonly string[], came: readonly string[]): boolean {
  const wanted =
    came.length < expected.length && came.at(-1) === 'closed' ? withoutPlainEnd(expected) : expected;
  return (
    came.length === wanted.length &&
    wanted.every((answer, index) => answer.split('|').includes(came[index] ?? ''))
  );
}

/** `connack 4|closed` and then `closed` is one way of saying that a refusal may come without words. */
function withoutPlainEnd(expected: readonly string[]): readonly string[] {
  return expected.at(-2)?.endsWith('|closed') === true ? expected.slice(0, -1) : expected;
}

function listed(answers: readonly string[]): string {
  if (answers.length === 0) return 'nothing';
  return answers.length <= 4 ? answers.join(', ') : `${answers.slice(0, 3).join(', ')} … ${answers.at(-1)}`;
}

/** What ends a dialogue whose connection is still open. */
export const FAREWELL = DISCONNECT;

function encodeConnect(given: Connect & { readonly id: string }): Buffer {
  const { id, username, password, keepAliveS = KEEP_ALIVE_S, level = 4, will } = given;
  const flags =
    0x02 |
    (will === undefined ? 0 : 0x2c) |
    (username === undefined ? 0 : 0x80) |
    (typeof password === 'string' ? 0x40 : 0);
  return encodeFrame(
    0x10,
    encodeField('MQTT'),
    Buffer.from([level, flags]),
    encodeNumber(keepAliveS),
    // MQTT 5 has properties here; none.
    Buffer.alloc(level === 5 ? 1 : 0),
    encodeField(id),
    ...(will === undefined ? [] : [encodeField(will.topic), encodeField(will.payload)]),
    ...(username === undefined ? [] : [encodeField(username)]),
    ...(typeof password === 'string' ? [encodeField(password)] : []),
  );
}

function encodeSubscribe(packetId: number, filter: string): Buffer {
  return encodeFrame(0x82, encodeNumber(packetId), encodeField(filter), Buffer.from([1]));
}
