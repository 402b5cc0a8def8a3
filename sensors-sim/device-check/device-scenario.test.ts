import { describe, expect, it } from 'vitest';

import type { ClientPacket, ConnectPacket, PublishPacket } from './client-packet.ts';
import { SCENARIO_TIMES, beginScenario, stepScenario } from './device-scenario.ts';
import type { Phase, ScenarioAction, ScenarioInput, ScenarioState } from './device-scenario.ts';

const CONNECT: ConnectPacket = {
  kind: 'connect',
  protocol: 'MQTT 4',
  clientId: 'S-1',
  username: 'S-1',
  password: 's',
  keepAliveS: 60,
  will: undefined,
};
const publish = (packetId: number, topic = 'obs', qos = 1): PublishPacket => ({
  kind: 'publish',
  topic,
  qos,
  retain: false,
  packetId,
  payload: new Uint8Array(),
});

/** A state of a phase that began at 1,000 ms. */
const inPhase = (phase: Phase, rest: Partial<ScenarioState> = {}): ScenarioState => ({
  ...beginScenario(0),
  phase,
  sinceMs: 1_000,
  ...rest,
});
const packet = (content: ClientPacket, atMs = 2_000): ScenarioInput => ({
  kind: 'packet',
  atMs,
  connection: 1,
  packet: content,
});
const tick = (atMs: number): ScenarioInput => ({ kind: 'tick', atMs });
const closed: ScenarioInput = { kind: 'closed', atMs: 2_000, connection: 1 };

function step(state: ScenarioState, input: ScenarioInput, isRecovered = false) {
  const rules = {
    times: SCENARIO_TIMES,
    isReadings: ({ topic }: PublishPacket) => topic === 'obs',
    isRecovered: () => isRecovered,
  };
  return stepScenario(state, input, rules);
}

const shown = (action: ScenarioAction): string => {
  if (action.kind === 'puback') return `puback ${action.packet.packetId}`;
  return action.kind === 'connack' ? `connack ${action.code}` : action.kind;
};
const withheld = [{ connection: 1, packet: publish(3) }];

describe('the scenario of a device check', () => {
  it.each<[string, ScenarioState, ScenarioInput, Phase, string[]]>([
    ['lets the device in', inPhase('regular'), packet(CONNECT), 'regular', ['connack 0']],
    ['takes the first readings', inPhase('regular'), packet(publish(1)), 'regular', ['puback 1']],
    ['is late after some', inPhase('regular', { count: 1 }), packet(publish(2)), 'late', ['puback 2']],
    [
      'does not count a status',
      inPhase('regular', { count: 1 }),
      packet(publish(2, 'status')),
      'regular',
      ['puback 2'],
    ],
    ['answers nothing at QoS 0', inPhase('regular'), packet(publish(0, 'obs', 0)), 'regular', []],
    ['answers a status in time', inPhase('late'), packet(publish(3, 'status')), 'late', ['puback 3']],
    ['holds the next readings back', inPhase('late'), packet(publish(3)), 'late', []],
    [
      'holds back what is behind them',
      inPhase('late', { withheld }),
      packet(publish(4, 'status')),
      'late',
      [],
    ],
    ['does not end the wait early', inPhase('late', { withheld }), tick(3_999), 'late', []],
    ['answers late', inPhase('late', { withheld }), tick(4_000), 'lost', ['puback 3']],
    ['waits for readings to be late with', inPhase('late'), tick(90_000), 'late', []],
    ['goes on when the device gives up', inPhase('late', { withheld }), closed, 'lost', []],
    ['minds no other end of a connection', inPhase('late'), closed, 'late', []],
    ['loses a PUBACK with the connection', inPhase('lost'), packet(publish(5)), 'refusing', ['cut']],
    ['does not lose that of a status', inPhase('lost'), packet(publish(5, 'status')), 'lost', ['puback 5']],
    ['refuses', inPhase('refusing', { count: 2 }), packet(CONNECT), 'refusing', ['connack 5']],
    [
      'goes away after some',
      inPhase('refusing', { count: 3 }),
      packet(CONNECT),
      'dark',
      ['connack 5', 'go dark'],
    ],
    ['takes nothing while it refuses', inPhase('refusing'), packet(publish(6)), 'refusing', []],
    ['goes away when nobody tries', inPhase('refusing'), tick(91_000), 'dark', ['go dark']],
    ['stays away', inPhase('dark'), tick(5_999), 'dark', []],
    ['comes back', inPhase('dark'), tick(6_000), 'recovery', ['listen']],
    ['lets the device in again', inPhase('recovery'), packet(CONNECT), 'recovery', ['connack 0']],
    ['takes everything again', inPhase('recovery'), packet(publish(7)), 'recovery', ['puback 7']],
    ['waits for what was lost', inPhase('recovery'), tick(90_999), 'recovery', []],
    ['ends when it does not come', inPhase('recovery'), tick(91_000), 'over', ['go dark']],
    ['ends at the limit', inPhase('regular'), tick(300_000), 'over', ['go dark']],
    ['does nothing when it is over', inPhase('over'), packet(CONNECT), 'over', []],
  ])('%s', (_name, state, input, phase, actions) => {
    const next = step(state, input);
    expect([next.state.phase, next.actions.map(shown)]).toEqual([phase, actions]);
  });

  it('watches on for a while after the lost message came again', () => {
    const first = step(inPhase('recovery'), tick(2_000), true).state;
    expect(first.phase).toBe('recovery');
    expect(step(first, tick(4_999), true).state.phase).toBe('recovery');
    expect(step(first, tick(5_000), true).state.phase).toBe('over');
  });

  it('waits again from each refusal on', () => {
    const { state } = step(inPhase('refusing'), packet(CONNECT, 80_000));
    expect(step(state, tick(91_000)).state.phase).toBe('refusing');
  });
});
