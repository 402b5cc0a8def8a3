import { z } from 'zod';
import { severity } from './alarm-schemas.ts';
import { instant, listOf } from './list-schema.ts';

const zone = z.string().describe('Id of a basin, or `*` for the whole district.');

export const signalResponse = z.strictObject({
  zone,
  severity: severity.nullable().describe('Null: lifted.'),
  t: instant,
});

export const signalsResponse = listOf(
  z.strictObject({ zone, severity, t: instant }).meta({
    id: 'RainstormSignal',
    description: 'It stands since `t`, and until a day after it unless it is repeated or lifted.',
  }),
);
