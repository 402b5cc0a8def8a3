import { z } from 'zod';
import { change, ending, gaps, severity } from './alarm-schemas.ts';
import { instant } from './list-schema.ts';

const durationMs = z.number();
const position = z.int().describe('Where the journal keeps the raw message.');
const input = z.string().describe('`station/property[.instance]`.');

const silence = z.strictObject({
  kind: z.literal('silence'),
  input,
  t: instant.describe('When it was decided.'),
  since: instant.describe('Of the last reading then known.'),
  silentMs: durationMs,
  ownOutageMs: durationMs.describe('How long we ourselves did not listen; it does not count.'),
  isRefuted: z.boolean().describe('Values from after `since` have come in.'),
});

const decidingReading = z.strictObject({
  kind: z.literal('reading'),
  input,
  t: instant,
  v: z.number().nullable(),
  position,
  received: instant,
  delayMs: durationMs,
  liveWindowMs: durationMs.describe('Live up to and including this delay, else retroactive.'),
  live: z.boolean(),
  clockCorrectionMs: durationMs
    .nullable()
    .describe(
      'Our own clock was wrong when it came: true time minus `received`. Null where the clock was believed.',
    ),
});

export const inputValue = z
  .strictObject({
    input,
    unit: z.string(),
    datum: z.string().nullable(),
    t: instant.nullable(),
    v: z.number().nullable(),
    quality: z.int().nullable().describe('QARTOD flag.'),
    deviceFlag: z.string().nullable().describe("The device's own flag."),
    received: instant.nullable(),
    position: position.nullable(),
    ageMs: durationMs.nullable(),
    isFresh: z.boolean().describe('Younger than the longest gap of the datastream: it still stood.'),
    withheld: z.int().describe('Readings after it that rules do not see: FAIL and MISSING.'),
  })
  .describe('The last usable value of an input; null where it had none.');

export const clause = z.strictObject({
  severity: severity.optional(),
  name: z.string(),
  state: z.enum(['true', 'false', 'unknown']),
  value: z.number().optional().describe('What was compared; of a hold the time it has lasted, milliseconds.'),
  limit: z.number(),
  distance: z.number().optional().describe('To the limit; zero or less beyond it.'),
  etaMs: z
    .number()
    .nullable()
    .optional()
    .describe(
      'Of a limit that was not met: how long until it is, by the line through the last half hour; null where the value ' +
        'did not come nearer, or too little was known.',
    ),
  deciding: z
    .array(
      z.strictObject({
        input,
        value: z.number(),
        class: z.int().describe('1 to 5; 6 is worse than V (劣V).'),
      }),
    )
    .readonly()
    .optional()
    .describe('The items of water quality that decided the class (定类项目).'),
});

const threshold = z.strictObject({
  severity,
  name: z.string(),
  relation: z.enum(['>=', '>', '<=', '<']),
  value: z.number(),
  clear: z.number().describe('Where it lets go.'),
  unit: z.string().nullable().describe('Null where something derived is compared, such as a rise.'),
  datum: z.string().nullable(),
});

export const thresholds = z.array(threshold).describe('The limits in force then.');

const toVerify = z.enum(['suspectOnly', 'blind']);

const stepReasons = z.strictObject({
  severity,
  cause: z.enum(['held', 'blind']),
  t: instant,
  decidedT: instant,
  heldMs: durationMs,
  value: z.number(),
  limit: z.number(),
  limitName: z.string(),
  decidedBy: z
    .discriminatedUnion('kind', [decidingReading, silence])
    .nullable()
    .describe('Null where what is stored now no longer leads to the step.'),
  toldAt: instant.nullable().describe('When it was first told live; null where it was not.'),
  clauses: z.array(clause).describe('How everything stood at `decidedT`.'),
  inputs: z.array(inputValue),
  thresholds,
  toVerify: toVerify.nullable(),
});

/** Why there is, or was, an alarm. */
export const alarmReasonsResponse = z
  .strictObject({
    id: z.string(),
    rule: z.string(),
    kind: z.string().nullable().describe('Of the rule; null where it is no longer known.'),
    subject: input,
    ruleSet: z.int(),
    registry: z.int(),
    begin: instant,
    end: instant.nullable(),
    ending,
    steps: z.array(stepReasons).describe('The mildest first.'),
    toVerify: z.array(toVerify).describe('Of the steps that nobody has confirmed.'),
    gaps,
    decisions: z
      .array(
        z.discriminatedUnion('kind', [
          silence,
          z.strictObject({ kind: z.literal('outage'), t: instant, from: instant }),
          z.strictObject({
            kind: z.literal('signal'),
            zone: z.string(),
            t: instant,
            severity: severity.nullable().describe('Null: lifted.'),
          }),
        ]),
      )
      .describe('What took part beside readings: silences, our own outages, official signals.'),
    changes: z.array(change),
  })
  .meta({ id: 'AlarmReasons' });
