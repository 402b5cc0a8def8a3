import type { SourceMark } from '../model/source-mark.ts';
import { singleIndex } from './indices.ts';
import type { SectionValues } from './section-assessment.ts';

const SHENZHEN_ITEMS = ['ammonia_nitrogen', 'total_phosphorus', 'chemical_oxygen_demand'] as const;

/** Shenzhen's composite pollution index of a river, or which of its three items are missing. */
export type ShenzhenIndex =
  | {
      readonly kind: 'index';
      /** Mean of the three ratios. The pages of the city do not settle mean or sum, hence both. */
      readonly mean: number;
      readonly sum: number;
      readonly ratios: Readonly<Record<(typeof SHENZHEN_ITEMS)[number], number>>;
      readonly source: SourceMark;
    }
  | { readonly kind: 'incomplete'; readonly missing: readonly string[] };

/** 综合污染指数 of Shenzhen's monthly reports: ammonia nitrogen, total phosphorus and COD over their class III limits. */
export function shenzhenIndex(values: SectionValues): ShenzhenIndex {
  const ratios = SHENZHEN_ITEMS.map(property => singleIndex(property, values[property], 'river'));
  const [ammonia, phosphorus, demand] = ratios;
  if (typeof ammonia !== 'object' || typeof phosphorus !== 'object' || typeof demand !== 'object') {
    return {
      kind: 'incomplete',
      missing: SHENZHEN_ITEMS.filter((_, at) => typeof ratios[at] !== 'object'),
    };
  }
  const sum = ammonia.index + phosphorus.index + demand.index;
  return {
    kind: 'index',
    mean: sum / SHENZHEN_ITEMS.length,
    sum,
    ratios: {
      ammonia_nitrogen: ammonia.index,
      total_phosphorus: phosphorus.index,
      chemical_oxygen_demand: demand.index,
    },
    source: 'memory',
  };
}
