import { COUNTED_ITEMS, gb3838Item } from './gb3838.ts';
import { itemClass } from './item-class.ts';
import type { ClassedItem, ItemSetting, UnclassedReason } from './item-class.ts';
import { exceedingItems } from './exceeding-items.ts';
import type { ExceedingItem } from './exceeding-items.ts';
import { worstClass } from './quality-class.ts';
import type { QualityClass, TargetClass, WaterBody } from './quality-class.ts';

/** Values of a section by observed property, each in the unit of its item; null or absent is missing. */
export type SectionValues = Readonly<Partial<Record<string, number | null>>>;

/** What a section is, and what it is held to. The water body is never guessed: phosphorus has two sets of limits. */
export interface SectionSetting {
  readonly waterBody: WaterBody;
  readonly targetClass?: TargetClass;
}

/** An item that took part, with its value, its class and the limit that gave it. */
export interface AssessedItem extends ClassedItem {
  readonly property: string;
}

/** An item that counts but has no class, so that it may hide any. */
interface UnassessedItem {
  readonly property: string;
  readonly reason: UnclassedReason;
}

/** A value that is given but takes no part in the class of the section; a class of its own where it has one. */
interface UncountedItem {
  readonly property: string;
  readonly finding: QualityClass | UnclassedReason;
}

/**
 * Whether a section reaches its target. `met` needs all 21 items; with fewer the answer is `met_by_assessed_items`. One
 * item worse than the target is enough for `not_met`. Without a target there is a finding too, and it is not "met".
 */
export type TargetFinding =
  | { readonly kind: 'no_target' }
  | { readonly kind: 'unassessed' | 'met' | 'met_by_assessed_items'; readonly target: TargetClass }
  | { readonly kind: 'not_met'; readonly target: TargetClass; readonly items: readonly string[] };

/** The class of a section and everything it rests on. */
export interface SectionAssessment {
  readonly waterBody: WaterBody;
  /** The worst class among the assessed items; undefined where there is none. */
  readonly class: QualityClass | undefined;
  /** Items that have that worst class. */
  readonly decisive: readonly string[];
  readonly assessed: readonly AssessedItem[];
  readonly unassessed: readonly UnassessedItem[];
  readonly uncounted: readonly UncountedItem[];
  /** Items worse than class III, the main pollutants first. */
  readonly exceeding: readonly ExceedingItem[];
  readonly target: TargetFinding;
}

/**
 * Single-factor assessment of a section (单因子评价, 环办〔2011〕22号): the worst class among the items that count. An
 * item without a usable value never counts as good; it stands in `unassessed`. Where the water temperature is among the
 * values, dissolved oxygen may reach class I by saturation.
 */
export function sectionAssessment(values: SectionValues, setting: SectionSetting): SectionAssessment {
  const water = itemSetting(values, setting.waterBody);
  const assessed: AssessedItem[] = [];
  const unassessed: UnassessedItem[] = [];
  for (const { property } of COUNTED_ITEMS) {
    const result = itemClass(property, values[property], water);
    if (result.kind === 'unclassed') unassessed.push({ property, reason: result.reason });
    else assessed.push({ ...result, property });
  }
  const worst = worstClass(assessed.map(item => item.class));
  return {
    waterBody: setting.waterBody,
    class: worst,
    decisive: assessed.filter(item => item.class === worst).map(({ property }) => property),
    assessed,
    unassessed,
    uncounted: uncountedItems(values, water),
    exceeding: exceedingItems(assessed, setting.waterBody),
    target: targetFinding(setting.targetClass, { assessed, isWhole: unassessed.length === 0 }),
  };
}

function itemSetting(values: SectionValues, waterBody: WaterBody): ItemSetting {
  const temperatureC = values['water_temperature'];
  return typeof temperatureC === 'number' ? { waterBody, temperatureC } : { waterBody };
}

function uncountedItems(values: SectionValues, water: ItemSetting): readonly UncountedItem[] {
  return Object.keys(values)
    .filter(property => gb3838Item(property)?.counts !== true)
    .map(property => {
      const result = itemClass(property, values[property], water);
      return { property, finding: result.kind === 'classed' ? result.class : result.reason };
    });
}

function targetFinding(
  target: TargetClass | undefined,
  { assessed, isWhole }: { readonly assessed: readonly AssessedItem[]; readonly isWhole: boolean },
): TargetFinding {
  if (target === undefined) return { kind: 'no_target' };
  const worse = assessed.filter(item => item.class > target).map(({ property }) => property);
  if (worse.length > 0) return { kind: 'not_met', target, items: worse };
  if (assessed.length === 0) return { kind: 'unassessed', target };
  return { kind: isWhole ? 'met' : 'met_by_assessed_items', target };
}
