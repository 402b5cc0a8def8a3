import { describe, expect, it } from 'vitest';

import type { ThingId } from '../domain/model/identifier.ts';
import type { StationSpec } from '../domain/model/registry.ts';
import { MINUTE_MS, epochMs } from '../domain/time/instant.ts';
import { parseRuleSet } from '../rules/schema.ts';
import { BasisBook } from './basis-book.ts';

const THRESHOLDS = { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 };
const RULE = { kind: 'ponding', name: 'p', nameEn: 'p', source: 'proposal' };

function ruleSet(...ids: readonly string[]) {
  const rules = ids.map(id => ({ ...RULE, id, subjects: { property: 'ponding_depth' } }));
  const outcome = parseRuleSet({ version: 1, validFrom: 0, rules });
  if (!outcome.ok) throw new Error(outcome.problems.join('; '));
  return outcome.ruleSet;
}

function site(version: number, stations: Readonly<Record<string, object | undefined>>) {
  const things = Object.entries(stations).map(([id, thresholds]): [string, StationSpec] => [
    id,
    {
      kind: 'station',
      id: id as ThingId,
      name: id,
      datastreams: [
        {
          property: 'ponding_depth',
          intervalMs: MINUTE_MS,
          ...(thresholds === undefined ? {} : { thresholds }),
        },
      ],
    },
  ]);
  return { registry: { version, things: new Map(things) }, district: { assets: new Map() } };
}

const entry = (from: number, registry: number, stations: Parameters<typeof site>[1], ...rules: string[]) => ({
  from: epochMs(from),
  versions: { ruleSet: rules.length, registry },
  ruleSet: ruleSet(...rules),
  site: site(registry, stations),
});

describe('BasisBook', () => {
  it('appends a segment to every track and keeps the plan where it says the same', () => {
    const book = new BasisBook();
    const [first] = book.append(entry(0, 1, { A: THRESHOLDS }, 'p'));
    const tracks = book.append(entry(10, 2, { A: THRESHOLDS, B: THRESHOLDS }, 'p'));
    expect(tracks.map(({ subject }) => subject)).toEqual(['A/ponding_depth', 'B/ponding_depth']);
    expect(tracks[0]?.basis).toBe(first?.basis);
    expect(first?.basis.map(({ from, versions }) => [from, versions.registry])).toEqual([
      [0, 1],
      [10, 2],
    ]);
    expect(first?.basis[1]?.plan).toBe(first?.basis[0]?.plan);
    expect(tracks[1]?.basis.map(({ plan }) => plan !== undefined)).toEqual([false, true]);
    expect(book.newest).toEqual({ ruleSet: 1, registry: 2 });
  });

  it('says the same a rule at a time, and lets others run between', async () => {
    const at = entry(0, 1, { A: THRESHOLDS, B: undefined }, 'p', 'q');
    const [whole, sliced] = [new BasisBook(), new BasisBook()];
    let turns = 0;
    const tracks = await sliced.appendInSlices(at, () => {
      turns += 1;
      return Promise.resolve();
    });
    const names = (of: typeof tracks) => of.map(({ rule, subject, basis }) => [rule, subject, basis.length]);
    expect(names(tracks)).toEqual(names(whole.append(at)));
    expect(sliced.gaps).toEqual(whole.gaps);
    expect(turns).toBe(2);
  });

  it('takes another plan where a threshold has changed', () => {
    const book = new BasisBook();
    const [track] = book.append(entry(0, 1, { A: THRESHOLDS }, 'p'));
    book.append(entry(10, 2, { A: { ...THRESHOLDS, blue: 0.05 } }, 'p'));
    expect(track?.basis[1]?.plan).not.toBe(track?.basis[0]?.plan);
  });

  it('leaves no plan where the rule or the subject is gone', () => {
    const book = new BasisBook();
    const tracks = book.append(entry(0, 1, { A: THRESHOLDS }, 'p', 'q'));
    book.append(entry(10, 1, { A: THRESHOLDS }, 'q'));
    expect(tracks.map(({ rule, basis }) => [rule, basis[1]?.plan !== undefined])).toEqual([
      ['p', false],
      ['q', true],
    ]);
    expect(book.planOf('p A/ponding_depth')).toBeUndefined();
    expect(book.planOf('q A/ponding_depth')).toBe(tracks[1]?.basis[0]?.plan);
  });

  it('reports the gaps of the newest entry', () => {
    const book = new BasisBook();
    book.append(entry(0, 1, { A: undefined }, 'p'));
    expect(book.gaps.length).toBeGreaterThan(0);
    expect(book.gaps.every(({ rule, subject }) => rule === 'p' && subject === 'A/ponding_depth')).toBe(true);
    book.append(entry(10, 2, { A: THRESHOLDS }, 'p'));
    expect(book.gaps).toEqual([]);
  });
});
