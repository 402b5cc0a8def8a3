/** An instant: milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number & { readonly __brand: 'EpochMs' };
/** A span of time in milliseconds. */
export type DurationMs = number & { readonly __brand: 'DurationMs' };

export function epochMs(value: number): EpochMs {
  return value as EpochMs;
}

export function durationMs(value: number): DurationMs {
  return value as DurationMs;
}

export const SECOND_MS = durationMs(1_000);
export const MINUTE_MS = durationMs(60_000);
export const HOUR_MS = durationMs(3_600_000);
export const DAY_MS = durationMs(86_400_000);

/** The earliest phenomenonTime that is accepted (DESIGN section 5): 2000-01-01T00:00:00Z. */
export const EARLIEST_PHENOMENON_TIME = epochMs(946_684_800_000);

/** How far a phenomenonTime may lie after its receivedTime before it counts as future. */
export const FUTURE_TOLERANCE_MS = durationMs(10 * 60_000);

/** `at + span`. */
export function later(at: EpochMs, span: DurationMs): EpochMs {
  return (at + span) as EpochMs;
}
