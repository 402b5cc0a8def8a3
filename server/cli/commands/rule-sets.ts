import { resolve } from 'node:path';
import { readRuleSetFile } from '../../rules/rule-files.ts';
import type { Command } from '../command.ts';
import { administerRules } from '../rule-administration.ts';
import { LOCAL_TIME_TITLE, localTime, textTable } from '../text-table.ts';

/** Lists the rule sets that were ever in force. */
export const rulesList: Command = {
  name: 'rules list',
  summary: 'List the rule sets that are or were in force, the newest first.',
  run: async call => {
    const ruleSets = (await administerRules(call, rules => rules.ruleSets())).toReversed();
    return {
      data: {
        ruleSets: ruleSets.map((ruleSet, index) => ({ ...ruleSet, isInForce: index === 0 })),
      },
      lines:
        ruleSets.length === 0
          ? ['No rule set is in force.']
          : textTable(
              ['version', 'in force from', 'until', LOCAL_TIME_TITLE, 'by', 'note'],
              ruleSets.map(({ version, activeFrom, activatedAt, principal, note }, index) => {
                const next = ruleSets[index - 1];
                const until = next === undefined ? 'in force' : localTime(next.activeFrom);
                return [version, localTime(activeFrom), until, localTime(activatedAt), principal, note ?? ''];
              }),
            ),
    };
  },
};

/** Prints a rule set as it was activated. */
export const rulesShow: Command = {
  name: 'rules show',
  summary: 'Print the rule set in force, or an earlier one, as it was activated.',
  arguments: [
    {
      name: 'version',
      description: 'Number of a version, as `rules list` shows it.',
      pattern: /^[1-9]\d{0,14}$/,
      mayBeAbsent: true,
    },
  ],
  run: async call => {
    const [version] = call.arguments;
    const ruleSet = await administerRules(call, rules =>
      rules.ruleSet(version === undefined ? undefined : Number(version)),
    );
    return { data: ruleSet, lines: ruleSet.text.replace(/\n$/, '').split('\n') };
  },
};

/** Puts a rule set in force. */
export const rulesActivate: Command = {
  name: 'rules activate',
  summary: 'Put a rule set in force from now on, whole or not at all.',
  details: [
    'Its `version` must be higher than all that were in force. What was judged before stays as it was judged.',
    'It is refused where it would have raised more alarms in the last days than the budget (WW_RULES_ALARM_BUDGET), and',
    'more than the one in force. See docs/how-to/change-rules.md.',
  ],
  arguments: [{ name: 'file', description: 'The rule set.' }],
  options: {
    note: { value: 'text', description: 'Why, for those who read the list later.' },
    force: { description: 'Whatever it would have raised; at once.' },
  },
  run: async call => {
    const name = call.arguments[0] ?? '';
    const file = readRuleSetFile({ path: resolve(call.host.workingFolder, name), name });
    const activated = await administerRules(call, rules =>
      rules.activate({ ...file, note: call.text('note'), force: call.isSet('force') }),
    );
    return {
      data: { ruleSet: activated ?? null },
      lines: [
        activated === undefined
          ? 'It is in force already; nothing was activated.'
          : `Rule set ${activated.version} is in force from ${localTime(activated.activeFrom)} (+08:00).`,
      ],
    };
  },
};
