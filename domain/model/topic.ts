import { isThingId } from './identifier.ts';
import type { ThingId } from './identifier.ts';

/** The topics of the wire contract, version 1. Built, parsed and documented here only. */
const TOPIC_ROOT = 'ww/v1';

/** Up topics carry data from a station to the server; every one of them is journalled before it is acknowledged. */
export const UP_CHANNELS = ['obs', 'backlog', 'status', 'event', 'snapshot', 'cmd/ack'] as const;
export type UpChannel = (typeof UP_CHANNELS)[number];

export interface UpTopic {
  readonly station: ThingId;
  readonly channel: UpChannel;
  /** The video channel of a snapshot. */
  readonly video?: string;
}

const VIDEO_CHANNEL = /^[A-Za-z0-9_-]{1,64}$/;

/** Reads an up topic; `undefined` for anything else, wildcards and empty levels included. */
export function parseUpTopic(topic: string): UpTopic | undefined {
  const levels = topic.split('/');
  if (levels[0] !== 'ww' || levels[1] !== 'v1') return undefined;
  const station = levels[2];
  if (station === undefined || !isThingId(station)) return undefined;
  const head = levels[3];
  if (levels.length === 4) {
    return head === 'obs' || head === 'backlog' || head === 'status' || head === 'event'
      ? { station, channel: head }
      : undefined;
  }
  if (levels.length !== 5) return undefined;
  const tail = levels[4] ?? '';
  if (head === 'cmd' && tail === 'ack') return { station, channel: 'cmd/ack' };
  if (head === 'snapshot' && VIDEO_CHANNEL.test(tail)) return { station, channel: 'snapshot', video: tail };
  return undefined;
}

/** The station level of any topic of ours, for counting; `-` where there is none. */
export function stationOf(topic: string): string {
  const [root, version, station] = topic.split('/', 3);
  return root === 'ww' && version === 'v1' && station !== undefined && station !== '' ? station : '-';
}

export function upTopic(station: ThingId, channel: Exclude<UpChannel, 'snapshot'>): string {
  return `${TOPIC_ROOT}/${station}/${channel}`;
}

/** The topic a station listens on for its commands. */
export function commandTopic(station: ThingId): string {
  return `${TOPIC_ROOT}/${station}/cmd`;
}

/** The prefix a subscriber account is granted for one basin; it may end its filter with `#` or exact levels. */
export function alertPrefix(basin: string): string {
  return `${TOPIC_ROOT}/alerts/${basin}/`;
}

/**
 * Where the server journals its own decisions about its clock, so that a replay of the arrival log decides alike.
 * `-` is no thing id: no client can publish here.
 */
export const CLOCK_DECISION_TOPIC = `${TOPIC_ROOT}/-/clock`;
/** Where the server journals what the watch decided by the wall clock: silences, outages of its own, official signals. */
export const WATCH_DECISION_TOPIC = `${TOPIC_ROOT}/-/watch`;
/** The principal of entries that the server journals itself. */
export const SERVER_PRINCIPAL = '-server';

/** What docs/reference/topics.md says of each topic. */
export const TOPIC_CONTRACT = [
  { topic: 'ww/v1/{station}/obs', direction: 'up', qos: '1', retained: 'no', body: 'readings' },
  {
    topic: 'ww/v1/{station}/backlog',
    direction: 'up',
    qos: '1',
    retained: 'no',
    body: 'readings buffered while offline; the same payload as `obs`',
  },
  {
    topic: 'ww/v1/{station}/status',
    direction: 'up',
    qos: '1',
    retained: 'yes',
    body: '`{"state":"online"\\|"offline","fw":"…","battery":12.4}`; also the last will',
  },
  {
    topic: 'ww/v1/{station}/event',
    direction: 'up',
    qos: '1',
    retained: 'no',
    body: 'device, video and AI events, recording segments; a JSON object',
  },
  {
    topic: 'ww/v1/{station}/snapshot/{channel}',
    direction: 'up',
    qos: '1',
    retained: 'no',
    body: 'JPEG, at most 256 KiB; gateways only',
  },
  {
    topic: 'ww/v1/{station}/cmd',
    direction: 'down',
    qos: '1',
    retained: 'no',
    body: 'a command: id, action, expiry',
  },
  {
    topic: 'ww/v1/{station}/cmd/ack',
    direction: 'up',
    qos: '1',
    retained: 'no',
    body: 'accepted, rejected, done or failed, with a reason',
  },
  {
    topic: 'ww/v1/alerts/{basin}/{severity}/{alarm}',
    direction: 'down',
    qos: '1',
    retained: 'while open at that severity',
    body: 'a warning, for subscriber accounts with that basin',
  },
] as const;
