import { describe, expect, it } from 'vitest';

import { MINUTE_MS } from '../domain/time/instant.ts';
import { foldSample } from '../rules/fold-sample.ts';
import { FRESH_STATE } from '../rules/fold-state.ts';
import type { Basis, RulePlan } from '../rules/plan.ts';
import type { Sample } from '../rules/sample.ts';
import { absenceBinding } from '../test/harness/absence-binding.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { keepTrack, restoreTrack } from './kept-track.ts';

const KEY = { rule: 'r', subject: 'S/ponding_depth' };
const low = ladderPlan([10], { holdMin: 2 });
const segment = (registry: number, from: number, plan?: RulePlan) => ({
  from: minute(from),
  versions: { ruleSet: 1, registry },
  ...(plan === undefined ? {} : { plan }),
});
const before = segment(6, -60, low);
const after = segment(7, 2, ladderPlan([8], { holdMin: 2 }));
const basis: Basis = [segment(5, -90), before, after];

function stateAfter(samples: readonly Sample[], on: Basis = basis) {
  const binding = { ...KEY, basis: on };
  return samples.reduce((state, sample) => foldSample(state, sample, binding).state, FRESH_STATE);
}

/** Raised under the one basis, and open under the next. */
const open = stateAfter([0, 1, 2, 3].map(at => readingAt(at - 1, 12)));
const kept = { foldedTo: minute(2), base: open };

describe('a track that is kept', () => {
  it('is the same again, gone through the store', () => {
    expect([open.segment, open.open?.segment]).toEqual([2, 1]);
    expect(restoreTrack(keepTrack(KEY, basis, kept), basis)).toEqual(kept);
  });

  it('names the basis by its versions, wherever they stand after the next start', () => {
    const restored = restoreTrack(keepTrack(KEY, basis, kept), [before, after, segment(8, 60)]);
    expect([restored?.base.segment, restored?.base.open?.segment]).toEqual([1, 0]);
  });

  it('is nothing where the basis in force, or that of the open episode, is no longer known', () => {
    const checkpoint = keepTrack(KEY, basis, kept);
    expect(restoreTrack(checkpoint, [after])).toBeUndefined();
    expect(restoreTrack(checkpoint, [before])).toBeUndefined();
  });

  it('is nothing where the rule measures something else, or holds no more', () => {
    const checkpoint = keepTrack(KEY, basis, kept);
    const other = { ...after, plan: { ...low, measureKey: 'other' } };
    expect(restoreTrack(checkpoint, [before, other])).toBeUndefined();
    expect(restoreTrack(checkpoint, [before, segment(7, 2)])).toBeUndefined();
  });

  it('is nothing where another program has kept it', () => {
    const checkpoint = keepTrack(KEY, basis, kept);
    const { format, ...state } = JSON.parse(checkpoint.state) as { readonly format: number };
    const older = { ...checkpoint, state: JSON.stringify({ ...state, format: format - 1 }) };
    expect(restoreTrack(older, basis)).toBeUndefined();
  });

  it('is one that has seen nothing, too', () => {
    const fresh = { foldedTo: minute(0), base: FRESH_STATE };
    expect(restoreTrack(keepTrack(KEY, basis, fresh), basis)).toEqual(fresh);
  });

  it('remembers what is measured of a silence', () => {
    const absence = absenceBinding();
    const samples: readonly Sample[] = [
      readingAt(0, 0),
      { kind: 'outage', from: minute(1), t: minute(2) },
      { kind: 'silence', input: absence.subject, since: minute(0), t: minute(17) },
    ];
    const silent = { foldedTo: minute(17), base: stateAfter(samples, absence.basis) };
    expect(silent.base.open?.peak.value).toBe(16 * MINUTE_MS);
    expect(restoreTrack(keepTrack(KEY, absence.basis, silent), absence.basis)).toEqual(silent);
  });
});
