import { z } from 'zod';

export const instant = z.int().describe('Epoch ms.');
export const count = z.int().min(0);

/** A list as every route answers it. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe('Pass it as `cursor` to go on; null at the end.'),
  });
}
