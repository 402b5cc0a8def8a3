import { describe, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';

import type { Alarm, ListedAlarm, RuleGap, WatchingRules } from '../../console/alarm/alarm-wire.ts';
import type { PointReasons } from '../../console/alarm/point-wire.ts';
import type { QualityReasons } from '../../console/alarm/quality-wire.ts';
import type { AlarmReasons } from '../../console/alarm/reasons-wire.ts';
import type { WatchedDay } from '../../console/watched/watched-wire.ts';
import type {
  BucketRow,
  DistrictNames,
  ObservationRow,
  SessionInfo,
  StreamDelta,
  StreamState,
} from '../../console/wire.ts';
import type { alarmReasonsResponse } from '../../server/http/alarm-reasons-schema.ts';
import type * as alarms from '../../server/http/alarm-schemas.ts';
import type { districtResponse } from '../../server/http/district-schemas.ts';
import type { pointReasonsResponse, watchedDayResponse } from '../../server/http/point-reasons-schema.ts';
import type { qualityResponse } from '../../server/http/quality-schema.ts';
import type * as response from '../../server/http/response-schemas.ts';

type Output<Schema extends z.ZodType> = z.output<Schema>;
type Items<Schema extends z.ZodType> =
  Output<Schema> extends { readonly items: readonly (infer Item)[] } ? Item : never;

// The compiler is the judge: `npm run types` fails where the server answers something else than the page reads.
describe('what the page reads is what the server answers', () => {
  it('in the event stream', () => {
    expectTypeOf<Output<typeof response.streamState>>().toExtend<StreamState>();
    expectTypeOf<Output<typeof response.streamDelta>>().toExtend<StreamDelta>();
  });

  it('of the session and the district', () => {
    expectTypeOf<Output<typeof response.sessionResponse>>().toExtend<SessionInfo>();
    expectTypeOf<Output<typeof districtResponse>>().toExtend<DistrictNames>();
  });

  it('of alarms, their reasons, and the rules with their gaps', () => {
    expectTypeOf<Items<typeof alarms.alarmsResponse>>().toExtend<ListedAlarm>();
    expectTypeOf<Output<typeof alarms.alarmResponse>>().toExtend<Alarm>();
    expectTypeOf<Output<typeof alarms.rulesResponse>>().toExtend<WatchingRules>();
    expectTypeOf<Items<typeof alarms.ruleGapsResponse>>().toExtend<RuleGap>();
    expectTypeOf<Output<typeof alarmReasonsResponse>>().toExtend<AlarmReasons>();
  });

  it('of the rules of a point, and how they watched a station for a day', () => {
    expectTypeOf<Output<typeof pointReasonsResponse>>().toExtend<PointReasons>();
    expectTypeOf<Output<typeof watchedDayResponse>>().toExtend<WatchedDay>();
    expectTypeOf<Output<typeof qualityResponse>>().toExtend<QualityReasons>();
  });

  it('of stored readings and buckets', () => {
    expectTypeOf<Items<typeof response.observationsResponse>>().toExtend<ObservationRow | BucketRow>();
  });
});
