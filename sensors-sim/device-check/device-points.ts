import { decodeSideMessage } from '../../codecs/json-v1/side-message.ts';
import { EARLIEST_PHENOMENON_TIME, FUTURE_TOLERANCE_MS } from '../../domain/time/instant.ts';
import type { CheckPoint, Verdict } from './check-point.ts';
import type { ConnectPacket } from './client-packet.ts';
import { fateOfLost } from './device-record.ts';
import type { DeviceRecord, Publication } from './device-record.ts';

type Finding = readonly [verdict: Verdict, observed: string];

interface DevicePoint {
  readonly id: string;
  readonly clause: string;
  readonly judge: (record: DeviceRecord) => Finding;
}

const MAX_KEEP_ALIVE_S = 600;
/** Attempts that follow each other faster than this make a storm of a fleet, milliseconds. */
const STORM_MS = 200;
/** A device that always waits this long may leave it at that, milliseconds. */
const LONG_WAIT_MS = 30_000;
/** How much longer the later half of the waits has to be: half of what doubling gives, for the jitter. */
const GROWTH = 1.4;
const PROTOCOLS = new Set(['MQTT 4', 'MQIsdp 3']);

/** The points of the wire contract that can be seen from the server's side, in the order of the report. */
const DEVICE_POINTS: readonly DevicePoint[] = [
  {
    id: 'protocol',
    clause: 'MQTT 3.1.1 or 3.1, well-formed packets.',
    judge: record => {
      const [malformed] = record.malformed;
      if (malformed !== undefined) return ['broken', `It sent ${malformed}.`];
      return ofConnects(record, ({ protocol }) =>
        PROTOCOLS.has(protocol) ? undefined : `It speaks ${protocol}.`,
      );
    },
  },
  {
    id: 'client_id',
    clause: 'Client id = user name = the registered id.',
    judge: record =>
      ofConnects(record, ({ clientId, username }) =>
        clientId === record.id && username === record.id
          ? undefined
          : `Client id "${clientId}", user name ${username === undefined ? 'none' : `"${username}"`}; the id is "${record.id}".`,
      ),
  },
  {
    id: 'password',
    clause: 'The password is the secret.',
    judge: record =>
      ofConnects(record, ({ password }) => {
        if (password === undefined || password === '') return 'It sent no password.';
        return record.secret === undefined || password === record.secret
          ? undefined
          : 'Its password is not the secret that was given to the check.';
      }),
  },
  {
    id: 'keep_alive',
    clause: 'Keep-alive 1 to 600 s.',
    judge: record =>
      ofConnects(record, ({ keepAliveS }) =>
        keepAliveS >= 1 && keepAliveS <= MAX_KEEP_ALIVE_S ? undefined : `Its keep-alive is ${keepAliveS} s.`,
      ),
  },
  {
    id: 'will',
    clause: 'The last will is {"state":"offline"} on the own status topic, retained.',
    judge: judgeWill,
  },
  { id: 'status', clause: 'status says online when the device comes, QoS 1, retained.', judge: judgeStatus },
  {
    id: 'own_topics',
    clause: 'It publishes to the up topics of its own station only.',
    judge: record =>
      ofPublications(record.publications, ({ channel, packet }) =>
        channel === undefined ? `It published to ${packet.topic}.` : undefined,
      ),
  },
  {
    id: 'qos',
    clause: 'It publishes at QoS 1 (or 2).',
    judge: record =>
      ofPublications(record.publications, ({ packet }) =>
        packet.qos === 0
          ? `It published to ${packet.topic} at QoS 0, which is never acknowledged.`
          : undefined,
      ),
  },
  {
    id: 'payload',
    clause: 'Payloads are as the contract says: 1 to 500 readings, at most 64 KiB, known properties.',
    judge: record =>
      ofPublications(
        record.publications.filter(({ channel }) => channel !== undefined),
        ({ problem }) => (problem === undefined ? undefined : `It would go to quarantine: ${problem}`),
      ),
  },
  {
    id: 't',
    clause: 't is epoch milliseconds UTC, not in the future.',
    judge: record =>
      ofPublications(readable(record), ({ atMs, message }) => {
        const wrong = message?.readings.find(
          ({ t }) => t < EARLIEST_PHENOMENON_TIME || t > atMs + FUTURE_TOLERANCE_MS,
        );
        return wrong === undefined ? undefined : `t ${wrong.t} came at ${atMs}.`;
      }),
  },
  {
    id: 'sent',
    clause: 'sent is the moment of sending, epoch milliseconds UTC.',
    judge: record =>
      ofPublications(readable(record), ({ atMs, message }) =>
        message !== undefined && Math.abs(message.sent - atMs) > FUTURE_TOLERANCE_MS
          ? `sent ${message.sent} came at ${atMs}.`
          : undefined,
      ),
  },
  { id: 'seq', clause: 'seq, where there is one, grows with each new message of a topic.', judge: judgeSeq },
  {
    id: 'late_puback',
    clause: 'A PUBACK may come late: the device waits for it on the same connection.',
    judge: ({ late }) => {
      if (late === undefined) return ['not seen', 'No PUBACK could be made late.'];
      return late === 'waited'
        ? ['holds', 'It waited for the PUBACK.']
        : ['broken', 'It ended the connection before the PUBACK came.'];
    },
  },
  {
    id: 'resend',
    clause: 'A message without PUBACK is kept and sent again, with the same t and v.',
    judge: judgeResend,
  },
  {
    id: 'back_off',
    clause: 'The waits between attempts to connect grow.',
    judge: ({ retryDelaysMs }) => judgeBackOff(retryDelaysMs),
  },
  {
    id: 'return',
    clause: 'It comes back by itself after the server was away.',
    judge: ({ hasReturned, isComplete }) => {
      if (hasReturned) return ['holds', 'It came back.'];
      return isComplete
        ? ['broken', 'It did not come back in time.']
        : ['not seen', 'The check ended before the server was away and back.'];
    },
  },
  { id: 'backlog', clause: 'What waited for a connection may go to backlog.', judge: judgeBacklog },
  {
    id: 'subscriptions',
    clause: 'It subscribes to its own cmd topic only, by exact name.',
    judge: ({ filters, id }) => {
      const wrong = filters.find(filter => filter !== `ww/v1/${id}/cmd`);
      if (wrong !== undefined) return ['broken', `It subscribed to ${wrong}.`];
      return filters.length === 0
        ? ['not seen', 'It subscribed to nothing.']
        : ['holds', 'It subscribed to its commands.'];
    },
  },
];

/** Judges what a device did. Pure: the same record gives the same points. */
export function judgeDevice(record: DeviceRecord): readonly CheckPoint[] {
  return DEVICE_POINTS.map(({ id, clause, judge }) => {
    const [verdict, observed] = judge(record);
    return { id, clause, verdict, observed };
  });
}

function ofConnects(
  { connects }: DeviceRecord,
  problemOf: (connect: ConnectPacket) => string | undefined,
): Finding {
  return ofAll(connects, problemOf, ['connection', 'It did not connect.']);
}

function ofPublications(
  publications: readonly Publication[],
  problemOf: (publication: Publication) => string | undefined,
): Finding {
  return ofAll(publications, problemOf, ['message', 'No such message came.']);
}

function ofAll<Item>(
  items: readonly Item[],
  problemOf: (item: Item) => string | undefined,
  [noun, nothing]: readonly [noun: string, nothing: string],
): Finding {
  if (items.length === 0) return ['not seen', nothing];
  const problems = items.map(problemOf).filter(problem => problem !== undefined);
  const [first] = problems;
  const count = `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;
  return first === undefined
    ? ['holds', `In ${count}.`]
    : ['broken', `${first} (${problems.length} of ${count})`];
}

function readable({ publications }: DeviceRecord): readonly Publication[] {
  return publications.filter(({ message }) => message !== undefined);
}

function judgeWill({ connects, id }: DeviceRecord): Finding {
  const wills = connects.flatMap(({ will }) => will ?? []);
  if (connects.length === 0) return ['not seen', 'It did not connect.'];
  const own = `ww/v1/${id}/status`;
  for (const { topic, qos, retain, payload } of wills) {
    if (topic !== own) return ['broken', `Its will is on ${topic}.`];
    if (!retain || qos === 0)
      return ['broken', `Its will has QoS ${qos} and ${retain ? 'is' : 'is not'} retained.`];
    const decoded = decodeSideMessage('status', payload);
    if (!decoded.ok) return ['broken', `Its will cannot be read: ${decoded.detail}`];
    if (decoded.message.channel === 'status' && decoded.message.body.state !== 'offline') {
      return ['broken', 'Its will does not say offline.'];
    }
  }
  if (wills.length === connects.length) return ['holds', 'With each connection.'];
  return ['not seen', `It gave a will in ${wills.length} of ${connects.length} connections.`];
}

function judgeStatus({ publications }: DeviceRecord): Finding {
  const said = publications.filter(({ channel }) => channel === 'status');
  if (said.length === 0) return ['not seen', 'It said nothing on status.'];
  return ofPublications(said, ({ packet, problem }) => {
    if (problem !== undefined) return `It cannot be read: ${problem}`;
    return packet.retain && packet.qos > 0
      ? undefined
      : `It has QoS ${packet.qos} and ${packet.retain ? 'is' : 'is not'} retained.`;
  });
}

function judgeSeq(record: DeviceRecord): Finding {
  const highest = new Map<string, number>();
  const contents = new Map<number, string>();
  const numbered = readable(record).filter(({ message }) => message?.seq !== undefined);
  if (numbered.length === 0) return ['not seen', 'It sends no seq.'];
  for (const { message, packet } of numbered) {
    const seq = message?.seq ?? 0;
    const content = JSON.stringify(message?.readings);
    const known = contents.get(seq);
    // The same message sent again keeps its number.
    if (known === content) continue;
    if (known !== undefined) return ['broken', `seq ${seq} stands on two different messages.`];
    const before = highest.get(packet.topic);
    if (before !== undefined && seq < before) {
      return ['broken', `On ${packet.topic} seq ${seq} came after ${before}.`];
    }
    highest.set(packet.topic, seq);
    contents.set(seq, content);
  }
  return ['holds', `In ${numbered.length} messages.`];
}

function judgeResend(record: DeviceRecord): Finding {
  if (record.lost === undefined) return ['not seen', 'No PUBACK could be withheld.'];
  switch (fateOfLost(record)) {
    case 'sent again':
      return ['holds', 'The message whose PUBACK was lost came again.'];
    case 'changed':
      return ['broken', 'It came again with another value for the same t, which counts as a correction.'];
    case 'missing':
      return record.isComplete
        ? ['broken', 'The message whose PUBACK was lost did not come again: its readings are lost.']
        : ['not seen', 'The check ended before the message could come again.'];
  }
}

function judgeBackOff(delaysMs: readonly number[]): Finding {
  const shown = `${delaysMs.map(delayMs => (delayMs / 1_000).toFixed(1)).join(', ')} s`;
  if (delaysMs.filter(delayMs => delayMs < STORM_MS).length > 1) {
    return ['broken', `It tries again at once: ${shown}.`];
  }
  // The very first retry may come at once; the growth is seen behind it.
  if (delaysMs.length < 4) return ['not seen', `It tried ${delaysMs.length} times while it was refused.`];
  const half = Math.floor(delaysMs.length / 2);
  const sum = (part: readonly number[]): number => part.reduce((total, delayMs) => total + delayMs, 0);
  const hasGrown = sum(delaysMs.slice(-half)) >= GROWTH * sum(delaysMs.slice(0, half));
  return hasGrown || Math.min(...delaysMs) >= LONG_WAIT_MS
    ? ['holds', `Waits of ${shown}.`]
    : ['broken', `The waits do not grow: ${shown}.`];
}

function judgeBacklog(record: DeviceRecord): Finding {
  const after = readable(record).filter(({ phase }) => phase === 'recovery');
  const on = (channel: string): number => after.filter(each => each.channel === channel).length;
  if (on('backlog') > 0) return ['holds', `${on('backlog')} messages came on backlog after the outage.`];
  return [
    'not seen',
    on('obs') === 0
      ? 'Nothing came after the outage.'
      : `What came after the outage, ${on('obs')} messages, came on obs, which is allowed.`,
  ];
}
