import { z } from 'zod';
import { QUARANTINE_REASONS } from '../../domain/model/ledger.ts';
import { ROLES } from '../../domain/ports/operations.ts';
import { AGGREGATES } from '../../domain/ports/telemetry-store.ts';
import type { Aggregate } from '../../domain/ports/telemetry-store.ts';
import { ledgerSchema } from '../ledger-schema.ts';
import { alarm, axes } from './alarm-schemas.ts';
import { count, deviceFlag, flag, instant, listOf, value } from './list-schema.ts';

export const healthResponse = z.strictObject({ status: z.literal('ok'), startedAt: instant });

const reason = { code: z.string(), message: z.string() };
export const readinessResponse = z.strictObject({
  ready: z.boolean(),
  reasons: z.array(z.strictObject({ ...reason, since: instant })),
  warnings: z.array(z.strictObject(reason)),
});

const stationDatastream = z.strictObject({
  name: z.string().describe('`property` or `property.instance`.'),
  property: z.string(),
  instance: z.string().nullable(),
  unit: z.string(),
  datum: z
    .string()
    .nullable()
    .describe('What a level is measured from; null where the property is no level.'),
  interpolation: z.enum(['instantaneous', 'counter', 'period_total']),
  intervalMs: z.number().describe('How often a value is due.'),
  sensorSpan: z.tuple([z.number(), z.number()]).describe('Values outside are FAIL.'),
  thresholds: z
    .record(z.string(), z.number())
    .nullable()
    .describe(
      'By name, `warning` among them, from the same datum; `floodLimit` is that of today. Null: none registered, which is not "safe".',
    ),
  state: axes,
  latest: z.strictObject({ t: instant, v: value, flag, ageMs: z.int() }).nullable(),
});

export const stationResponse = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    nameEn: z.string().nullable(),
    asset: z.string().nullable().describe('What it measures at; see `/api/v1/district`.'),
    basin: z.string().nullable(),
    latitude: z.number().nullable().describe('WGS-84, degrees.'),
    longitude: z.number().nullable().describe('WGS-84, degrees.'),
    simulated: z.boolean(),
    state: axes.describe(
      'The worst of its points: it warns where one of them does, and is `normal` where at least one is judged.',
    ),
    connection: z.strictObject({
      state: z.enum(['connected', 'disconnected', 'unknown']),
      since: instant.nullable(),
      lastReceived: instant.nullable(),
    }),
    clock: z
      .strictObject({
        offsetMs: z.number().describe('Device clock minus ours.'),
        uncertaintyMs: z.number().nullable(),
      })
      .nullable(),
    sequence: z.strictObject({ gaps: count, resets: count }).nullable(),
    datastreams: z.array(stationDatastream),
  })
  .meta({ id: 'Station' });
export type StationView = z.output<typeof stationResponse>;
export type DatastreamView = z.output<typeof stationDatastream>;

export const stationsResponse = listOf(stationResponse);

const latestItem = z
  .strictObject({
    station: z.string(),
    property: z.string(),
    instance: z.string().nullable(),
    t: instant,
    v: value,
    flag,
    quality: z.enum(['good', 'unknown', 'suspect', 'fail', 'missing']).describe('The name of the flag.'),
    deviceFlag,
    ageMs: z.int().describe('Now minus t; negative where the clock of the device is ahead.'),
    received: instant,
  })
  .meta({ id: 'LatestValue' });
export const latestResponse = listOf(latestItem);

const rawRow = z
  .strictObject({ t: instant, v: value, flag, deviceFlag })
  .meta({ id: 'Observation', description: 'One stored reading.' });

const aggregateValues = Object.fromEntries(
  AGGREGATES.map(name => [name, z.number().nullable().optional()]),
) as Record<Aggregate, z.ZodOptional<z.ZodNullable<z.ZodNumber>>>;
const aggregateRow = z
  .strictObject({ t: instant.describe('Start of the bucket, epoch ms.'), ...aggregateValues })
  .meta({
    id: 'AggregatedObservation',
    description: 'One bucket with the aggregates asked for; null where there is none.',
  });

export const observationsResponse = listOf(z.union([rawRow, aggregateRow]));

export const submissionResponse = z.strictObject({
  station: z.string(),
  readings: count.describe('Readings that are now durable in the journal.'),
});

export const ledgerResponse = ledgerSchema.meta({ id: 'Ledger' });

const cursors = z.strictObject({ live: count, backlog: count });

/** What ingest has taken and not yet stored. */
const ingestView = z
  .strictObject({
    clockTrust: z.enum(['trusted', 'watching', 'suspect']).describe('Whether our own clock is believed.'),
    held: count.describe('Messages held because our own clock is suspect.'),
    acceptedReadings: count.describe('Since the start of the server.'),
    outstandingReadings: count.describe('Accepted and not yet durable in the store.'),
    oldestUnstoredMs: z
      .number()
      .describe('Age of the oldest message that is read and not yet durable in the store; 0: there is none.'),
    journalHead: cursors.describe('Group commits of the journal, by stream.'),
    taken: cursors.describe('Up to which of them ingest has read.'),
    committed: cursors.describe('Up to which of them all is durable in the store.'),
    lagBatches: cursors.describe('`journalHead` minus `committed`.'),
    latency: z
      .strictObject({ count, p50: z.number(), p99: z.number(), max: z.number() })
      .describe('From the receipt of a live reading to its listeners, milliseconds, since the start.'),
  })
  .meta({ id: 'IngestStatus' });
export type IngestView = z.output<typeof ingestView>;

const streamPoint = z
  .strictObject({
    station: z.string(),
    name: z.string().describe('`property` or `property.instance`, as in the station.'),
    t: instant.nullable().describe('Null, like `flag`, where the point has no reading yet.'),
    v: value,
    flag: flag.nullable(),
    state: axes,
  })
  .meta({ id: 'StreamPoint', description: 'A point whose last value or state has changed.' });
export type StreamPoint = z.output<typeof streamPoint>;

const streamStation = z
  .strictObject({
    id: z.string(),
    state: stationResponse.shape.state,
    connection: stationResponse.shape.connection,
  })
  .meta({ id: 'StreamStation', description: 'A station whose state or connection has changed.' });
export type StreamStation = z.output<typeof streamStation>;

const streamLedger = ledgerResponse
  .nullable()
  .describe('In total; of the stations of the token where it covers single stations.');

/** The data of the event `state`: everything. */
export const streamState = z
  .strictObject({
    now: instant.describe('The clock of the server.'),
    stations: z.array(stationResponse),
    alarms: z.array(alarm).describe('The warnings in force, in no order.'),
    ledger: streamLedger,
    ingest: ingestView,
    readiness: readinessResponse.nullable(),
  })
  .meta({ id: 'StreamState', description: 'The data of the event `state`: everything.' });

/** The data of the event `delta`: what has changed since the last event. */
export const streamDelta = z
  .strictObject({
    now: instant.describe('The clock of the server.'),
    stations: z.array(streamStation),
    points: z.array(streamPoint),
    alarms: z.array(alarm).describe('Warnings that came into force or have changed.'),
    alarmsGone: z.array(z.string()).describe('Ids of those that are no longer in force.'),
    ledger: streamLedger.optional(),
    ingest: ingestView,
    readiness: readinessResponse.nullable().optional(),
  })
  .meta({
    id: 'StreamDelta',
    description: 'The data of the event `delta`: what has changed; an absent member has not.',
  });

export const ledgerAuditResponse = z.strictObject({
  agrees: z.boolean(),
  differences: z.array(z.string()),
});

export const quarantineItem = z
  .strictObject({
    position: z.int(),
    item: z.int().describe('Index of the reading; -1 when the whole message is quarantined.'),
    reason: z.enum(Object.keys(QUARANTINE_REASONS) as [string, ...string[]]),
    detail: z.string(),
    station: z.string(),
    principal: z.string(),
    topic: z.string(),
    received: instant,
    released: z.boolean().describe('True once it was replayed with success.'),
    sha256: z.string().describe('Of the payload, hex.'),
    payload: z.string().describe('Empty where only the hash was kept.'),
    payloadEncoding: z.enum(['utf8', 'base64']),
    payloadBytes: count.describe('Size of the whole payload.'),
    payloadTruncated: z.boolean().describe('True where `payload` is only the beginning.'),
  })
  .meta({ id: 'QuarantineItem' });
export type QuarantineView = z.output<typeof quarantineItem>;
export const quarantineResponse = listOf(quarantineItem);

export const replayResponse = z.strictObject({
  tried: count,
  released: count,
  stillQuarantined: count,
});

export const sessionResponse = z
  .strictObject({
    principal: z.string().describe('As audit and ledger name it: `user:<name>` or `token:<id>`.'),
    user: z.string().nullable().describe('Login name; null for a token.'),
    displayName: z.string().nullable(),
    role: z.enum(ROLES),
    organisation: z.string(),
    scope: z
      .array(z.string())
      .describe('Stations of an integrator, basins of a subscriber; empty: no limit.'),
    expiresAt: instant.nullable().describe('When the session ends if nobody uses it; null for a token.'),
  })
  .meta({ id: 'Session' });

export const openApiResponse = z.looseObject({ openapi: z.string() });
