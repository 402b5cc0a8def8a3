import { describe, expect, it } from 'vitest';

import { judgeProbe, serverProbes } from './server-probes.ts';
import type { Probe } from './server-probes.ts';

const PROBES = serverProbes({ id: 'S-1', secret: 'secret', property: 'ph', nowMs: 1_790_000_000_000 });

function verdict(
  expected: readonly (readonly string[])[],
  answers: readonly (readonly string[])[],
  alike = false,
) {
  const probe: Probe = {
    id: 'x',
    clause: 'y',
    dialogues: expected.map(expect => ({ send: [], expect })),
    alike,
  };
  return judgeProbe(probe, answers).verdict;
}

describe('the probes of a server', () => {
  it.each<[string, string[], string[], string]>([
    ['what was to come', ['connack 0', 'puback 7'], ['connack 0', 'puback 7'], 'holds'],
    ['too little', ['connack 0', 'puback 7'], ['connack 0'], 'broken'],
    ['too much', ['connack 0'], ['connack 0', 'closed'], 'broken'],
    ['another order', ['connack 0', 'puback 7', 'puback 8'], ['connack 0', 'puback 8', 'puback 7'], 'broken'],
    ['an alternative', ['suback 7 0|suback 7 1'], ['suback 7 1'], 'holds'],
    ['a refusal in words', ['connack 5|closed', 'closed'], ['connack 5', 'closed'], 'holds'],
    ['a refusal without', ['connack 5|closed', 'closed'], ['closed'], 'holds'],
    ['a refusal that stays open', ['connack 5|closed', 'closed'], ['connack 5'], 'broken'],
    ['an acceptance', ['connack 5|closed', 'closed'], ['connack 0'], 'broken'],
    ['a connection that ended too early', ['connack 0', 'closed'], ['closed'], 'broken'],
    ['nothing', ['closed'], [], 'broken'],
  ])('judge %s', (_name, expected, came, is) => {
    expect(verdict([expected], [came])).toBe(is);
  });

  it('want every dialogue to be right, and where it matters alike', () => {
    const either = ['connack 4|connack 5'];
    expect(verdict([either, either], [['connack 4'], ['connack 0']])).toBe('broken');
    expect(verdict([either, either], [['connack 4'], ['connack 5']])).toBe('holds');
    expect(verdict([either, either], [['connack 4'], ['connack 5']], true)).toBe('broken');
    expect(verdict([either, either], [['connack 4'], ['connack 4']], true)).toBe('holds');
  });

  it('have names of their own and something to expect', () => {
    expect(new Set(PROBES.map(({ id }) => id)).size).toBe(PROBES.length);
    expect(PROBES.flatMap(({ dialogues }) => dialogues).filter(({ expect }) => expect.length === 0)).toEqual(
      [],
    );
  });
});
