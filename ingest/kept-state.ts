import { z } from 'zod';

import { readJson } from '../codecs/json-v1/payload.ts';
import { AppError } from '../domain/errors.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import type { StoreBatch, StoreResumption } from '../domain/ports/telemetry-store.ts';
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
} {
  const own = states.find(({ station }) => station === WORKER);
  return {
    worker: own === undefined ? undefined : readWorkerState(own.state),
    stations: states.filter(state => state !== own),
  };
}

function readWorkerState(text: string): WorkerState {
  const json = readJson(new TextEncoder().encode(text));
  const state = json.ok ? SCHEMA.safeParse(json.value).data : undefined;
  if (state === undefined)
    throw new AppError('store_corrupt', 'The state of the ingest worker is unreadable.');
  return state;
}
