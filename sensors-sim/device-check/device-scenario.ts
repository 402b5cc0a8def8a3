import type { ClientPacket, PublishPacket } from './client-packet.ts';

/** What is done to the device, in this order; the next begins when the former has happened. */
export type Phase = 'regular' | 'late' | 'lost' | 'refusing' | 'dark' | 'recovery' | 'over';

export interface ScenarioTimes {
  /** Messages of readings that are acknowledged at once, before anything is provoked; default 2. */
  readonly regularMessages: number;
  /** How late the late PUBACK is, milliseconds; default 3 s. */
  readonly lateMs: number;
  /** How many connections in a row are refused; default 4. */
  readonly refusals: number;
  /** How long nobody listens, milliseconds; default 5 s. */
  readonly darkMs: number;
  /** How long the device may take to come back and to send again, milliseconds; default 90 s. */
  readonly recoverMs: number;
  /** How long it is watched after it has sent again, milliseconds; default 3 s. */
  readonly settleMs: number;
  /** The whole check ends here, milliseconds; default 300 s. */
  readonly limitMs: number;
}

export const SCENARIO_TIMES: ScenarioTimes = {
  regularMessages: 2,
  lateMs: 3_000,
  refusals: 4,
  darkMs: 5_000,
  recoverMs: 90_000,
  settleMs: 3_000,
  limitMs: 300_000,
};

/** What happens at the network, at an instant in monotonic milliseconds. */
export type ScenarioInput =
  | {
      readonly kind: 'packet';
      readonly atMs: number;
      readonly connection: number;
      readonly packet: ClientPacket;
    }
  /** The device has ended the connection, or its network has. */
  | { readonly kind: 'closed'; readonly atMs: number; readonly connection: number }
  /** Time has passed; comes often. */
  | { readonly kind: 'tick'; readonly atMs: number };

/** What the network is to do. */
export type ScenarioAction =
  | { readonly kind: 'connack'; readonly connection: number; readonly code: number }
  | { readonly kind: 'puback'; readonly connection: number; readonly packet: PublishPacket }
  /** Ends a connection without a word. */
  | { readonly kind: 'cut'; readonly connection: number }
  /** Ends every connection and listens no more. */
  | { readonly kind: 'go dark' }
  | { readonly kind: 'listen' };

export interface ScenarioState {
  readonly phase: Phase;
  readonly sinceMs: number;
  readonly startedMs: number;
  /** Messages of readings acknowledged at once, or connections refused. */
  readonly count: number;
  /** PUBACKs that are held back, in order. */
  readonly withheld: readonly { readonly connection: number; readonly packet: PublishPacket }[];
  /** When the recovering device was seen to be complete. */
  readonly settledMs: number | undefined;
}

const NOT_AUTHORISED = 5;

export interface ScenarioStep {
  readonly state: ScenarioState;
  readonly actions: readonly ScenarioAction[];
}

export function beginScenario(atMs: number): ScenarioState {
  return { phase: 'regular', sinceMs: atMs, startedMs: atMs, count: 0, withheld: [], settledMs: undefined };
}

/** Whether a message is one of readings, which the provocations are about. */
export type IsReadings = (packet: PublishPacket) => boolean;

/** The next state and what to do. `isRecovered`: the message whose PUBACK was lost has come again. */
export function stepScenario(
  state: ScenarioState,
  input: ScenarioInput,
  rules: {
    readonly times: ScenarioTimes;
    readonly isReadings: IsReadings;
    readonly isRecovered: () => boolean;
  },
): ScenarioStep {
  if (state.phase === 'over') return { state, actions: [] };
  if (input.kind === 'tick') return onTick(state, input.atMs, { ...rules });
  if (input.kind === 'closed') {
    const withheld = state.withheld.filter(({ connection }) => connection !== input.connection);
    const isGivenUp = state.phase === 'late' && withheld.length < state.withheld.length;
    // It did not wait for the late PUBACK; there is no use in trying again.
    return { state: isGivenUp ? enter(state, 'lost', input.atMs) : { ...state, withheld }, actions: [] };
  }
  const { packet, connection } = input;
  if (packet.kind === 'connect') return onConnect(state, input, rules.times);
  if (packet.kind !== 'publish' || packet.qos === 0) return { state, actions: [] };
  return onPublish(
    state,
    { connection, packet, atMs: input.atMs, isReadings: rules.isReadings(packet) },
    rules.times,
  );
}

function enter(state: ScenarioState, phase: Phase, atMs: number): ScenarioState {
  return { ...state, phase, sinceMs: atMs, count: 0, withheld: [] };
}

function onConnect(
  state: ScenarioState,
  { connection, atMs }: { readonly connection: number; readonly atMs: number },
  times: ScenarioTimes,
): ScenarioStep {
  if (state.phase !== 'refusing') return { state, actions: [{ kind: 'connack', connection, code: 0 }] };
  const refuse = { kind: 'connack', connection, code: NOT_AUTHORISED } as const;
  if (state.count + 1 < times.refusals) {
    return { state: { ...state, count: state.count + 1, sinceMs: atMs }, actions: [refuse] };
  }
  return { state: enter(state, 'dark', atMs), actions: [refuse, { kind: 'go dark' }] };
}

function onPublish(
  state: ScenarioState,
  message: {
    readonly connection: number;
    readonly packet: PublishPacket;
    readonly atMs: number;
    readonly isReadings: boolean;
  },
  times: ScenarioTimes,
): ScenarioStep {
  const { connection, packet, atMs, isReadings } = message;
  const puback = { kind: 'puback', connection, packet } as const;
  switch (state.phase) {
    case 'regular': {
      const count = state.count + Number(isReadings);
      const next = count < times.regularMessages ? { ...state, count } : enter(state, 'late', atMs);
      return { state: next, actions: [puback] };
    }
    case 'late': {
      // [MQTT-4.6.0-2] What comes behind a late one waits too.
      if (!isReadings && state.withheld.length === 0) return { state, actions: [puback] };
      const sinceMs = state.withheld.length === 0 ? atMs : state.sinceMs;
      return {
        state: { ...state, sinceMs, withheld: [...state.withheld, { connection, packet }] },
        actions: [],
      };
    }
    case 'lost':
      if (!isReadings) return { state, actions: [puback] };
      return { state: enter(state, 'refusing', atMs), actions: [{ kind: 'cut', connection }] };
    case 'refusing':
    case 'dark':
    case 'over':
      return { state, actions: [] };
    case 'recovery':
      return { state, actions: [puback] };
  }
}

function onTick(
  state: ScenarioState,
  atMs: number,
  { times, isRecovered }: { readonly times: ScenarioTimes; readonly isRecovered: () => boolean },
): ScenarioStep {
  const inPhaseMs = atMs - state.sinceMs;
  const over = { state: enter(state, 'over', atMs), actions: [{ kind: 'go dark' }] } as const;
  if (atMs - state.startedMs >= times.limitMs) return over;
  if (state.phase === 'late' && state.withheld.length > 0 && inPhaseMs >= times.lateMs) {
    const actions = state.withheld.map(each => ({ kind: 'puback' as const, ...each }));
    return { state: enter(state, 'lost', atMs), actions };
  }
  if (state.phase === 'refusing' && inPhaseMs >= times.recoverMs) {
    // It does not try again while it is refused.
    return { state: enter(state, 'dark', atMs), actions: [{ kind: 'go dark' }] };
  }
  if (state.phase === 'dark' && inPhaseMs >= times.darkMs) {
    return { state: enter(state, 'recovery', atMs), actions: [{ kind: 'listen' }] };
  }
  if (state.phase !== 'recovery') return { state, actions: [] };
  if (inPhaseMs >= times.recoverMs) return over;
  if (!isRecovered()) return { state, actions: [] };
  if (state.settledMs === undefined) return { state: { ...state, settledMs: atMs }, actions: [] };
  return atMs - state.settledMs >= times.settleMs ? over : { state, actions: [] };
}
