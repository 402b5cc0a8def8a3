import { itemClass } from '../../domain/assessment/item-class.ts';
import type { ClassedItem, ItemSetting } from '../../domain/assessment/item-class.ts';
import type { QualityClass, WaterBody } from '../../domain/assessment/quality-class.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { DecidingInput } from '../measure.ts';

interface ItemReading {
  readonly t: EpochMs;
  readonly v: number;
  readonly isGood: boolean;
}

/** Of every item its last readings in a row, the newest last: plain data, never changed in place. */
export type ItemRows = readonly (readonly ItemReading[])[];

/** What makes a class out of readings. */
export interface ItemRules {
  /** By place among the inputs. */
  readonly properties: readonly string[];
  readonly waterBody: WaterBody;
  /** An item has the class that all of its last readings are in, or worse: so many in a row. */
  readonly consecutive: number;
  /** The class from which a row must be whole to count. */
  readonly leastClass: number;
}

/** The worst class among the items, as far as it is known. */
export interface SectionClass {
  readonly class: QualityClass;
  readonly deciding: readonly DecidingInput[];
  /** First reading of the rows that decided. */
  readonly since: EpochMs;
  /** The newest reading of an item that decided is good. */
  readonly isGood: boolean;
}

interface ItemFinding extends DecidingInput {
  readonly since: EpochMs;
  readonly isGood: boolean;
}

/** Shows dissolved oxygen class I by saturation, and has no class of its own. */
export const TEMPERATURE = 'water_temperature';

/**
 * The class of a section by the items that stand (单因子评价); undefined where it is not known. One item is enough for a
 * class worse than allowed. That none is takes every item: the one that is missing, or has no class, could be the worst.
 */
export function sectionClass(
  rows: ItemRows,
  isFresh: (input: number) => boolean,
  rules: ItemRules,
): SectionClass | undefined {
  const setting = settingOf(rows, isFresh, rules);
  const found: ItemFinding[] = [];
  let hasUnknown = false;
  for (const [input, property] of rules.properties.entries()) {
    if (property === TEMPERATURE) continue;
    const finding = isFresh(input) ? itemFinding(rows[input] ?? [], { input, property, setting }) : undefined;
    const isShown =
      finding !== undefined &&
      (finding.class < rules.leastClass || rows[input]?.length === rules.consecutive);
    if (isShown) found.push(finding);
    else hasUnknown = true;
  }
  const [first] = found.toSorted((a, b) => b.class - a.class);
  if (first === undefined || (hasUnknown && first.class < rules.leastClass)) return undefined;
  const worst = found.filter(finding => finding.class === first.class);
  return {
    class: first.class,
    deciding: worst.map(({ input, value, class: itsClass }) => ({ input, value, class: itsClass })),
    since: worst.reduce((since, finding) => (finding.since < since ? finding.since : since), first.since),
    isGood: worst.some(({ isGood }) => isGood),
  };
}

function settingOf(
  rows: ItemRows,
  isFresh: (input: number) => boolean,
  { properties, waterBody }: ItemRules,
): ItemSetting {
  const input = properties.indexOf(TEMPERATURE);
  const temperatureC = input >= 0 && isFresh(input) ? rows[input]?.at(-1)?.v : undefined;
  return temperatureC === undefined ? { waterBody } : { waterBody, temperatureC };
}

/** The best class of the row: a single bad reading among good ones is no worse class. */
function itemFinding(
  row: readonly ItemReading[],
  { input, property, setting }: { input: number; property: string; setting: ItemSetting },
): ItemFinding | undefined {
  let best: ClassedItem | undefined;
  for (const { v } of row) {
    const result = itemClass(property, v, setting);
    if (result.kind === 'unclassed') return undefined;
    if (best === undefined || result.class <= best.class) best = result;
  }
  const [first, newest] = [row[0], row.at(-1)];
  if (best === undefined || first === undefined || newest === undefined) return undefined;
  return { input, value: best.value, class: best.class, since: first.t, isGood: newest.isGood };
}
