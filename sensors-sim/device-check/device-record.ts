import { decodeObservations } from '../../codecs/json-v1/codec.ts';
import type { DecodedMessage, DecodedReading } from '../../codecs/json-v1/codec.ts';
import { decodeSideMessage } from '../../codecs/json-v1/side-message.ts';
import { parseDatastreamName } from '../../domain/model/datastream.ts';
import { parseUpTopic } from '../../domain/model/topic.ts';
import type { UpChannel } from '../../domain/model/topic.ts';
import type { ClientPacket, ConnectPacket, PublishPacket } from './client-packet.ts';
import type { Phase } from './device-scenario.ts';

/** A PUBLISH as it came, read as the server would. */
export interface Publication {
  /** When it came, epoch milliseconds. */
  readonly atMs: number;
  readonly phase: Phase;
  readonly packet: PublishPacket;
  /** `undefined` where the topic is none that this station may publish to. */
  readonly channel: UpChannel | undefined;
  /** Present for `obs` and `backlog` that can be read. */
  readonly message: DecodedMessage | undefined;
  /** Why the server would put it or a part of it into quarantine. */
  readonly problem: string | undefined;
}

/** Everything a device did in front of the check, in order. */
export interface DeviceRecord {
  readonly id: string;
  /** What its password has to be; `undefined` where that is not known. */
  readonly secret: string | undefined;
  readonly connects: ConnectPacket[];
  readonly publications: Publication[];
  readonly filters: string[];
  readonly malformed: string[];
  /** How long after the end of the former connection the device tried again while it was refused, milliseconds. */
  readonly retryDelaysMs: number[];
  /** How long the late PUBACK was waited for: to its end, or until the device closed the connection. */
  late: 'waited' | 'gave up' | undefined;
  /** The message whose PUBACK was lost with the connection. */
  lost: Publication | undefined;
  /** The device connected after the server was away. */
  hasReturned: boolean;
  /** The device was waited for to the end of the time it has for that. */
  isComplete: boolean;
}

export function createRecord(id: string, secret: string | undefined): DeviceRecord {
  return {
    id,
    secret,
    connects: [],
    publications: [],
    filters: [],
    malformed: [],
    retryDelaysMs: [],
    late: undefined,
    lost: undefined,
    hasReturned: false,
    isComplete: false,
  };
}

/** Writes a packet into the record; answers what was made of a PUBLISH. */
export function recordPacket(
  record: DeviceRecord,
  packet: ClientPacket,
  moment: { readonly atMs: number; readonly phase: Phase },
): Publication | undefined {
  switch (packet.kind) {
    case 'connect':
      record.connects.push(packet);
      if (moment.phase === 'recovery') record.hasReturned = true;
      return undefined;
    case 'subscribe':
      record.filters.push(...packet.filters);
      return undefined;
    case 'malformed':
      record.malformed.push(packet.detail);
      return undefined;
    case 'publish': {
      const publication = readPublication(record.id, packet, moment);
      record.publications.push(publication);
      return publication;
    }
    case 'unsubscribe':
    case 'pubrel':
    case 'ping':
    case 'disconnect':
    case 'other':
      return undefined;
  }
}

function readPublication(
  id: string,
  packet: PublishPacket,
  moment: { readonly atMs: number; readonly phase: Phase },
): Publication {
  const topic = parseUpTopic(packet.topic);
  const channel = topic?.station === id && topic.channel !== 'snapshot' ? topic.channel : undefined;
  const raw = { ...moment, packet, channel, message: undefined, problem: undefined };
  if (channel === undefined) return raw;
  if (channel !== 'obs' && channel !== 'backlog') {
    const side = decodeSideMessage(channel, packet.payload);
    return side.ok ? raw : { ...raw, problem: `${channel}: ${side.detail}` };
  }
  const message = decodeObservations(packet.payload);
  if (!message.ok) return { ...raw, problem: `${channel}: ${message.detail}` };
  const unknown = message.readings.find(({ p }) => parseDatastreamName(p) === undefined);
  const problem =
    message.rejects[0]?.detail ??
    (unknown === undefined ? undefined : `obs[${unknown.index}].p: "${unknown.p}" is no known property.`);
  return { ...raw, message, problem };
}

/** Whether it is a message of readings at QoS 1 or 2: what the provocations are about. */
export function isReadings({ packet, channel }: Publication): boolean {
  return packet.qos > 0 && (channel === 'obs' || channel === 'backlog');
}

/** What became of the readings of the message whose PUBACK was lost, in what came after it. */
export function fateOfLost(record: DeviceRecord): 'sent again' | 'changed' | 'missing' {
  const { lost } = record;
  if (lost === undefined) return 'missing';
  const later = record.publications
    .slice(record.publications.indexOf(lost) + 1)
    .flatMap(({ message }) => message?.readings ?? []);
  const wanted = lost.message?.readings ?? [];
  if (wanted.length === 0) return hasSameBytes(record, lost) ? 'sent again' : 'missing';
  const isSame = (a: DecodedReading, b: DecodedReading): boolean => a.p === b.p && a.t === b.t;
  if (wanted.some(want => later.some(each => isSame(want, each) && each.v !== want.v))) return 'changed';
  return wanted.every(want => later.some(each => isSame(want, each))) ? 'sent again' : 'missing';
}

/** A message that cannot be read has no times to look for. */
function hasSameBytes({ publications }: DeviceRecord, lost: Publication): boolean {
  const bytes = (each: Publication): string => new TextDecoder('latin1').decode(each.packet.payload);
  return publications
    .slice(publications.indexOf(lost) + 1)
    .some(each => each.channel !== undefined && bytes(each) === bytes(lost));
}
