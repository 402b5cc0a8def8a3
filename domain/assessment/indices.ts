import type { SourceMark } from '../model/source-mark.ts';
import { classIIILimit } from './class-iii-limit.ts';
import { COUNTED_ITEMS, gb3838Item } from './gb3838.ts';
import { itemClass } from './item-class.ts';
import type { UnclassedReason } from './item-class.ts';
import type { WaterBody } from './quality-class.ts';
import type { SectionValues } from './section-assessment.ts';

const NEUTRAL_PH = 7;

/** Oxygen below this counts as this, mg/L: the index divides by it. A proposal; no source gives a number. */
const LEAST_OXYGEN_MG_PER_L = 0.2;

/** One item's share of the index sum: 1 at the class III limit, larger is worse. */
interface SingleIndex {
  readonly property: string;
  readonly index: number;
  /** The oxygen was raised to 0.2 mg/L so that the index stays finite. */
  readonly isClamped: boolean;
}

/** Why an item has no index: the reason its value has no class, or it is none of the 21. */
type IndexGap = UnclassedReason | 'not_counted';

/**
 * The single index of an item that counts, after the technical rule for ranking cities by surface water (2017): C/C_III,
 * 5/C for dissolved oxygen, and the distance from 7 to the edge for pH. A reason where there is none.
 */
export function singleIndex(
  property: string,
  given: number | null | undefined,
  waterBody: WaterBody,
): SingleIndex | IndexGap {
  const item = gb3838Item(property);
  if (item?.counts !== true) return 'not_counted';
  const result = itemClass(property, given, { waterBody });
  if (result.kind === 'unclassed') return result.reason;
  const { value } = result;
  switch (item.rule.kind) {
    case 'within': {
      const [min, max] = item.rule.limits;
      const edge = value > NEUTRAL_PH ? max : min;
      return {
        property,
        index: Math.abs(value - NEUTRAL_PH) / Math.abs(edge - NEUTRAL_PH),
        isClamped: false,
      };
    }
    case 'at_least': {
      const [, , classIII] = item.rule.limits;
      const isClamped = value < LEAST_OXYGEN_MG_PER_L;
      return { property, index: classIII / Math.max(value, LEAST_OXYGEN_MG_PER_L), isClamped };
    }
    case 'at_most': {
      const limit = classIIILimit(property, waterBody);
      return limit === undefined
        ? 'no_limits_for_water_body'
        : { property, index: value / limit, isClamped: false };
    }
    case 'change':
      return 'limits_a_change';
  }
}

/** A sum of single indices under its right name: CWQI is the sum over all 21 items and nothing less. */
export interface IndexSum {
  readonly kind: 'cwqi' | 'online_sum';
  readonly nameZh: string;
  readonly nameEn: string;
  /** Undefined where no item has an index. */
  readonly sum: number | undefined;
  readonly items: readonly SingleIndex[];
  /** Items that count but are not in the sum. */
  readonly left: readonly { readonly property: string; readonly reason: IndexGap }[];
  readonly source: SourceMark;
}

/** Adds the single indices of a section. An online station measures 5 to 9 items, whose sum must not pass for CWQI. */
export function indexSum(values: SectionValues, waterBody: WaterBody): IndexSum {
  const items: SingleIndex[] = [];
  const left: { property: string; reason: IndexGap }[] = [];
  for (const { property } of COUNTED_ITEMS) {
    const result = singleIndex(property, values[property], waterBody);
    if (typeof result === 'string') left.push({ property, reason: result });
    else items.push(result);
  }
  const n = items.length;
  const sum = n === 0 ? undefined : items.reduce((total, { index }) => total + index, 0);
  const rest = { sum, items, left };
  return left.length === 0
    ? { kind: 'cwqi', nameZh: '城市水质指数（CWQI）', nameEn: 'CWQI', source: 'secondary', ...rest }
    : {
        kind: 'online_sum',
        nameZh: `在线单项指数和（${n}项）`,
        nameEn: `online single-index sum (${n} items)`,
        source: 'proposal',
        ...rest,
      };
}

/**
 * 改善幅度: by how much an index fell from the base, percent of the base. Positive is better; the rule's own ΔCWQI has
 * the other sign. Undefined where the base is not positive.
 */
export function improvementPercent(base: number, now: number): number | undefined {
  return base > 0 ? ((base - now) / base) * 100 : undefined;
}

/** The improvement between two sums, which must be of the same items: fewer items make a smaller sum. */
export function sumImprovement(base: IndexSum, now: IndexSum): number | undefined {
  const names = ({ items }: IndexSum): string => items.map(({ property }) => property).join();
  if (base.sum === undefined || now.sum === undefined || names(base) !== names(now)) return undefined;
  return improvementPercent(base.sum, now.sum);
}
