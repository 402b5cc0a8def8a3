import { z } from 'zod';
import { DEVICE_FLAGS } from '../../domain/model/observation.ts';

export const instant = z.int().describe('Epoch ms.');
export const count = z.int().min(0);
export const flag = z.int().describe('QARTOD quality flag: 1 good, 2 unknown, 3 suspect, 4 fail, 9 missing.');
export const deviceFlag = z.enum(DEVICE_FLAGS).describe("The device's own flag.");
export const value = z
  .number()
  .nullable()
  .describe('In the unit of the datastream; null is a missing value.');

/** A list as every route answers it. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe('Pass it as `cursor` to go on; null at the end.'),
  });
}
