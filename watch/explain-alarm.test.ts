import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { QUALITY } from '../domain/model/observation.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import type { EpisodeRecord, LoggedChange } from '../domain/ports/episode-store.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import { evaluateSeries } from '../rules/evaluate-series.ts';
import { absence } from '../rules/kinds/absence.ts';
import type { RuleBinding } from '../rules/fold-context.ts';
import { withModes } from '../rules/plan-modes.ts';
import type { RulePlan } from '../rules/plan.ts';
import { RuleTrack } from '../rules/rule-track.ts';
import type { Reading } from '../rules/sample.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { explainAlarm, explainedUpTo } from './explain-alarm.ts';

const INPUT = 'S/ponding_depth';
const bound = (plan: RulePlan): RuleBinding => ({
  rule: 'ponding',
  subject: INPUT,
  basis: [{ from: epochMs(0), versions: { ruleSet: 3, registry: 7 }, plan }],
});
const plan = ladderPlan([10, 20], { holdMin: 4 });
const silence = (since: number, t: number): WatchDecision => ({
  kind: 'silence',
  input: INPUT,
  since: minute(since),
  t: minute(t),
});

/** What the watch would keep of the readings, offered one by one in order of arrival. */
function kept(binding: RuleBinding, readings: readonly Reading[], decisions: readonly WatchDecision[] = []) {
  const track = new RuleTrack({ binding, horizonMs: DAY_MS, acknowledgedAt: () => undefined });
  const changes: LoggedChange[] = [];
  const offers = [
    ...readings.map(sample => ({ knownAt: sample.received, sample })),
    ...decisions.map(sample => ({ knownAt: sample.t, sample })),
  ].sort((a, b) => a.knownAt - b.knownAt);
  for (const { knownAt, sample } of offers) {
    for (const change of track.offer([sample]).changes)
      changes.push({ seq: changes.length, knownAt, change });
  }
  const last = changes.at(-1)?.change;
  if (last === undefined) return undefined;
  const told = changes.filter(({ change }) => change.id === last.id);
  const record: EpisodeRecord = {
    id: last.id,
    status: statusOf(told),
    episode: last.episode,
    firstBegin: last.episode.begin,
    isOverLive: false,
    firstKnownAt: told.at(0)!.knownAt,
    changedAt: told.at(-1)!.knownAt,
    seq: changes.length,
  };
  const clockCorrectionOf = () => undefined;
  return { binding, readings, decisions, record, changes: told, clockCorrectionOf };
}

/** Of a withdrawn or merged one an end may still be told; it stays what it is. */
function statusOf(changes: readonly LoggedChange[]): EpisodeRecord['status'] {
  for (const { change } of changes) {
    if (change.kind === 'withdrawn' || change.kind === 'merged') return change.kind;
  }
  return changes.at(-1)?.change.episode.end === undefined ? 'open' : 'ended';
}

describe('why an alarm is', () => {
  const readings = [4, 12, 13, 21, 25].map((v, index) => readingAt(index * 4, v));
  const reasons = explainAlarm(kept(bound(plan), readings)!);

  it('names rule, versions and every step with when it held, when it was decided and told', () => {
    expect(reasons).toMatchObject({
      rule: 'ponding',
      kind: 'test',
      subject: INPUT,
      ruleSet: 3,
      registry: 7,
      begin: minute(4),
      end: null,
      toVerify: [],
      gaps: null,
    });
    expect(reasons.steps).toMatchObject([
      { severity: 'blue', t: minute(4), decidedT: minute(8), toldAt: minute(8), value: 13, limit: 10 },
      { severity: 'yellow', t: minute(12), decidedT: minute(12), toldAt: minute(12), value: 21, limit: 20 },
    ]);
  });

  it('says of the reading that decided by how much our own clock was corrected for it', () => {
    const known = kept(bound(plan), readings)!;
    const clockCorrectionOf = ({ t }: Reading) => (t === minute(8) ? durationMs(HOUR_MS) : undefined);
    const corrections = explainAlarm({ ...known, clockCorrectionOf }).steps.map(({ decidedBy }) =>
      decidedBy?.kind === 'reading' ? decidedBy.clockCorrectionMs : undefined,
    );
    expect(corrections).toEqual([HOUR_MS, null]);
  });

  it('shows the reading that decided, how everything stood then, and the limits in force', () => {
    const [blue] = reasons.steps;
    expect(blue?.decidedBy).toEqual({
      kind: 'reading',
      input: INPUT,
      t: minute(8),
      v: 13,
      position: 1,
      received: minute(8),
      delayMs: 0,
      liveWindowMs: 10 * MINUTE_MS,
      live: true,
      clockCorrectionMs: null,
    });
    expect(blue?.clauses).toMatchObject([
      { severity: 'blue', name: 'blue', state: 'true', value: 13, limit: 10, distance: -3 },
      { severity: 'blue', name: 'held for', state: 'true', value: 4 * MINUTE_MS },
      { severity: 'yellow', state: 'false', distance: 7 },
    ]);
    expect(blue?.inputs).toEqual([
      {
        input: INPUT,
        unit: 'm',
        datum: null,
        t: minute(8),
        v: 13,
        quality: QUALITY.good,
        deviceFlag: 'N',
        received: minute(8),
        position: 1,
        ageMs: 0,
        isFresh: true,
        withheld: 0,
      },
    ]);
    expect(blue?.thresholds).toMatchObject([
      { severity: 'blue', name: 'blue', relation: '>=', value: 10, clear: 10, unit: 'm', datum: null },
      { severity: 'yellow', value: 20 },
    ]);
  });

  it('is plain data, and the same for readings in any order', () => {
    const request = kept(bound(plan), readings)!;
    expect(JSON.parse(JSON.stringify(reasons))).toEqual(reasons);
    expect(explainAlarm({ ...request, readings: readings.toReversed() })).toEqual(reasons);
  });

  it('tells the changes as they were told', () => {
    expect(reasons.changes.map(({ kind, live, liveSteps }) => ({ kind, live, liveSteps }))).toEqual([
      { kind: 'raised', live: true, liveSteps: ['blue'] },
      { kind: 'amended', live: true, liveSteps: ['yellow'] },
      expect.objectContaining({ kind: 'amended', live: true, liveSteps: [] }),
    ]);
    expect(reasons.changes[0]).toMatchObject({ severity: 'blue', fields: [], knownAt: minute(8) });
    expect(reasons.changes[1]?.fields).toContain('steps');
  });
});

it('explains every step by the plan of then, whatever holds now', () => {
  const binding = bound(plan);
  const request = kept(binding, [readingAt(0, 12), readingAt(4, 13)])!;
  const later = { from: minute(60), versions: { ruleSet: 4, registry: 8 }, plan: ladderPlan([50]) };
  const reasons = explainAlarm({ ...request, binding: { ...binding, basis: [...binding.basis, later] } });
  expect(reasons).toMatchObject({ ruleSet: 3, registry: 7 });
  expect(reasons.steps[0]?.thresholds.map(({ value }) => value)).toEqual([10, 20]);
});

describe('what came late', () => {
  it('is retroactive by more than the live window, and the step says when it was told after all', () => {
    const late = [12, 13].map((v, index) => readingAt(index * 4, v, { receivedAfter: 90 - index * 4 }));
    const only = explainAlarm(kept(bound(plan), late)!).steps[0];
    expect(only?.decidedBy).toMatchObject({ live: false, delayMs: 86 * MINUTE_MS });
    expect(only?.toldAt).toBeNull();
    const told = explainAlarm(kept(bound(plan), [...late, readingAt(100, 14)])!).steps[0];
    expect(told).toMatchObject({ decidedBy: { live: false }, toldAt: minute(100) });
  });

  it('decides by what is stored now: without its readings a step has nothing that decided it', () => {
    const request = kept(bound(plan), [readingAt(0, 12), readingAt(4, 13)])!;
    const [step] = explainAlarm({ ...request, readings: [readingAt(4, 13)] }).steps;
    expect(step).toMatchObject({ severity: 'blue', decidedBy: null });
  });
});

describe('what is to be verified', () => {
  it('is a step that only suspect readings have met', () => {
    const suspect = [12, 13].map((v, index) => readingAt(index * 4, v, { quality: QUALITY.suspect }));
    const reasons = explainAlarm(kept(bound(plan), suspect)!);
    expect(reasons.toVerify).toEqual(['suspectOnly']);
    expect(reasons.steps[0]).toMatchObject({
      toVerify: 'suspectOnly',
      inputs: [{ quality: QUALITY.suspect }],
    });
  });

  it('is a point that went blind on the way, by a silence less our own outage', () => {
    const readings = [readingAt(0, 8), readingAt(4, 12), readingAt(5, null)];
    const outage: WatchDecision = { kind: 'outage', from: minute(6), t: minute(9) };
    const reasons = explainAlarm(kept(bound(plan), readings, [outage, silence(4, 20)])!);
    const blind = { input: INPUT, since: minute(4), silentMs: 16 * MINUTE_MS, ownOutageMs: 3 * MINUTE_MS };
    expect(reasons.toVerify).toEqual(['blind']);
    expect(reasons.steps[0]).toMatchObject({
      cause: 'blind',
      decidedT: minute(20),
      decidedBy: { kind: 'silence', ...blind },
      inputs: [{ t: minute(4), ageMs: 16 * MINUTE_MS, isFresh: false, withheld: 1 }],
    });
    expect(reasons.decisions).toMatchObject([outage, { ...blind, isRefuted: false }]);
  });
});

describe('the decisions that took part', () => {
  const readings = [12, 13, 14].map((v, index) => readingAt(index * 4, v));

  it('leave out those of others and those after the last instant, and mark what readings refuted', () => {
    const stormy = withModes(plan, [{ when: { signal: 'red' }, plan }], ['B', '*']);
    const request = kept(bound(stormy), readings)!;
    expect(explainedUpTo(request.record)).toBe(minute(4));
    const signal: WatchDecision = { kind: 'signal', zone: '*', t: minute(1), severity: 'red' };
    const ofOthers: WatchDecision = { ...signal, zone: 'C' };
    const other: WatchDecision = { kind: 'silence', input: 'T/water_level', since: minute(0), t: minute(3) };
    const decisions = [silence(0, 30), silence(-9, 3), signal, ofOthers, other];
    expect(explainAlarm({ ...request, decisions }).decisions).toEqual([
      signal,
      { ...silence(-9, 3), silentMs: 12 * MINUTE_MS, ownOutageMs: 0, isRefuted: true },
    ]);
  });
});

it('explains a step by the limits of the mode that held', () => {
  const storm = ladderPlan([5], { holdMin: 0 });
  const stormy = withModes(ladderPlan([10]), [{ when: { signal: 'orange' }, plan: storm }], ['B']);
  const signal = (at: number, severity: 'orange' | null): WatchDecision => {
    return { kind: 'signal', zone: 'B', t: minute(at), severity };
  };
  const readings = [7, 7, 11].map((v, index) => readingAt(index * 4, v));
  const { steps } = explainAlarm(kept(bound(stormy), readings, [signal(3, 'orange'), signal(5, null)])!);
  expect(steps).toMatchObject([{ limit: 5, decidedT: minute(4), thresholds: [{ value: 5 }] }]);
});

describe('whatever comes, in whatever order', () => {
  const reading = fc
    .record({
      at: fc.integer({ min: 0, max: 60 }),
      v: fc.integer({ min: 0, max: 30 }),
      receivedAfter: fc.constantFrom(0, 1, 9, 60),
      quality: fc.constantFrom(QUALITY.good, QUALITY.good, QUALITY.suspect, QUALITY.fail),
    })
    .map(({ at, v, ...rest }) => readingAt(at, v, rest));
  const silent = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 6, max: 20 }))
    .map(([since, after]) => silence(since, since + after));
  // One reading for each identity: of two, the order of arrival would not tell which of them the episode has seen.
  const readings = fc.uniqueArray(reading, { selector: ({ t }) => t, minLength: 1, maxLength: 40 });

  it('every step that stands has what decided it, and its value is among the clauses', () => {
    let explained = 0;
    fc.assert(
      fc.property(readings, fc.array(silent, { maxLength: 4 }), (all, decisions) => {
        const request = kept(bound(plan), all, decisions);
        if (request === undefined || ['withdrawn', 'merged'].includes(request.record.status)) return;
        for (const step of explainAlarm(request).steps) {
          explained += 1;
          expect(step.decidedBy).toMatchObject({
            kind: step.cause === 'held' ? 'reading' : 'silence',
            t: step.decidedT,
          });
          const { severity, limitName: name, value } = step;
          expect(step.clauses).toContainEqual(expect.objectContaining({ severity, name, value }));
        }
      }),
      { numRuns: 1_000 },
    );
    expect(explained).toBeGreaterThan(500);
  });
});

describe('a rule about silence', () => {
  const params = { steps: [{ severity: 'yellow' as const, silentFor: durationMs(10 * MINUTE_MS) }] };
  const subject = {
    key: INPUT,
    station: { id: 'S' },
    datastream: { property: 'ponding_depth', intervalMs: MINUTE_MS },
  };
  const timing = { onDelay: durationMs(0), readings: 1, offDelay: durationMs(0) };
  const outcome = absence.plan({
    params,
    variants: [params],
    timing,
    subject,
    site: {},
  } as unknown as Parameters<typeof absence.plan>[0]);

  it('decides by the silence, and a limit of time has neither unit nor datum of the reading', () => {
    const binding = bound(outcome.plan!);
    // The second one lay in the device's memory: it came after the decision and refutes nothing.
    const readings = [readingAt(0, 1), readingAt(5, 1, { receivedAfter: 30 }), readingAt(30, 1)];
    const request = kept(binding, readings, [silence(0, 12)])!;
    const reasons = explainAlarm(request);
    expect(evaluateSeries(binding, readings)).toEqual([]);
    expect(reasons).toMatchObject({ end: minute(30), ending: 'returned' });
    expect(reasons.steps[0]).toMatchObject({
      decidedBy: { kind: 'silence', silentMs: 12 * MINUTE_MS, isRefuted: false },
      thresholds: [{ name: 'silence', unit: null, datum: null }],
    });
  });
});
