import { z } from 'zod';
import { QUALITY_TESTS } from '../../domain/quality/quality-finding.ts';
import { deviceFlag, flag, instant, value } from './list-schema.ts';

const qualityTest = z
  .strictObject({
    test: z.enum(QUALITY_TESTS),
    flag,
    detail: z
      .record(z.string(), z.union([z.number(), z.string(), z.tuple([z.number(), z.number()])]))
      .describe(
        'What the test measured and the parameters it held that against; times and spans in milliseconds.',
      ),
  })
  .meta({ id: 'QualityTest', description: 'What one test says of a reading.' });

export const qualityResponse = z
  .strictObject({
    subject: z.string().describe('`station/property[.instance]`.'),
    t: instant,
    v: value,
    deviceFlag,
    flag,
    received: instant,
    tests: z
      .array(qualityTest)
      .describe('Every test that has parameters for the datastream; the worst decides.'),
  })
  .meta({ id: 'QualityReasons' });
