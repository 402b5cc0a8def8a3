import type { z } from 'zod';
import { ROLES } from '../../domain/ports/operations.ts';
import type { Role } from '../../domain/ports/operations.ts';
import { METRICS_CONTENT_TYPE } from '../metrics.ts';
import { EVENT_STREAM_CONTENT_TYPE } from '../stream/server-sent-event.ts';
import { alarmReasonsResponse } from './alarm-reasons-schema.ts';
import * as alarm from './alarm-schemas.ts';
import { districtResponse } from './district-schemas.ts';
import { signalResponse, signalsResponse } from './signal-schema.ts';
import { qualityResponse } from './quality-schema.ts';
import { pointReasonsResponse, watchedDayResponse } from './point-reasons-schema.ts';
import * as request from './request-schemas.ts';
import * as response from './response-schemas.ts';

/** One path and method: the source of routing, access, validation, OpenAPI and docs/reference/http.md. */
export interface RouteSpec {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `{name}` for each parameter, as OpenAPI writes it. */
  readonly path: string;
  /** Who may call it; `public` needs no login. */
  readonly access: 'public' | readonly Role[];
  readonly summary: string;
  readonly params?: z.ZodObject;
  /** Keys that are not in it are refused. */
  readonly query: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly status: 200 | 202 | 204;
  /** Absent where the answer is text, or empty (204). */
  readonly response?: z.ZodType;
  readonly contentType?: string;
  /** The data of each event by its name, where the answer is a stream of events. */
  readonly events?: Readonly<Record<string, z.ZodType>>;
  /** False for the liveness probe: a supervisor must get its answer also while its address is limited. */
  readonly rateLimited?: false;
}

/** Reads everything that concerns the whole district. */
const DISTRICT_READERS = ['viewer', 'duty', 'dispatcher', 'engineer', 'admin'] as const;
/** Also reads its own stations; the answers are cut to them. */
const READERS = [...DISTRICT_READERS, 'integrator'] as const;
/** Also sees its own basins; the answers are cut to them. */
const WARNED = [...READERS, 'subscriber'] as const;
const SUBMITTERS = ['integrator', 'engineer', 'admin'] as const;
/** May say what the weather authority has said. An integrator speaks for stations only. */
const SIGNALLERS = ['duty', 'dispatcher', 'engineer', 'admin'] as const;
const ENGINEERS = ['engineer', 'admin'] as const;

export const ROUTES = {
  healthz: {
    method: 'GET',
    path: '/healthz',
    access: 'public',
    summary: 'Liveness: the process answers.',
    query: request.noQuery,
    status: 200,
    response: response.healthResponse,
    rateLimited: false,
  },
  readyz: {
    method: 'GET',
    path: '/readyz',
    access: 'public',
    summary: 'Readiness with the reasons against it; the same body with status 503 when not ready.',
    query: request.noQuery,
    status: 200,
    response: response.readinessResponse,
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    access: 'public',
    summary: 'Totals in the Prometheus text format; no series per station.',
    query: request.noQuery,
    status: 200,
    contentType: METRICS_CONTENT_TYPE,
  },
  openapi: {
    method: 'GET',
    path: '/api/openapi.json',
    access: 'public',
    summary: 'This description, OpenAPI 3.1.',
    query: request.noQuery,
    status: 200,
    response: response.openApiResponse,
  },
  logIn: {
    method: 'POST',
    path: '/api/v1/session',
    access: 'public',
    summary: 'Login of a person; the session is in the cookie `ww_session`.',
    query: request.noQuery,
    body: request.loginBody,
    status: 200,
    response: response.sessionResponse,
  },
  whoAmI: {
    method: 'GET',
    path: '/api/v1/session',
    access: ROLES,
    summary: 'Who is calling, by session or token.',
    query: request.noQuery,
    status: 200,
    response: response.sessionResponse,
  },
  logOut: {
    method: 'DELETE',
    path: '/api/v1/session',
    access: ROLES,
    summary: 'Ends the session.',
    query: request.noQuery,
    status: 204,
  },
  changePassword: {
    method: 'POST',
    path: '/api/v1/session/password',
    access: ROLES,
    summary: 'Changes the own password, ends all own sessions and opens a new one.',
    query: request.noQuery,
    body: request.passwordBody,
    status: 200,
    response: response.sessionResponse,
  },
  district: {
    method: 'GET',
    path: '/api/v1/district',
    access: DISTRICT_READERS,
    summary: 'The district as registered: areas, organisations, people, assets, flow graph, geometry.',
    query: request.noQuery,
    status: 200,
    response: districtResponse,
  },
  stations: {
    method: 'GET',
    path: '/api/v1/stations',
    access: READERS,
    summary: 'Registered stations with datastreams, health and state, by id.',
    query: request.stationsQuery,
    status: 200,
    response: response.stationsResponse,
  },
  station: {
    method: 'GET',
    path: '/api/v1/stations/{id}',
    access: READERS,
    summary: 'One registered station.',
    params: request.stationParams,
    query: request.noQuery,
    status: 200,
    response: response.stationResponse,
  },
  latest: {
    method: 'GET',
    path: '/api/v1/latest',
    access: READERS,
    summary: 'Last value, flag and age of every datastream.',
    query: request.latestQuery,
    status: 200,
    response: response.latestResponse,
  },
  observations: {
    method: 'GET',
    path: '/api/v1/datastreams/{station}/{datastream}/observations',
    access: READERS,
    summary: 'Stored readings with from ≤ t < to, oldest first, or their aggregates.',
    params: request.datastreamParams,
    query: request.observationsQuery,
    status: 200,
    response: response.observationsResponse,
  },
  quality: {
    method: 'GET',
    path: '/api/v1/datastreams/{station}/{datastream}/quality',
    access: READERS,
    summary: 'What every quality test says of a reading, by the readings and neighbours that are stored now.',
    params: request.datastreamParams,
    query: request.qualityQuery,
    status: 200,
    response: qualityResponse,
  },
  pointReasons: {
    method: 'GET',
    path: '/api/v1/datastreams/{station}/{datastream}/why',
    access: READERS,
    summary: 'How every rule of a point stands, or stood: which warns, and why the others do not.',
    params: request.datastreamParams,
    query: request.pointReasonsQuery,
    status: 200,
    response: pointReasonsResponse,
  },
  watchedDay: {
    method: 'GET',
    path: '/api/v1/stations/{id}/watched',
    access: READERS,
    summary: 'For each rule and point of a station how the 1,440 minutes of a local day were watched.',
    params: request.stationParams,
    query: request.watchedDayQuery,
    status: 200,
    response: watchedDayResponse,
  },
  submit: {
    method: 'POST',
    path: '/api/v1/observations',
    access: SUBMITTERS,
    summary: "A third party's readings; 202 means they are durable in the journal.",
    query: request.noQuery,
    body: request.submissionBody,
    status: 202,
    response: response.submissionResponse,
  },
  signals: {
    method: 'GET',
    path: '/api/v1/signals',
    access: DISTRICT_READERS,
    summary: 'The official rainstorm signals that stand, by zone.',
    query: request.noQuery,
    status: 200,
    response: signalsResponse,
  },
  reportSignal: {
    method: 'POST',
    path: '/api/v1/signals',
    access: SIGNALLERS,
    summary:
      'An official rainstorm signal of a zone, or that it was lifted; 202 means it is durable in the journal.',
    query: request.noQuery,
    body: request.signalBody,
    status: 202,
    response: signalResponse,
  },
  stream: {
    method: 'GET',
    path: '/api/v1/stream',
    access: READERS,
    summary: 'Server-sent events: the full state, then each second what has changed.',
    query: request.noQuery,
    status: 200,
    contentType: EVENT_STREAM_CONTENT_TYPE,
    events: { state: response.streamState, delta: response.streamDelta },
  },
  alarms: {
    method: 'GET',
    path: '/api/v1/alarms',
    access: WARNED,
    summary: 'Warnings as the rules raised them, retroactive ones included, newest begin first.',
    query: request.alarmsQuery,
    status: 200,
    response: alarm.alarmsResponse,
  },
  alarm: {
    method: 'GET',
    path: '/api/v1/alarms/{id}',
    access: WARNED,
    summary: 'One warning with everything that was told of it.',
    params: request.alarmParams,
    query: request.noQuery,
    status: 200,
    response: alarm.alarmResponse,
  },
  alarmReasons: {
    method: 'GET',
    path: '/api/v1/alarms/{id}/why',
    access: WARNED,
    summary: 'Why it was raised: limits, readings with flags, decisions of the clock, versions of the basis.',
    params: request.alarmParams,
    query: request.noQuery,
    status: 200,
    response: alarmReasonsResponse,
  },
  rules: {
    method: 'GET',
    path: '/api/v1/rules',
    access: WARNED,
    summary: 'The rules that watch, by id, and how many points they judge.',
    query: request.noQuery,
    status: 200,
    response: alarm.rulesResponse,
  },
  ruleGaps: {
    method: 'GET',
    path: '/api/v1/rules/gaps',
    access: WARNED,
    summary: 'What the rules lack to judge more: a missing threshold is never to be taken for safe.',
    query: request.ruleGapsQuery,
    status: 200,
    response: alarm.ruleGapsResponse,
  },
  basins: {
    method: 'GET',
    path: '/api/v1/basins',
    access: WARNED,
    summary: 'How well each basin is seen, and its warnings in force.',
    query: request.noQuery,
    status: 200,
    response: alarm.basinsResponse,
  },
  ledger: {
    method: 'GET',
    path: '/api/v1/ledger',
    access: READERS,
    summary: 'Where every message and reading is, in total or of one station.',
    query: request.ledgerQuery,
    status: 200,
    response: response.ledgerResponse,
  },
  ledgerAudit: {
    method: 'GET',
    path: '/api/v1/ledger/audit',
    access: DISTRICT_READERS,
    summary: 'Compares the counts of the ledger with the rows of the store.',
    query: request.noQuery,
    status: 200,
    response: response.ledgerAuditResponse,
  },
  quarantine: {
    method: 'GET',
    path: '/api/v1/quarantine',
    access: READERS,
    summary: 'Messages and readings that could not be used; payloads cut at 4 KiB.',
    query: request.quarantineQuery,
    status: 200,
    response: response.quarantineResponse,
  },
  quarantineItem: {
    method: 'GET',
    path: '/api/v1/quarantine/{position}/{item}',
    access: READERS,
    summary: 'One quarantined item with its whole payload.',
    params: request.quarantineItemParams,
    query: request.noQuery,
    status: 200,
    response: response.quarantineItem,
  },
  quarantineReplay: {
    method: 'POST',
    path: '/api/v1/quarantine/replay',
    access: ENGINEERS,
    summary: 'Tries quarantined items again, after the registry or a schema was repaired.',
    query: request.noQuery,
    body: request.replayBody,
    status: 200,
    response: response.replayResponse,
  },
} as const satisfies Record<string, RouteSpec>;

export type RouteId = keyof typeof ROUTES;
export const ROUTE_IDS = Object.keys(ROUTES) as readonly RouteId[];

/** The table with its widest type, for code that treats all routes alike. */
export function routeSpec(id: RouteId): RouteSpec {
  return ROUTES[id];
}
