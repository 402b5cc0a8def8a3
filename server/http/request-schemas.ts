import { z } from 'zod';
import { THING_ID_PATTERN } from '../../domain/model/identifier.ts';
import { QUARANTINE_REASONS } from '../../domain/model/ledger.ts';
import type { QuarantineReason } from '../../domain/model/ledger.ts';
import { DEVICE_FLAGS } from '../../domain/model/observation.ts';
import { PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN } from '../../domain/model/password-limits.ts';
import { WARNING_SEVERITIES } from '../../domain/model/warning-severity.ts';
import { EPISODE_STATUSES } from '../../domain/ports/episode-store.ts';
import { AGGREGATES } from '../../domain/ports/telemetry-store.ts';
import { BUCKETS } from '../../domain/time/bucket.ts';
import type { BucketName } from '../../domain/time/bucket.ts';

/** Rows in one answer of raw or aggregated observations, and of latest values, before `next`. */
const ROWS_MAX = 50_000;
/** Stations in one answer. */
const STATIONS_MAX = 20_000;
/** Quarantined items in one answer: each may carry 4 KiB of payload, and costs the store up to 64 KiB. */
export const QUARANTINE_MAX = 500;
/** Alarms in one answer. With `knownAt` each is looked up once more. */
const ALARMS_MAX = 1_000;
/** Missing things of rules in one answer. */
const RULE_GAPS_MAX = 20_000;
/** Readings in one message of the wire contract. */
const READINGS_MAX = 500;
/** The largest instant of ECMAScript, milliseconds. */
const INSTANT_MAX = 8_640_000_000_000_000;

const INTEGER_TEXT = /^-?\d{1,16}$/;

/** An integer in a query or a path. Texts such as `1e3`, ` 5` or an empty one are refused, not coerced. */
function integer(min: number, max: number): z.ZodType<number> {
  return z.preprocess(
    text => (typeof text === 'string' && INTEGER_TEXT.test(text) ? Number(text) : text),
    z.int().min(min).max(max),
  );
}

const thingId = z.string().regex(new RegExp(THING_ID_PATTERN));
const instant = integer(0, INSTANT_MAX);
const cursor = z.string().min(1).max(512).optional().describe('`next` of the answer before, unchanged.');
const quarantineReason = z.enum(Object.keys(QUARANTINE_REASONS) as [QuarantineReason, ...QuarantineReason[]]);

function limit(max: number, fallback: number) {
  return integer(1, max).default(fallback).describe('Most items in one answer.');
}

export const noQuery = z.strictObject({});

export const stationParams = z.strictObject({ id: thingId });

export const stationsQuery = z.strictObject({ limit: limit(STATIONS_MAX, STATIONS_MAX), cursor });

export const latestQuery = z.strictObject({
  station: thingId.optional().describe('Only this station.'),
  limit: limit(ROWS_MAX, ROWS_MAX),
  cursor,
});

export const datastreamParams = z.strictObject({
  station: thingId,
  datastream: z
    .string()
    .regex(/^[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]{1,32})?$/)
    .describe('`property`, or `property.instance` where the station has several.'),
});

export const pointReasonsQuery = z.strictObject({
  at: instant.optional().describe('Epoch ms; as it stood then, by what is stored now. Default: now.'),
});

export const qualityQuery = z.strictObject({
  at: instant
    .optional()
    .describe('Epoch ms; the last reading at or before it, at most a day old then. Default: now.'),
});

export const watchedDayQuery = z.strictObject({
  day: instant.optional().describe('Epoch ms; any instant of the local day. Default: today.'),
});

/** A comma list of names, each once; the key itself may be repeated instead. */
function listOfNames<Name extends string>(names: readonly Name[]) {
  return z.preprocess(
    given => (Array.isArray(given) ? given.join(',') : given),
    z.string().transform((text, context): Name[] => {
      const asked = text.split(',');
      const known = asked.flatMap(entry => names.find(name => name === entry) ?? []);
      if (known.length !== asked.length) {
        context.addIssue({ code: 'custom', message: `expected a comma list of ${names.join(', ')}` });
      } else if (new Set(asked).size !== asked.length) {
        context.addIssue({ code: 'custom', message: 'a name stands in the list twice' });
      }
      return known;
    }),
  );
}

/** The bucket of a width in milliseconds (`3600000` is `1h`); anything else stays as it is. */
function bucketOfWidth(given: unknown): unknown {
  const named = Object.entries(BUCKETS).find(([, { widthMs }]) => String(widthMs) === given);
  return named?.[0] ?? given;
}

export const observationsQuery = z
  .strictObject({
    from: instant.describe('Epoch ms; rows with from ≤ t.'),
    to: instant.describe('Epoch ms; rows with t < to.'),
    interval: z
      .preprocess(bucketOfWidth, z.enum(Object.keys(BUCKETS) as [BucketName, ...BucketName[]]).optional())
      .describe(
        'Answer aggregates over buckets of this width, by name or in milliseconds, aligned to local time (Asia/Shanghai); `hd` is the ' +
          'hydrological day from 08:00. Without `agg`: count, min, max, mean and last of a state, count and sum ' +
          'of a period total, count and difference of a counter.',
      ),
    agg: listOfNames(AGGREGATES)
      .optional()
      .describe(`Comma list of ${AGGREGATES.join(', ')}; needs \`interval\`. See there for the default.`),
    limit: limit(ROWS_MAX, ROWS_MAX),
    cursor,
  })
  // `when`: these relations are checked also while other keys are wrong, so that all problems come at once.
  .refine(query => query.from < query.to, {
    path: ['from'],
    message: 'must be before `to`',
    when: ({ value }) => has(value, 'from', 'number') && has(value, 'to', 'number'),
  })
  .refine(query => query.agg === undefined || query.interval !== undefined, {
    path: ['agg'],
    message: 'needs `interval`',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });

function has(value: unknown, key: string, type: 'number'): boolean {
  return typeof (value as Record<string, unknown> | null)?.[key] === type;
}

/** Not the id of a thing: the rule, what it judges and when it began stand in it. */
export const alarmParams = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9._-]{1,256}$/) });

const placeFilter = {
  basin: z.string().min(1).max(64).optional().describe('Only stations of this basin.'),
  station: thingId.optional().describe('Only this station.'),
};
const ruleFilter = z.string().min(1).max(64).optional().describe('Only of this rule.');

export const alarmsQuery = z
  .strictObject({
    state: listOfNames(EPISODE_STATUSES)
      .prefault('open,ended')
      .describe(`Comma list of ${EPISODE_STATUSES.join(', ')}; may be repeated.`),
    ...placeFilter,
    rule: ruleFilter,
    from: instant.optional().describe('Epoch ms; alarms that were not over by then.'),
    to: instant.optional().describe('Epoch ms; alarms that began before.'),
    knownAt: instant
      .optional()
      .describe('Epoch ms; alarms as they were known then. `later` of each says what turned out since.'),
    limit: limit(ALARMS_MAX, 100),
    cursor,
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    path: ['from'],
    message: 'must be before `to`',
    when: ({ value }) => has(value, 'from', 'number') && has(value, 'to', 'number'),
  });

export const ruleGapsQuery = z.strictObject({
  ...placeFilter,
  rule: ruleFilter,
  limit: limit(RULE_GAPS_MAX, 1_000),
  cursor,
});

export const ledgerQuery = z.strictObject({
  station: thingId.optional().describe('Only this station; without it, the total.'),
});

export const quarantineQuery = z.strictObject({
  station: thingId.optional(),
  reason: quarantineReason.optional(),
  released: z
    .enum(['exclude', 'include'])
    .default('exclude')
    .describe('Whether items show that were replayed with success.'),
  limit: limit(QUARANTINE_MAX, 100),
  cursor,
});

export const quarantineItemParams = z.strictObject({
  position: integer(0, Number.MAX_SAFE_INTEGER).describe('Journal position of the message.'),
  item: integer(-1, READINGS_MAX).describe('Index of the reading; -1 for a whole message.'),
});

export const replayBody = z
  .strictObject({ station: thingId.optional(), reason: quarantineReason.optional() })
  .describe('Which items to try again; all where the object is empty.');

/** What somebody typed: whether it is the password shows by its hash alone. */
const typedPassword = z.string().min(1).max(1_024);

export const loginBody = z.strictObject({
  user: z.string().min(1).max(64).describe('Login name.'),
  password: typedPassword,
});

export const passwordBody = z.strictObject({
  current: typedPassword,
  next: typedPassword.describe(
    `At least ${PASSWORD_CHARACTERS_MIN} characters and at most ${PASSWORD_BYTES_MAX} bytes in UTF-8.`,
  ),
});

/** Whole milliseconds; what is too far in the future or past goes to quarantine after it is durable, as on MQTT. */
const wireInstant = z.int().min(-INSTANT_MAX).max(INSTANT_MAX);

/** The payload of an `obs` message (DESIGN section 6) and the station it is of. */
export const signalBody = z.strictObject({
  zone: z.string().min(1).max(64).describe('Id of a basin, or `*` for the whole district.'),
  severity: z.enum(WARNING_SEVERITIES).nullable().describe('Null lifts the signal.'),
  t: wireInstant
    .optional()
    .describe('Epoch ms: when the authority issued it, in the last 24 hours. Default: now.'),
});

export const submissionBody = z.strictObject({
  station: thingId,
  seq: z.int().min(0).optional().describe('Counter of the sender, for gap detection only.'),
  sent: wireInstant.describe('Epoch ms: when the sender sent this.'),
  obs: z
    .array(
      z.strictObject({
        p: z.string().min(1).max(128).describe('`property` or `property.instance`.'),
        t: wireInstant.describe('Epoch ms: phenomenon time; of a period total the END of the period.'),
        v: z.number().nullable().describe('The value in the unit of the property; null is a missing value.'),
        f: z.enum(DEVICE_FLAGS).optional().describe('What the device says of its own value; N without it.'),
      }),
    )
    .min(1)
    .max(READINGS_MAX),
});
