import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { itemClass } from '../../domain/assessment/item-class.ts';
import type { QualityClass, WaterBody } from '../../domain/assessment/quality-class.ts';
import { sectionAssessment } from '../../domain/assessment/section-assessment.ts';
import type { SectionAssessment, SectionValues } from '../../domain/assessment/section-assessment.ts';
import { printFigure } from '../harness/print-figure.ts';
import { sharedData } from '../harness/shared-data.ts';

const SNAPSHOT = sharedData('water-quality-class-cnemc/cnemc-snapshot-20260204.csv');

const OFFICIAL_CLASSES: Readonly<Record<string, QualityClass>> = {
  I: 1,
  II: 2,
  III: 3,
  IV: 4,
  V: 5,
  'V-inferior': 6,
};

/** Columns of the file by observed property. */
const COLUMNS = [
  'water_temperature',
  'ph',
  'dissolved_oxygen',
  'conductivity',
  'turbidity',
  'permanganate_index',
  'ammonia_nitrogen',
  'total_phosphorus',
  'total_nitrogen',
  'chlorophyll_a',
  'algal_density',
] as const;

interface OfficialSection {
  readonly name: string;
  readonly officialClass: QualityClass;
  readonly values: SectionValues;
}

/** The sections that the page gives a class, with the figures it shows beside it. */
function officialSections(path: string): readonly OfficialSection[] {
  const rows = readFileSync(path, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap(row => {
    const [province = '', , section = '', , official = '', ...cells] = row.split(',');
    const officialClass = OFFICIAL_CLASSES[official];
    if (officialClass === undefined) return [];
    const values = COLUMNS.map((property, at) => [property, cells[at] === '' ? null : Number(cells[at])]);
    return [
      { name: `${province} ${section}`, officialClass, values: Object.fromEntries(values) as SectionValues },
    ];
  });
}

/** Sections on lakes and reservoirs. That a section is one has to be known: its values do not tell. */
function lakeSections(): ReadonlySet<string> {
  const file = readFileSync(new URL('../fixtures/lake-sections.json', import.meta.url), 'utf8');
  const { sections } = JSON.parse(file) as { sections: readonly { province: string; section: string }[] };
  return new Set(sections.map(({ province, section }) => `${province} ${section}`));
}

const LAKES = lakeSections();

function assess({ values }: OfficialSection, waterBody: WaterBody): SectionAssessment {
  return sectionAssessment(values, { waterBody });
}

describe.skipIf(SNAPSHOT === undefined)('the official classes of 1,145 national sections', () => {
  const sections = SNAPSHOT === undefined ? [] : officialSections(SNAPSHOT);
  const waterBodyOf = ({ name }: OfficialSection): WaterBody => (LAKES.has(name) ? 'lake' : 'river');
  const differing = sections.filter(
    section => assess(section, waterBodyOf(section)).class !== section.officialClass,
  );

  it('are met by 1,142 where the water body is an input', () => {
    expect(LAKES.size).toBe(37);
    expect(sections).toHaveLength(1_145);
    printFigure(`official classes met: ${sections.length - differing.length} of ${sections.length}`);
    expect(sections.length - differing.length).toBe(1_142);
  });

  it('differ in three, whose phosphorus is printed rounded to the limit that it exceeded', () => {
    const reasons = differing.map(section => {
      const assessment = assess(section, waterBodyOf(section));
      const phosphorus = section.values['total_phosphorus'] ?? Number.NaN;
      // What the page may have classed: anything above the limit that prints as the limit.
      const beyond = itemClass('total_phosphorus', phosphorus + 0.0004, { waterBody: 'river' });
      return {
        section: section.name,
        officialClass: section.officialClass,
        class: assessment.class,
        phosphorus,
        isAtItsLimit: assessment.assessed.some(
          item => item.property === 'total_phosphorus' && item.limit === phosphorus,
        ),
        classBeyond: beyond.kind === 'classed' ? beyond.class : undefined,
      };
    });
    const rounded = { isAtItsLimit: true };
    expect(reasons).toEqual([
      { section: '云南省 永昌桥', officialClass: 4, class: 3, phosphorus: 0.2, classBeyond: 4, ...rounded },
      {
        section: '广西壮族自治区 高速公路桥',
        officialClass: 3,
        class: 2,
        phosphorus: 0.1,
        classBeyond: 3,
        ...rounded,
      },
      { section: '湖北省 张湾', officialClass: 3, class: 2, phosphorus: 0.1, classBeyond: 3, ...rounded },
    ]);
  });

  it('are met by 1,105 where every section is taken for a river', () => {
    const met = sections.filter(section => assess(section, 'river').class === section.officialClass);
    printFigure(`official classes met with river limits alone: ${met.length} of ${sections.length}`);
    expect(met).toHaveLength(1_105);
  });

  it('are not met by trying both limits: the better class and the worse class of the two are other answers', () => {
    const pick = (choose: (...classes: number[]) => number) =>
      sections.filter(section => {
        const classes = (['river', 'lake'] as const).map(waterBody => assess(section, waterBody).class ?? 0);
        return choose(...classes) === section.officialClass;
      }).length;
    printFigure(
      `official classes met with the better of both limits: ${pick(Math.min)}, with the worse: ${pick(Math.max)}`,
    );
    // River limits are the laxer ones, so that the better class calls every lake too good.
    expect(pick(Math.min)).toBe(1_105);
    expect(pick(Math.max)).toBe(385);
    // Taking whichever fits meets as many, but only because it knows the answer.
    const fits = sections.filter(section =>
      (['river', 'lake'] as const).some(
        waterBody => assess(section, waterBody).class === section.officialClass,
      ),
    );
    const falseLakes = fits.filter(
      section => !LAKES.has(section.name) && assess(section, 'lake').class === section.officialClass,
    );
    expect(fits).toHaveLength(1_142);
    expect(falseLakes).toHaveLength(348);
  });

  it('name what each class rests on: five items at most, never total nitrogen, never 21', () => {
    const counted = new Set(
      sections.flatMap(section => assess(section, 'river').assessed.map(({ property }) => property)),
    );
    expect([...counted].toSorted()).toEqual([
      'ammonia_nitrogen',
      'dissolved_oxygen',
      'permanganate_index',
      'ph',
      'total_phosphorus',
    ]);
    for (const section of sections) {
      const { assessed, unassessed } = assess(section, waterBodyOf(section));
      expect(assessed.length + unassessed.length).toBe(21);
    }
  });
});

it('has no unknown water body: phosphorus has no class without one', () => {
  // @ts-expect-error The water body is `river` or `lake`, and nothing stands for both.
  const unknown: WaterBody = 'unknown';
  expect(itemClass('total_phosphorus', 0.01, { waterBody: unknown })).toEqual({
    kind: 'unclassed',
    reason: 'no_limits_for_water_body',
  });
});
