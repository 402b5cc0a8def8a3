import { classIIILimit } from './class-iii-limit.ts';
import { CLASS_III } from './quality-class.ts';
import type { QualityClass, WaterBody } from './quality-class.ts';

/** An item worse than class III. */
export interface ExceedingItem {
  readonly property: string;
  readonly value: number;
  readonly class: QualityClass;
  /** 超标倍数, (C − C_III) / C_III; dissolved oxygen and pH have none. */
  readonly multiple?: number;
}

/**
 * The items worse than class III as a report names them: worst class first, and in one class the largest multiple first.
 * Items without a multiple follow those of their class in the order they came in, on which the rule is silent. A report
 * prints the first three.
 */
export function exceedingItems(
  assessed: readonly { readonly property: string; readonly value: number; readonly class: QualityClass }[],
  waterBody: WaterBody,
): readonly ExceedingItem[] {
  return assessed
    .filter(item => item.class > CLASS_III)
    .map((item): ExceedingItem => {
      const { property, value } = item;
      const limit = classIIILimit(property, waterBody);
      const entry = { property, value, class: item.class };
      return limit === undefined ? entry : { ...entry, multiple: (value - limit) / limit };
    })
    .sort((a, b) => b.class - a.class || (b.multiple ?? 0) - (a.multiple ?? 0));
}
