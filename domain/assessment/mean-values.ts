import { decimalMean } from './decimal.ts';
import { GB3838_ITEMS } from './gb3838.ts';
import { itemClass } from './item-class.ts';
import type { WaterBody } from './quality-class.ts';
import type { SectionValues } from './section-assessment.ts';

/** The average of one item over sections, and over how many of them. */
export interface ItemMean {
  readonly property: string;
  readonly mean: number;
  readonly sections: number;
}

/**
 * Averages each item over the sections that have a usable value of it; what `itemClass` calls missing, no number or
 * impossible takes no part. pH is averaged as hydrogen-ion concentration, everything else arithmetically. Classes are
 * never averaged.
 */
export function meanValues(sections: readonly SectionValues[], waterBody: WaterBody): readonly ItemMean[] {
  return GB3838_ITEMS.flatMap(({ property }) => {
    // In order of size, so that a sum does not depend on the order of the sections.
    const usable = sections
      .flatMap(values => {
        const value = values[property];
        return typeof value === 'number' && isUsable(property, value, waterBody) ? [value] : [];
      })
      .toSorted((a, b) => a - b);
    if (usable.length === 0) return [];
    return [
      { property, mean: property === 'ph' ? meanPh(usable) : decimalMean(usable), sections: usable.length },
    ];
  });
}

function isUsable(property: string, value: number, waterBody: WaterBody): boolean {
  const result = itemClass(property, value, { waterBody });
  return result.kind === 'classed' || result.reason === 'limits_a_change';
}

function meanPh(values: readonly number[]): number {
  return -Math.log10(values.reduce((sum, value) => sum + 10 ** -value, 0) / values.length);
}
