import { z } from 'zod';
import { EPISODE_STATUSES } from '../../domain/ports/episode-store.ts';
import { WARNING_SEVERITIES } from '../../domain/model/warning-severity.ts';
import { RULE_KINDS } from '../../rules/rule-kinds.ts';
import type { RuleKindName } from '../../rules/rule-kinds.ts';
import { ALARM_STATES } from './alarm-axis.ts';
import { DATA_STATES } from './data-axis.ts';
import { count, instant, listOf } from './list-schema.ts';

export const severity = z.enum(WARNING_SEVERITIES).describe('From the mildest: blue IV to red I.');

/** Both axes of a point or a station. */
export const axes = z.strictObject({
  alarm: z
    .enum(ALARM_STATES)
    .describe(
      '`unknown`: no rule judges it, which is not "normal". `normal`: judged, and no warning in force.',
    ),
  severity: severity.nullable().describe('The highest of its warnings in force; null where there is none.'),
  data: z.enum(DATA_STATES).describe('How well it is seen.'),
});

const subject = z.string().describe('The datastream that is judged: `station/property[.instance]`.');

const step = z.strictObject({
  severity,
  t: instant.describe('First reading of the run that held; for `blind` the last reading before the silence.'),
  decidedT: instant.describe('The reading, or the decision on a silence, by which it had held long enough.'),
  cause: z.enum(['held', 'blind']).describe('`blind`: the point fell silent on its way to the limit.'),
  value: z.number().describe('What was compared at `decidedT`, in the unit of the rule.'),
  limit: z.number(),
  limitName: z.string(),
  toVerify: z.boolean().describe('No good reading has met the limit yet.'),
  heldMs: z.number().describe('Time between readings in a row that both met the limit.'),
});

export const gaps = z
  .strictObject({ count, totalMs: z.number(), lastFrom: instant, lastTo: instant })
  .nullable()
  .describe('Where data were missing while it lasted; null: nowhere.');

export const ending = z
  .enum(['returned', 'basis_changed'])
  .nullable()
  .describe('`returned` by a reading; `basis_changed`: a new rule set or registry no longer supports it.');

export const alarm = z
  .strictObject({
    id: z.string().describe('Stays the same whatever late readings change.'),
    rule: z.string(),
    ruleName: z.string().nullable().describe('Null where the rule watches no more.'),
    ruleNameEn: z.string().nullable(),
    subject,
    station: z.string(),
    basin: z.string().nullable().describe('Of the station, as registered now.'),
    begin: instant,
    end: instant.nullable().describe('First reading that shows it over; null while open.'),
    ending,
    severity: severity.describe('The highest step reached.'),
    currentSeverity: severity.describe('What the latest reading supports.'),
    peak: z
      .strictObject({ value: z.number(), t: instant })
      .describe('The most extreme value, in the unit of what the rule compares.'),
    steps: z.array(step).describe('The mildest first.'),
    gaps,
    toVerify: z.boolean().describe('A step of it rests on suspect readings or on a silence.'),
    retroactive: z.boolean().describe('Known from late readings only: never told live.'),
    told: severity.nullable().describe('The highest severity that was told live; null: none.'),
    state: z
      .enum(EPISODE_STATUSES)
      .describe('`withdrawn`: late readings show that it never was; `merged`: it is part of `into`.'),
    inForce: z
      .boolean()
      .describe(
        'Still a warning for people: it lasts, or it was told live and no live reading has shown it over.',
      ),
    into: z.string().nullable(),
    firstKnownAt: instant.describe('When we first knew of it, by the clock of the server.'),
    changedAt: instant.describe('When what we know of it last changed.'),
    basis: z
      .strictObject({ ruleSet: z.int(), registry: z.int() })
      .describe('The versions it was raised under.'),
  })
  .meta({ id: 'Alarm', description: 'A warning as the rules raised it.' });
export type AlarmView = z.output<typeof alarm>;

const listedAlarm = alarm
  .extend({
    later: alarm
      .nullable()
      .describe('With `knownAt`: what is known now, where it differs. Null else, and without `knownAt`.'),
  })
  .meta({ id: 'ListedAlarm' });
export type ListedAlarmView = z.output<typeof listedAlarm>;

export const alarmsResponse = listOf(listedAlarm);

export const change = z.strictObject({
  kind: z.enum(['raised', 'split', 'amended', 'merged', 'withdrawn', 'ended']),
  knownAt: instant.describe('By the clock of the server.'),
  live: z.boolean().describe('Caused by a reading that was fresh when it came; else it was never a siren.'),
  liveSteps: z.array(severity).describe('Severities that were told for the first time.'),
  severity: severity.describe('The highest step after it.'),
  fields: z.array(z.string()).describe('What an amendment touched; empty else.'),
});
export type AlarmChangeView = z.output<typeof change>;

export const alarmResponse = alarm
  .extend({ changes: z.array(change).describe('Everything that was told of it, in order.') })
  .meta({ id: 'AlarmDetail' });

const rule = z
  .strictObject({
    id: z.string(),
    kind: z.enum(Object.keys(RULE_KINDS) as [RuleKindName, ...RuleKindName[]]),
    name: z.string(),
    nameEn: z.string(),
    source: z
      .enum(['verified', 'secondary', 'memory', 'proposal'])
      .describe('How well its numbers are founded: read in the standard, read about, from memory, our own.'),
    reference: z.string().nullable().describe('Where the numbers come from, in words.'),
    gaps: count.describe('What it lacks to judge more; the list is `/api/v1/rules/gaps`.'),
  })
  .meta({ id: 'Rule', description: 'A rule that watches.' });
export type RuleView = z.output<typeof rule>;

export const rulesResponse = listOf(rule).extend({
  judged: count.describe('Points that at least one rule judges.'),
  points: count.describe('Registered points; nothing is known of those that are not judged.'),
  gaps: count.describe('Of all rules together.'),
});

/** What a rule lacks to judge a point, without the point. */
export const gap = z.strictObject({
  rule: z.string(),
  missing: z.enum(['threshold', 'datum', 'input', 'subject']),
  detail: z.string().describe('What exactly, for people.'),
});

const ruleGap = gap
  .extend({
    subject: subject.nullable().describe('Null where the rule finds nothing at all to judge.'),
    station: z.string().nullable(),
  })
  .meta({ id: 'RuleGap', description: 'What a rule lacks to judge a point: never to be taken for safe.' });
export type RuleGapView = z.output<typeof ruleGap>;

export const ruleGapsResponse = listOf(ruleGap);

const basin = z
  .strictObject({
    basin: z.string().nullable().describe('Null: the stations that belong to none.'),
    name: z.string().nullable(),
    nameEn: z.string().nullable(),
    stations: count,
    points: count.describe('Datastreams of the stations: good + suspect + blind.'),
    good: count,
    suspect: count,
    blind: count.describe('Points of which nothing is seen now; blind / points is the blind share.'),
    judged: count.describe('Points that a rule judges; of the others no warning can come.'),
    warnings: count.describe('Warnings in force.'),
    severity: severity.nullable().describe('The highest of them.'),
  })
  .meta({ id: 'Basin' });
export type BasinView = z.output<typeof basin>;

export const basinsResponse = listOf(basin);
