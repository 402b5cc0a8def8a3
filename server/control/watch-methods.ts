import { z } from 'zod';
import { WARNING_SEVERITIES } from '../../domain/model/warning-severity.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { RainstormSignal } from '../../domain/model/watch-decision.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { QualityReasons } from '../../ingest/explain-quality.ts';
import type { AlarmReasons } from '../../watch/alarm-reasons.ts';
import type { PointReasons } from '../../watch/explain-point.ts';
import type { StandingSignal } from '../signals/signal-desk.ts';

/** What can be asked of, and told to, the running rules over the control socket. */
export interface WatchMethods {
  /** `not_found` for an alarm that never was. */
  why: { params: { readonly id: string }; result: AlarmReasons };
  /** Now where no instant is named; `not_found` for a datastream that nobody has registered or heard of. */
  whyPoint: {
    params: { readonly station: string; readonly datastream: string; readonly at?: number | undefined };
    result: PointReasons;
  };
  /** Of the last reading at or before the instant; `not_found` where there is none of that day. */
  whyFlag: {
    params: { readonly station: string; readonly datastream: string; readonly at?: number | undefined };
    result: QualityReasons;
  };
  /** Official rainstorm signals that stand, by zone. */
  signals: { params: object; result: { readonly signals: readonly StandingSignal[] } };
  /** See `SignalService.report`. */
  reportSignal: {
    params: {
      readonly zone: string;
      readonly severity: WarningSeverity | null;
      readonly t?: number | undefined;
    };
    result: RainstormSignal;
  };
}

const name = z.string().min(1).max(256);

const pointThen = z.strictObject({
  station: name,
  datastream: name,
  at: z
    .int()
    .transform(ms => epochMs(ms))
    .optional(),
});

/** How their parameters must look. */
export const WATCH_PARAMS = {
  why: z.strictObject({ id: name }),
  whyPoint: pointThen,
  whyFlag: pointThen,
  signals: z.strictObject({}),
  reportSignal: z.strictObject({
    zone: name,
    severity: z.enum(WARNING_SEVERITIES).nullable(),
    t: z
      .int()
      .transform(ms => epochMs(ms))
      .optional(),
  }),
} as const satisfies Record<keyof WatchMethods, z.ZodType>;
