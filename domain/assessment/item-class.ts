import type { SourceMark } from '../model/source-mark.ts';
import { gb3838Item } from './gb3838.ts';
import type { ClassLimits, Gb3838Item } from './gb3838.ts';
import { oxygenClassILimit, SATURATION_SOURCE } from './oxygen-saturation.ts';
import { QUALITY_CLASSES, WORSE_THAN_V } from './quality-class.ts';
import type { QualityClass, WaterBody } from './quality-class.ts';

/**
 * Why a value has no class: there is none (`missing`), it is no number (`not_finite`), water cannot have it
 * (`impossible`: a negative concentration, a pH outside 0 to 14), the standard has no limits for the item (`no_limits`)
 * or none for this water body (`no_limits_for_water_body`), or it limits the change instead of the value
 * (`limits_a_change`). No reason is ever read as good.
 */
export type UnclassedReason =
  'missing' | 'not_finite' | 'impossible' | 'no_limits' | 'no_limits_for_water_body' | 'limits_a_change';

/** The class of one value with the limit it rests on: that of its class, or of class V where it misses that too. */
export interface ClassedItem {
  readonly kind: 'classed';
  readonly value: number;
  readonly class: QualityClass;
  readonly limit: number | readonly [min: number, max: number];
  readonly source: SourceMark;
}

export type ItemClass = ClassedItem | { readonly kind: 'unclassed'; readonly reason: UnclassedReason };

/** Where and in what water a value was taken. */
export interface ItemSetting {
  readonly waterBody: WaterBody;
  /** Water temperature, °C; lets dissolved oxygen reach class I by saturation. */
  readonly temperatureC?: number;
}

const PH_SCALE = [0, 14] as const;

/**
 * The class of one item by GB 3838-2002, table 1. The value is compared as it is, never rounded, in the unit of the
 * item. Where classes share a limit, the better one is given.
 */
export function itemClass(
  property: string,
  value: number | null | undefined,
  setting: ItemSetting,
): ItemClass {
  const item = gb3838Item(property);
  if (item === undefined) return unclassed('no_limits');
  if (value === null || value === undefined) return unclassed('missing');
  if (!Number.isFinite(value)) return unclassed('not_finite');
  return classOf(item, value, setting);
}

function classOf({ rule, source }: Gb3838Item, value: number, setting: ItemSetting): ItemClass {
  switch (rule.kind) {
    case 'change':
      return unclassed('limits_a_change');
    case 'within': {
      if (value < PH_SCALE[0] || value > PH_SCALE[1]) return unclassed('impossible');
      const isWithin = value >= rule.limits[0] && value <= rule.limits[1];
      return { kind: 'classed', value, class: isWithin ? 1 : WORSE_THAN_V, limit: rule.limits, source };
    }
    case 'at_least': {
      if (value < 0) return unclassed('impossible');
      const bySaturation =
        setting.temperatureC === undefined ? undefined : oxygenClassILimit(setting.temperatureC);
      if (bySaturation !== undefined && value < rule.limits[0] && value >= bySaturation) {
        return { kind: 'classed', value, class: 1, limit: bySaturation, source: SATURATION_SOURCE };
      }
      return { kind: 'classed', value, ...firstMet(rule.limits, limit => value >= limit), source };
    }
    case 'at_most': {
      const limits = rule.limits[setting.waterBody];
      if (limits === undefined) return unclassed('no_limits_for_water_body');
      if (value < 0) return unclassed('impossible');
      return { kind: 'classed', value, ...firstMet(limits, limit => value <= limit), source };
    }
  }
}

function firstMet(
  limits: ClassLimits,
  isMet: (limit: number) => boolean,
): Pick<ClassedItem, 'class' | 'limit'> {
  for (const [at, limit] of limits.entries()) {
    if (isMet(limit)) return { class: QUALITY_CLASSES[at] ?? WORSE_THAN_V, limit };
  }
  return { class: WORSE_THAN_V, limit: limits[4] };
}

function unclassed(reason: UnclassedReason): ItemClass {
  return { kind: 'unclassed', reason };
}
