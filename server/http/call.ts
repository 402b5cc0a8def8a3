import type { z } from 'zod';
import type { Application, Principal } from '../application.ts';
import type { MetricSample } from '../metrics.ts';
import type { EventStream } from '../stream/event-stream.ts';
import type { Answer } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { ROUTES, RouteId } from './routes.ts';

type Route<Id extends RouteId> = (typeof ROUTES)[Id];
type Parsed<Spec, Part extends string> =
  Spec extends Record<Part, infer Schema extends z.ZodType> ? z.output<Schema> : undefined;

/** A request that was admitted and parsed, with the types of its route. */
export interface Call<Id extends RouteId> {
  readonly application: Application;
  /** The version of the server, what the HTTP server itself counts, and its event streams. */
  readonly server: {
    readonly version: string;
    samples(): readonly MetricSample[];
    readonly streams: EventStream;
  };
  readonly principal: Route<Id>['access'] extends 'public' ? undefined : Principal;
  /** How it came. */
  readonly sender: Pick<Arrival, 'proof' | 'address' | 'isSecure'>;
  readonly params: Parsed<Route<Id>, 'params'>;
  readonly query: Parsed<Route<Id>, 'query'>;
  readonly body: Parsed<Route<Id>, 'body'>;
}

export type Handler<Id extends RouteId> = (call: Call<Id>) => Answer | Promise<Answer>;
