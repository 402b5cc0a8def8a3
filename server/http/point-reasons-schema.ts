import { z } from 'zod';
import { clause, inputValue, thresholds } from './alarm-reasons-schema.ts';
import { gap, severity } from './alarm-schemas.ts';
import { count, instant, listOf } from './list-schema.ts';

const ruleAtPoint = z
  .strictObject({
    rule: z.string(),
    kind: z.string().nullable().describe('Of the rule; null where it did not judge.'),
    basis: z
      .strictObject({ ruleSet: z.int(), registry: z.int() })
      .nullable()
      .describe('The versions in force then; null where there was no rule set yet.'),
    state: z
      .enum(['warning', 'noWarning', 'unknown', 'notJudged'])
      .describe(
        '`unknown`: the point was blind, which is never `noWarning`. `notJudged`: the rule did not hold for it, or ' +
          'lacks something: see `gaps`.',
      ),
    data: z
      .enum(['good', 'suspect', 'blind'])
      .nullable()
      .describe('`blind`: nothing known was young enough. Null where the rule did not judge.'),
    knownAt: instant.nullable().describe('When the condition was last known.'),
    whyNot: clause
      .nullable()
      .describe('The first clause that was not true; null in a warning, and where nothing was known.'),
    clauses: z.array(clause).describe('How everything stood.'),
    inputs: z.array(inputValue),
    thresholds,
    open: z
      .strictObject({
        alarm: z.string().nullable().describe('Id of the alarm; null where it was never told of.'),
        begin: instant,
        severity,
        currentSeverity: severity,
        toVerify: z.boolean(),
      })
      .nullable()
      .describe('The warning that was open.'),
  })
  .meta({ id: 'RuleAtPoint', description: 'How one rule stood at a point.' });
export type RuleAtPointView = z.output<typeof ruleAtPoint>;

/** Why there is no warning at a point, or which there are. */
export const pointReasonsResponse = z
  .strictObject({
    subject: z.string().describe('`station/property[.instance]`.'),
    at: instant,
    outage: z
      .strictObject({ from: instant, t: instant.describe('Its end.') })
      .nullable()
      .describe(
        'Our own outage that `at` lies in: nobody could have been warned then. Null where there was none.',
      ),
    rules: z.array(ruleAtPoint).describe('By id; empty where no rule ever judged the point.'),
    gaps: z.array(gap).describe('What the rules of now lack to judge it.'),
  })
  .meta({ id: 'PointReasons' });

const ruleDay = z
  .strictObject({
    rule: z.string(),
    subject: z.string().describe('`station/property[.instance]`.'),
    minutes: z
      .strictObject({
        evaluated: count.describe('Every input had a usable value throughout, and it came in time.'),
        filledLater: count.describe('The same, but only by readings that came too late to be live.'),
        blind: count.describe('Some input had no usable value for a part of the minute.'),
        notEvaluatedByUs: count.describe('We ourselves were away for a part of the minute.'),
        notJudged: count.describe('The rule did not hold for the point, or lacked something.'),
        ahead: count.describe('Not gone by yet.'),
      })
      .describe('Together 1,440.'),
  })
  .meta({ id: 'RuleDay', description: 'How a rule watched a point for a local day.' });

export const watchedDayResponse = listOf(ruleDay).extend({
  day: instant.describe('First instant of the day, 00:00 +08:00.'),
});
