import { gb3838Item } from './gb3838.ts';
import type { WaterBody } from './quality-class.ts';

const III = 2;

/** The class III limit of an item for which smaller is better; undefined for every other property. */
export function classIIILimit(property: string, waterBody: WaterBody): number | undefined {
  const rule = gb3838Item(property)?.rule;
  return rule?.kind === 'at_most' ? rule.limits[waterBody]?.[III] : undefined;
}
