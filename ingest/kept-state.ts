import { z } from 'zod';

import { readJson } from '../codecs/json-v1/payload.ts';
import { AppError } from '../domain/errors.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import type { StoreBatch, StoreResumption } from '../domain/ports/telemetry-store.ts';
import type { StaleSpan } from '../domain/quality/quality-network.ts';
import type { TimeSpan } from '../domain/quality/quality-parameters.ts';
import { epochMs } from '../domain/time/instant.ts';
import { CLOCK_DECISION_SCHEMA } from './clock-decision.ts';
import type { ClockDecision } from './clock-decision.ts';

export type KeptStates = NonNullable<StoreBatch['stationStates']>;

/** What of the worker as a whole must outlive it, because what was begun with it has to be ended with it. */
export interface WorkerState {
  /**
   * Where live messages are split, milliseconds before receivedTime. A message that was split and not committed is
   * split again after a crash: at another place its readings would be lost or counted twice.
   */
  readonly splitMs: number;
  readonly decisions: readonly ClockDecision[];
  /**
   * Where the lanes stood when the states of the stations were kept last. Where the store's cursors are elsewhere, the
   * states do not know of the messages between.
   */
  readonly statesThrough: Cursors;
}

/** The name under which the worker's own state is kept; no station has it. */
const WORKER = '-';
const SCHEMA = z.object({
  splitMs: z.number(),
  decisions: z.array(CLOCK_DECISION_SCHEMA),
  statesThrough: z.object({ live: z.number(), backlog: z.number() }),
});

/** The name under which stale stretches of a datastream are kept begins with this; no station's does. */
const STALE = '-stale/';
const STALE_SCHEMA = z.array(z.tuple([z.number(), z.number()]));

/** Stretches of a datastream whose flags are to be made anew; none takes back what was kept of it. */
export function keepStaleSpans(datastream: number, spans: readonly TimeSpan[]): KeptStates {
  const state = spans.length === 0 ? '' : JSON.stringify(spans.map(({ from, to }) => [from, to]));
  return [{ station: `${STALE}${datastream}`, state }];
}

export function keepWorkerState(state: WorkerState): KeptStates {
  return [{ station: WORKER, state: JSON.stringify(state) }];
}

/**
 * The worker's own state apart from those of the stations; absent in a new store. Throws `store_corrupt` where it
 * cannot be read.
 */
export function splitKeptStates(states: StoreResumption['stationStates']): {
  readonly worker: WorkerState | undefined;
  readonly stations: KeptStates;
  readonly stale: readonly StaleSpan[];
} {
  const own = states.find(({ station }) => station === WORKER);
  const isStale = ({ station }: KeptStates[number]): boolean => station.startsWith(STALE);
  return {
    worker: own === undefined ? undefined : readWorkerState(own.state),
    stations: states.filter(state => state !== own && !isStale(state)),
    stale: states.filter(state => isStale(state) && state.state !== '').flatMap(readStaleSpans),
  };
}

function readStaleSpans({ station, state }: KeptStates[number]): readonly StaleSpan[] {
  const datastream = Number(station.slice(STALE.length));
  const json = readJson(new TextEncoder().encode(state));
  const spans = json.ok ? STALE_SCHEMA.safeParse(json.value).data : undefined;
  if (spans === undefined) throw new AppError('store_corrupt', `The state ${station} is unreadable.`);
  return spans.map(([from, to]) => ({ datastream, from: epochMs(from), to: epochMs(to) }));
}

function readWorkerState(text: string): WorkerState {
  const json = readJson(new TextEncoder().encode(text));
  const state = json.ok ? SCHEMA.safeParse(json.value).data : undefined;
  if (state === undefined)
    throw new AppError('store_corrupt', 'The state of the ingest worker is unreadable.');
  return state;
}
