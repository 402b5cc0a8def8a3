import { describe, expect, it } from 'vitest';

import { parseRuleSet } from './schema.ts';

const ruleSet = (rule: object, seasons?: unknown) => ({
  version: 1,
  validFrom: 0,
  ...(seasons === undefined ? {} : { seasons }),
  rules: [
    {
      id: 'river',
      kind: 'threshold_ladder',
      name: 'r',
      nameEn: 'r',
      source: 'proposal',
      subjects: { property: 'water_level' },
      params: { deadband: 0.1, steps: [{ severity: 'blue', threshold: ['warning'] }] },
      timing: { readings: 2, offDelay: '30m' },
      ...rule,
    },
  ],
});

const problems = (rule: object, seasons?: unknown) => {
  const outcome = parseRuleSet(ruleSet(rule, seasons));
  return outcome.ok ? [] : outcome.problems;
};

const FLOOD = { flood: { from: '04-15', to: '10-15' } };

describe('the modes of a rule', () => {
  it('change what they name, and nothing else', () => {
    const outcome = parseRuleSet(
      ruleSet(
        {
          modes: [
            { season: 'flood', signal: 'yellow', timing: { offDelay: '10m' }, params: { deadband: 0.2 } },
          ],
        },
        FLOOD,
      ),
    );
    expect(outcome.ok && outcome.ruleSet.rules[0]?.modes).toMatchObject([
      {
        when: { season: FLOOD.flood, signal: 'yellow' },
        timing: { readings: 2, offDelay: 600_000 },
        params: { deadband: 0.2, steps: [{ severity: 'blue' }] },
      },
    ]);
  });

  it.each([
    [{}, 'rules[0].modes[0] needs a season, a signal or both'],
    [{ season: 'dry' }, 'rules[0].modes[0].season "dry" is no season of the rule set'],
    [{ season: 'flood', limits: 1 }, 'rules[0].modes[0].limits is not known'],
    [{ season: 'flood', timing: { liveWindow: '1h' } }, 'rules[0].modes[0].timing.liveWindow is not known'],
    [
      { season: 'flood', params: { direction: 'falling' } },
      'rules[0].modes[0].params.direction is not what a mode of threshold_ladder may change',
    ],
    [
      { season: 'flood', params: { steps: [{ severity: 'blue' }] } },
      'rules[0].modes[0].params.steps[0].threshold is missing',
    ],
  ])('are refused where they are wrong: %j', (mode, problem) => {
    expect(problems({ modes: [mode] }, FLOOD)).toEqual([problem]);
  });

  it('need seasons that are days of the year', () => {
    expect(problems({}, { flood: { from: '02-30', to: '10-15' } })).toEqual([
      'seasons.flood.from must be a day of the year such as "04-15"',
    ]);
  });
});
