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
  /** The observed property that carries it. */
  readonly property: string;
  readonly nameZh: string;
  readonly nameEn: string;
  /** The unit of the limits; values in another one go through `toItemUnit` first. */
  readonly unit: string;
  readonly rule: LimitRule;
  /** One of the 21 items that decide the class of a section (环办〔2011〕22号). */
  readonly counts: boolean;
  readonly source: SourceMark;
}

type Names = readonly [zh: string, en: string];

function item(
  property: string,
  [nameZh, nameEn]: Names,
  rule: LimitRule,
  rest: Partial<Gb3838Item> = {},
): Gb3838Item {
  return { property, nameZh, nameEn, unit: 'mg/L', rule, counts: true, source: 'verified', ...rest };
}

function atMost(...limits: ClassLimits): LimitRule {
  return { kind: 'at_most', limits: { river: limits, lake: limits } };
}

/** GB 3838-2002, table 1, in its order. Metals are in mg/L here whatever unit a protocol sends them in. */
export const GB3838_ITEMS: readonly Gb3838Item[] = [
  item(
    'water_temperature',
    ['水温', 'water temperature'],
    { kind: 'change', riseC: 1, fallC: 2 },
    { unit: 'Cel', counts: false },
  ),
  item('ph', ['pH', 'pH'], { kind: 'within', limits: [6, 9] }, { unit: '1' }),
  // Class I may be reached by saturation instead of 7.5 mg/L: see `oxygenClassILimit`.
  item('dissolved_oxygen', ['溶解氧', 'dissolved oxygen'], { kind: 'at_least', limits: [7.5, 6, 5, 3, 2] }),
  item('permanganate_index', ['高锰酸盐指数', 'permanganate index'], atMost(2, 4, 6, 10, 15)),
  item('chemical_oxygen_demand', ['化学需氧量', 'chemical oxygen demand'], atMost(15, 15, 20, 30, 40)),
  item(
    'biochemical_oxygen_demand',
    ['五日生化需氧量', 'biochemical oxygen demand (5 days)'],
    atMost(3, 3, 4, 6, 10),
  ),
  item('ammonia_nitrogen', ['氨氮', 'ammonia nitrogen (as N)'], atMost(0.15, 0.5, 1, 1.5, 2)),
  item('total_phosphorus', ['总磷', 'total phosphorus (as P)'], {
    kind: 'at_most',
    limits: { river: [0.02, 0.1, 0.2, 0.3, 0.4], lake: [0.01, 0.025, 0.05, 0.1, 0.2] },
  }),
  item(
    'total_nitrogen',
    ['总氮', 'total nitrogen (as N)'],
    // Lakes and reservoirs only, and there for their trophic state: the class of a section leaves it out.
    { kind: 'at_most', limits: { lake: [0.2, 0.5, 1, 1.5, 2] } },
    { counts: false },
  ),
  item('copper', ['铜', 'copper'], atMost(0.01, 1, 1, 1, 1)),
  item('zinc', ['锌', 'zinc'], atMost(0.05, 1, 1, 2, 2)),
  item('fluoride', ['氟化物', 'fluoride (as F)'], atMost(1, 1, 1, 1.5, 1.5)),
  item('selenium', ['硒', 'selenium'], atMost(0.01, 0.01, 0.01, 0.02, 0.02)),
  item('arsenic', ['砷', 'arsenic'], atMost(0.05, 0.05, 0.05, 0.1, 0.1)),
  item('mercury', ['汞', 'mercury'], atMost(0.00005, 0.00005, 0.0001, 0.001, 0.001)),
  item('cadmium', ['镉', 'cadmium'], atMost(0.001, 0.005, 0.005, 0.005, 0.01)),
  item('hexavalent_chromium', ['六价铬', 'hexavalent chromium'], atMost(0.01, 0.05, 0.05, 0.05, 0.1)),
  item('lead', ['铅', 'lead'], atMost(0.01, 0.01, 0.05, 0.05, 0.1)),
  item('cyanide', ['氰化物', 'cyanide'], atMost(0.005, 0.05, 0.2, 0.2, 0.2)),
  item('volatile_phenol', ['挥发酚', 'volatile phenol'], atMost(0.002, 0.002, 0.005, 0.01, 0.1)),
  item('petroleum', ['石油类', 'petroleum'], atMost(0.05, 0.05, 0.05, 0.5, 1)),
  item('anionic_surfactant', ['阴离子表面活性剂', 'anionic surfactant'], atMost(0.2, 0.2, 0.2, 0.3, 0.3)),
  item('sulfide', ['硫化物', 'sulfide'], atMost(0.05, 0.1, 0.2, 0.5, 1)),
  item('faecal_coliform', ['粪大肠菌群', 'faecal coliform'], atMost(200, 2_000, 10_000, 20_000, 40_000), {
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
