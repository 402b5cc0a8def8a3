import { NORMAL_FLAG } from './observation.ts';
import type { Observation } from './observation.ts';

/** The fields of an observation that take part in identity and in the winner order. */
export type Candidate = Pick<Observation, 'v' | 'deviceFlag' | 'source' | 'sent' | 'position'>;

/**
 * True when two candidates of one identity say the same thing, so that the second is a duplicate and not a
 * correction. `sent` is no part of it: a device that sends its backlog again stamps the message anew.
 */
export function sameContent(a: Candidate, b: Candidate): boolean {
  return a.v === b.v && a.deviceFlag === b.deviceFlag && a.source === b.source;
}

/**
 * The fixed winner order of two candidates for one (datastream, phenomenonTime): positive when `a` wins.
 * Source rank, value over null, device flag N over others, later sent, higher value;
 * then, so that the order is total, the lower flag code and the earlier journal position. Arrival and computed flags
 * take no part.
 */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    a.source - b.source ||
    Number(a.v !== null) - Number(b.v !== null) ||
    Number(a.deviceFlag === NORMAL_FLAG) - Number(b.deviceFlag === NORMAL_FLAG) ||
    a.sent - b.sent ||
    (a.v ?? 0) - (b.v ?? 0) ||
    b.deviceFlag - a.deviceFlag ||
    b.position - a.position
  );
}
