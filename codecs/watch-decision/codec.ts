import { z } from 'zod';

import { WARNING_SEVERITIES } from '../../domain/model/warning-severity.ts';
import type { WatchDecision } from '../../domain/model/watch-decision.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { MAX_PAYLOAD_BYTES, readJson } from '../json-v1/payload.ts';

const instant = z.int().transform(epochMs);

const DECISION = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('silence'), input: z.string().min(1), t: instant, since: instant }),
  z.strictObject({ kind: z.literal('outage'), t: instant, from: instant }),
  z.strictObject({
    kind: z.literal('signal'),
    zone: z.string().min(1),
    t: instant,
    severity: z.enum(WARNING_SEVERITIES).nullable(),
  }),
]);

const DECISIONS = z.array(DECISION).min(1);

/** The payloads that carry the decisions, in order; several where one would be too large. */
export function encodeWatchDecisions(decisions: readonly WatchDecision[]): readonly Uint8Array[] {
  if (decisions.length === 0) return [];
  const payload = new TextEncoder().encode(JSON.stringify(decisions));
  if (payload.byteLength <= MAX_PAYLOAD_BYTES || decisions.length === 1) return [payload];
  const half = Math.ceil(decisions.length / 2);
  return [...encodeWatchDecisions(decisions.slice(0, half)), ...encodeWatchDecisions(decisions.slice(half))];
}

/** Undefined where the bytes are no decisions. */
export function decodeWatchDecisions(payload: Uint8Array): readonly WatchDecision[] | undefined {
  const json = readJson(payload);
  return json.ok ? DECISIONS.safeParse(json.value).data : undefined;
}
