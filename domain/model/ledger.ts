/** Both equations of promise 2 for one station, or in total. */
export interface MessageCounts {
  readonly journalled: number;
  readonly decoded: number;
  readonly quarantined: number;
  readonly inFlight: number;
}

export interface ReadingCounts {
  readonly decoded: number;
  readonly stored: number;
  readonly duplicate: number;
  /** A further, different value for a known identity, whether it won or lost. */
  readonly corrected: number;
  readonly quarantined: number;
  /** Refused for good, kept neither in the store nor in quarantine, but counted: see REJECT_REASONS. */
  readonly rejected: number;
  readonly inFlight: number;
}

/** A refusal before the journal: nothing was acknowledged. */
export interface RefusalCount {
  readonly principal: string;
  readonly reason: string;
  readonly count: number;
}

export interface Ledger {
  readonly messages: MessageCounts;
  readonly readings: ReadingCounts;
  readonly refused: readonly RefusalCount[];
  /** True when both equations hold exactly at one common instant. */
  readonly balanced: boolean;
}

/** journalled = decoded + quarantined whole + in flight. */
export function messagesBalance(counts: MessageCounts): boolean {
  return counts.journalled === counts.decoded + counts.quarantined + counts.inFlight;
}

/** decoded = stored + duplicate + corrected + quarantined + rejected + in flight. */
export function readingsBalance(counts: ReadingCounts): boolean {
  return (
    counts.decoded ===
    counts.stored +
      counts.duplicate +
      counts.corrected +
      counts.quarantined +
      counts.rejected +
      counts.inFlight
  );
}

/** Why a message or a reading went to quarantine. Bytes are kept; `ww quarantine replay` tries again. */
export const QUARANTINE_REASONS = {
  malformed_json: 'The payload is not JSON in UTF-8.',
  schema: 'The payload or one reading of it does not have the shape of the contract.',
  payload_too_large: 'The payload is larger than the channel allows.',
  unknown_station: 'The station of the topic is not registered (any more).',
  unknown_property: 'No such observed property, or a malformed instance.',
  unknown_datastream: 'The property is known, but the station has no such datastream.',
  future: 'phenomenonTime lies more than 10 minutes after receivedTime.',
  sent_in_future: 'The message says it was sent more than 10 minutes after it was received.',
  before_epoch: 'phenomenonTime lies before 2000-01-01.',
  beyond_retention: 'The month of the reading has left the store.',
  unsupported_channel: 'Journalled from a channel this version cannot read.',
} as const;
export type QuarantineReason = keyof typeof QUARANTINE_REASONS;

/** Why a reading was rejected: neither stored nor quarantined, only counted. Its bytes stay in the arrival log. */
export const REJECT_REASONS = {
  quarantine_quota: 'The station had used up its quarantine quota for the hour.',
} as const;
