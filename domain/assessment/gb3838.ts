import type { SourceMark } from '../model/source-mark.ts';
import type { WaterBody } from './quality-class.ts';

/** The limits of classes I to V, in the unit of the item. */
export type ClassLimits = readonly [i: number, ii: number, iii: number, iv: number, v: number];

/** How the class follows from a value. A value equal to a limit belongs to the class of that limit. */
type LimitRule =
  /** Smaller is better; a water body without limits is not classed by the item. */
  | { readonly kind: 'at_most'; readonly limits: Readonly<Partial<Record<WaterBody, ClassLimits>>> }
  /** Larger is better. */
  | { readonly kind: 'at_least'; readonly limits: ClassLimits }
  /** Inside both edges, equal to them included, every class is met; outside none is. */
  | { readonly kind: 'within'; readonly limits: readonly [min: number, max: number] }
  /** Limits a change that people cause, so that a value alone has no class: °C of the weekly mean. */
  | { readonly kind: 'change'; readonly riseC: number; readonly fallC: number };

/** One of the basic items of table 1. */
export interface Gb3838Item {
  /** The observed property that carries it, and has its names. */
  readonly property: string;
  /** The unit of the limits; values in another one go through `toItemUnit` first. */
  readonly unit: string;
  readonly rule: LimitRule;
  /** One of the 21 items that decide the class of a section (环办〔2011〕22号). */
  readonly counts: boolean;
  readonly source: SourceMark;
}

function item(property: string, rule: LimitRule, rest: Partial<Gb3838Item> = {}): Gb3838Item {
  return { property, unit: 'mg/L', rule, counts: true, source: 'verified', ...rest };
}

function atMost(...limits: ClassLimits): LimitRule {
  return { kind: 'at_most', limits: { river: limits, lake: limits } };
}

/** GB 3838-2002, table 1, in its order. Metals are in mg/L here whatever unit a protocol sends them in. */
export const GB3838_ITEMS: readonly Gb3838Item[] = [
  item('water_temperature', { kind: 'change', riseC: 1, fallC: 2 }, { unit: 'Cel', counts: false }),
  item('ph', { kind: 'within', limits: [6, 9] }, { unit: '1' }),
  // Class I may be reached by saturation instead of 7.5 mg/L: see `oxygenClassILimit`.
  item('dissolved_oxygen', { kind: 'at_least', limits: [7.5, 6, 5, 3, 2] }),
  item('permanganate_index', atMost(2, 4, 6, 10, 15)),
  item('chemical_oxygen_demand', atMost(15, 15, 20, 30, 40)),
  item('biochemical_oxygen_demand', atMost(3, 3, 4, 6, 10)),
  item('ammonia_nitrogen', atMost(0.15, 0.5, 1, 1.5, 2)),
  item('total_phosphorus', {
    kind: 'at_most',
    limits: { river: [0.02, 0.1, 0.2, 0.3, 0.4], lake: [0.01, 0.025, 0.05, 0.1, 0.2] },
  }),
  item(
    'total_nitrogen',
    // Lakes and reservoirs only, and there for their trophic state: the class of a section leaves it out.
    { kind: 'at_most', limits: { lake: [0.2, 0.5, 1, 1.5, 2] } },
    { counts: false },
  ),
  item('copper', atMost(0.01, 1, 1, 1, 1)),
  item('zinc', atMost(0.05, 1, 1, 2, 2)),
  item('fluoride', atMost(1, 1, 1, 1.5, 1.5)),
  item('selenium', atMost(0.01, 0.01, 0.01, 0.02, 0.02)),
  item('arsenic', atMost(0.05, 0.05, 0.05, 0.1, 0.1)),
  item('mercury', atMost(0.00005, 0.00005, 0.0001, 0.001, 0.001)),
  item('cadmium', atMost(0.001, 0.005, 0.005, 0.005, 0.01)),
  item('hexavalent_chromium', atMost(0.01, 0.05, 0.05, 0.05, 0.1)),
  item('lead', atMost(0.01, 0.01, 0.05, 0.05, 0.1)),
  item('cyanide', atMost(0.005, 0.05, 0.2, 0.2, 0.2)),
  item('volatile_phenol', atMost(0.002, 0.002, 0.005, 0.01, 0.1)),
  item('petroleum', atMost(0.05, 0.05, 0.05, 0.5, 1)),
  item('anionic_surfactant', atMost(0.2, 0.2, 0.2, 0.3, 0.3)),
  item('sulfide', atMost(0.05, 0.1, 0.2, 0.5, 1)),
  item('faecal_coliform', atMost(200, 2_000, 10_000, 20_000, 40_000), {
    unit: '1/L',
    counts: false,
  }),
];

const BY_PROPERTY: ReadonlyMap<string, Gb3838Item> = new Map(
  GB3838_ITEMS.map(entry => [entry.property, entry]),
);

/** The items that decide the class of a section: table 1 without temperature, total nitrogen and faecal coliform. */
export const COUNTED_ITEMS: readonly Gb3838Item[] = GB3838_ITEMS.filter(({ counts }) => counts);

/** The item of a property; undefined for what the standard has no limits for, such as conductivity or turbidity. */
export function gb3838Item(property: string): Gb3838Item | undefined {
  return BY_PROPERTY.get(property);
}
