import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { Asset } from '../../domain/model/district.ts';
import { QUALITY } from '../../domain/model/observation.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { DAY_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import { minute, readingAt } from '../../test/harness/rule-samples.ts';
import { compileRules } from '../compile-rules.ts';
import { evaluateSeries } from '../evaluate-series.ts';
import { explainAt } from '../explain-at.ts';
import type { RuleBinding } from '../fold-context.ts';
import { RuleTrack } from '../rule-track.ts';
import type { TrackState } from '../rule-track.ts';
import { parseRuleSet } from '../schema.ts';

const ITEMS = ['dissolved_oxygen', 'ammonia_nitrogen', 'total_phosphorus'] as const;

/** A river section that is to reach class III. */
function bindingWith(params: object): RuleBinding {
  const station = {
    kind: 'station',
    id: 'S',
    name: 'S',
    asset: 'X',
    datastreams: ITEMS.map(property => ({ property, intervalMs: 5 * MINUTE_MS })),
  } as unknown as StationSpec;
  const section = { id: 'X', type: 'section', waterBody: 'river', targetClass: 3 } as unknown as Asset;
  const outcome = parseRuleSet({
    version: 1,
    validFrom: 0,
    rules: [
      {
        id: 'class',
        kind: 'water_quality_class',
        name: 'class',
        nameEn: 'class',
        source: 'proposal',
        subjects: { property: 'dissolved_oxygen' },
        timing: { onDelay: '5m', offDelay: '5m' },
        params,
      },
    ],
  });
  if (!outcome.ok) throw new Error(outcome.problems.join('; '));
  const site = {
    registry: { version: 1, things: new Map([['S', station]]) },
    district: { assets: new Map([['X', section]]) },
  };
  const [planned] = compileRules(outcome.ruleSet, site).planned;
  if (planned === undefined) throw new Error('no plan');
  const { rule, subject, plan } = planned;
  return { rule, subject, basis: [{ from: epochMs(0), versions: { ruleSet: 1, registry: 1 }, plan }] };
}

const STEPS = [
  { severity: 'blue', classesWorse: 1 },
  { severity: 'orange', classesWorse: 2 },
];

const reading = fc
  .record({
    item: fc.constantFrom(...ITEMS),
    at: fc.integer({ min: 0, max: 90 }),
    picked: fc.nat(5),
    isSuspect: fc.boolean(),
  })
  .map(({ item, at, picked, isSuspect }) => {
    const values = item === 'dissolved_oxygen' ? [8, 5, 4, 2.5, 1, -1] : [0.05, 0.2, 0.25, 0.35, 1.2, 1.8];
    const quality = isSuspect ? QUALITY.suspect : QUALITY.good;
    // Equal in all that decides between two readings of one instant, so that no order of arrival can.
    return readingAt(at, values[(picked + at) % 6] ?? 0, { input: `S/${item}`, quality, sent: at + picked });
  });

it('finds the same in whatever order, batches and restarts the items come', () => {
  let found = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(reading, { minLength: 20, maxLength: 80, selector: ({ input, t }) => `${input} ${t}` }),
      fc.infiniteStream(fc.nat(1e6)),
      (readings, draws) => {
        const draw = () => draws.next().value ?? 0;
        const binding = bindingWith({ validity: '15m', steps: STEPS });
        const arrived = readings.map(each => ({ each, key: draw() })).sort((a, b) => a.key - b.key);
        const options = { binding, horizonMs: DAY_MS, acknowledgedAt: () => undefined };
        let track = new RuleTrack(options);
        for (let place = 0; place < arrived.length;) {
          const size = 1 + (draw() % 5);
          if (draw() % 4 === 0) {
            track = new RuleTrack(options, JSON.parse(JSON.stringify(track.state())) as TrackState);
          }
          track.offer(arrived.slice(place, place + size).map(({ each }) => each));
          place += size;
        }
        const expected = evaluateSeries(binding, readings);
        found += expected.length;
        expect(track.episodes.map(({ episode }) => episode)).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
  expect(found).toBeGreaterThan(100);
}, 60_000);

it('names the items that decided, with value and class', () => {
  const binding = bindingWith({ steps: STEPS });
  const at = (time: number, [oxygen, ammonia, phosphorus]: readonly [number, number, number]) => [
    readingAt(time, oxygen, { input: 'S/dissolved_oxygen' }),
    readingAt(time, ammonia, { input: 'S/ammonia_nitrogen' }),
    readingAt(time, phosphorus, { input: 'S/total_phosphorus' }),
  ];
  const samples = [...at(0, [4, 1.9, 0.35]), ...at(5, [4, 2.4, 0.36])];
  const [blue] = explainAt(binding, samples, minute(6)).clauses;
  expect(blue).toMatchObject({ name: 'water-quality class', state: 'true', value: 5, limit: 4 });
  expect(blue?.deciding).toEqual([
    // Of two readings in a row the better one.
    { input: 'S/ammonia_nitrogen', value: 1.9, class: 5 },
    { input: 'S/total_phosphorus', value: 0.36, class: 5 },
  ]);
});

it('knows no class while an item of the station is missing, and still warns by one that is worse', () => {
  const binding = bindingWith({ consecutive: 1, steps: STEPS });
  const oxygen = (v: number) => [readingAt(0, v, { input: 'S/dissolved_oxygen' })];
  expect(explainAt(binding, oxygen(8), minute(1))).toMatchObject({ isBroken: true, clauses: [] });
  expect(explainAt(binding, oxygen(1), minute(1)).clauses[0]).toMatchObject({ state: 'true', value: 6 });
});
