import { beforeEach, describe, expect, it } from 'vitest';

import type { Episode } from '../domain/model/episode.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import { SECOND_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { RulePlan } from '../rules/plan.ts';
import type { Reading } from '../rules/sample.ts';
import { episodeOf, raised } from '../test/harness/fake-alarms.ts';
import { MemoryEpisodeStore } from '../test/harness/memory-episode-store.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { Explanations } from './explanations.ts';
import { TrackPast } from './track-past.ts';
import { TrackTable } from './track-table.ts';

const SUBJECT = 'S/ponding_depth';
const DAY = 1_440;
const versions = (ruleSet: number) => ({ ruleSet, registry: 1 });
const since = (from: EpochMs, ruleSet: number, plan?: RulePlan) => ({
  from,
  versions: versions(ruleSet),
  ...(plan === undefined ? {} : { plan }),
});
const ponding = (limits: readonly number[], holdMin = 0) =>
  ladderPlan(limits, { holdMin, raisesWhenBlind: false });

let table: TrackTable;
let store: MemoryEpisodeStore;
let readings: Reading[];
let now: EpochMs;
let ticks: number;
let rests: number;
let explanations: Explanations;

beforeEach(() => {
  table = new TrackTable();
  store = new MemoryEpisodeStore();
  [readings, now, ticks, rests] = [[], minute(60), 0, 0];
  const history = {
    readings: (spans: ReadonlyMap<string, EpochMs>, upTo = epochMs(Infinity)) =>
      Promise.resolve(
        new Map(
          [...spans].map(([input, from]) => [
            input,
            readings.filter(({ input: of, t }) => of === input && t >= from && t <= upTo),
          ]),
        ),
      ),
  };
  explanations = new Explanations({
    // Every look at the clock finds a millisecond gone.
    clock: { now: () => now, monotonicMs: () => (ticks += 1), after: () => () => undefined },
    store,
    table,
    past: new TrackPast({ store, history }),
    history,
    gaps: () => [{ rule: 'other', subject: SUBJECT, missing: 'threshold', detail: 'blue' }],
    sliceMs: durationMs(8),
    clockCorrectionOf: () => undefined,
    nextTurn: () => Promise.resolve(void (rests += 1)),
  });
});

/** Appends what the watch would have told, or decided. */
async function told(episodes: readonly (readonly [id: string, Episode])[], decisions: WatchDecision[] = []) {
  await store.append({
    knownAt: now,
    through: { live: 1, backlog: 0 },
    changes: episodes.map(([id, episode]) => raised(id, episode)),
    decisions,
    refills: [],
  });
}

describe('a point', () => {
  it('is explained rule by rule, with what is lacking', async () => {
    table.set([
      { rule: 'low', subject: SUBJECT, basis: [since(minute(0), 1, ponding([10]))] },
      { rule: 'high', subject: SUBJECT, basis: [since(minute(0), 1, ponding([20]))] },
      { rule: 'low', subject: 'T/ponding_depth', basis: [since(minute(0), 1, ponding([10]))] },
    ]);
    readings.push(readingAt(56, 4), readingAt(59, 12));
    await told([['low-1', episodeOf({ rule: 'low', subject: SUBJECT, begin: minute(59) })]]);
    expect(await explanations.point(SUBJECT, now)).toMatchObject({
      subject: SUBJECT,
      at: now,
      rules: [
        { rule: 'high', state: 'noWarning', alarm: null, whyNot: { value: 12, limit: 20, distance: 8 } },
        { rule: 'low', state: 'warning', alarm: 'low-1', open: { begin: minute(59) } },
      ],
      gaps: [{ rule: 'other' }],
    });
    expect(await explanations.point('S/other', now)).toMatchObject({ rules: [], gaps: [] });
  });

  it('is judged from before an open episode on, whatever the rule itself looks back', async () => {
    const plan = ladderPlan([10], { deadband: 5, raisesWhenBlind: false });
    table.set([{ rule: 'low', subject: SUBJECT, basis: [since(minute(0), 1, plan)] }]);
    // Above the limit at first only, and ever since in the deadband.
    readings.push(readingAt(0, 12), ...Array.from({ length: 59 }, (_, index) => readingAt(index + 1, 7)));
    await told([['low-1', episodeOf({ rule: 'low', subject: SUBJECT, begin: minute(0) })]]);
    const { rules } = await explanations.point(SUBJECT, now);
    expect(rules).toMatchObject([{ state: 'warning', alarm: 'low-1', open: { begin: minute(0) } }]);
  });

  it('of the past is explained by the plan of then and by what was measured up to then', async () => {
    const basis = [since(minute(0), 1, ponding([10])), since(minute(30), 2, ponding([5]))];
    table.set([{ rule: 'low', subject: SUBJECT, basis }]);
    readings.push(readingAt(19, 7), readingAt(59, 7));
    await told([['low-1', episodeOf({ rule: 'low', subject: SUBJECT, begin: minute(59) })]]);
    const [then] = (await explanations.point(SUBJECT, minute(20))).rules;
    expect(then).toMatchObject({ state: 'noWarning', basis: versions(1), alarm: null });
    expect(then).toMatchObject({ whyNot: { value: 7, limit: 10 } });
    const [today] = (await explanations.point(SUBJECT, now)).rules;
    expect(today).toMatchObject({ state: 'warning', basis: versions(2), alarm: 'low-1' });
  });

  it('says whether we ourselves were away at the instant', async () => {
    const away = { from: minute(10), t: minute(20) };
    await told([], [{ kind: 'outage', ...away }]);
    const outageAt = async (at: number) => (await explanations.point(SUBJECT, minute(at))).outage;
    expect([await outageAt(9), await outageAt(10), await outageAt(19), await outageAt(20)]).toEqual([
      null,
      away,
      away,
      null,
    ]);
  });

  it('lets others run while a long history is folded, one question at a time', async () => {
    table.set([{ rule: 'low', subject: SUBJECT, basis: [since(minute(0), 1, ponding([10], 60 * 24 * 7))] }]);
    now = minute(7 * DAY);
    for (let at = 0; at < 7 * DAY; at += 1) readings.push(readingAt(at, 4));
    const order: string[] = [];
    await Promise.all([
      explanations.point(SUBJECT, now).then(() => order.push('first')),
      explanations.why('nothing').then(() => order.push('second')),
    ]);
    expect(order).toEqual(['first', 'second']);
    expect(rests).toBeGreaterThan(3);
  });
});

describe('the watched minutes of a day', () => {
  const every5 = (from: number, to: number) =>
    Array.from({ length: (to - from) / 5 }, (_, index) => readingAt(from + index * 5, 1));
  const none = { evaluated: 0, filledLater: 0, blind: 0, notEvaluatedByUs: 0, notJudged: 0, ahead: 0 };

  it('are those of every rule of the points, and add up with what is ahead', async () => {
    table.set([
      { rule: 'low', subject: SUBJECT, basis: [since(epochMs(0), 1, ponding([10]))] },
      { rule: 'low', subject: 'T/ponding_depth', basis: [since(epochMs(0), 1, ponding([10]))] },
      { rule: 'gone', subject: SUBJECT, basis: [since(epochMs(0), 1)] },
    ]);
    readings.push(...every5(-5, 40));
    now = epochMs(minute(60) + 30 * SECOND_MS);
    const days = await explanations.watched([SUBJECT], now);
    expect(days).toEqual([
      { rule: 'low', subject: SUBJECT, minutes: { ...none, evaluated: 40, blind: 20, ahead: 1_380 } },
    ]);
  });

  it('of a day that is over have nothing ahead, and our own outages count wherever they end', async () => {
    table.set([{ rule: 'low', subject: SUBJECT, basis: [since(epochMs(0), 1, ponding([10]))] }]);
    readings.push(...every5(-5, DAY + 5));
    now = minute(3 * DAY);
    await told(
      [],
      [
        { kind: 'outage', from: minute(10), t: minute(20) },
        { kind: 'outage', from: minute(DAY - 5), t: minute(DAY + 600) },
      ],
    );
    const [day] = await explanations.watched([SUBJECT], minute(700));
    expect(day?.minutes).toEqual({ ...none, evaluated: 1_425, notEvaluatedByUs: 15 });
  });

  it('are judged by the plans of then, and not at all where none held', async () => {
    const wider = ladderPlan([10], { maxGapMin: 30 });
    const basis = [since(epochMs(0), 1), since(minute(100), 2, ponding([10])), since(minute(200), 3, wider)];
    table.set([{ rule: 'low', subject: SUBJECT, basis }]);
    readings.push(readingAt(95, 1), readingAt(190, 1), readingAt(205, 1));
    now = minute(2 * DAY);
    const [day] = await explanations.watched([SUBJECT], minute(0));
    // Of the narrow plan only 190 to 195, of the wide one 200 to 235.
    expect(day?.minutes).toEqual({ ...none, notJudged: 100, evaluated: 40, blind: 1_300 });
  });

  it('of a rule about silence need no reading', async () => {
    const plan = ponding([10]);
    const silent = { ...plan, measure: { ...plan.measure, seesSilence: true } };
    table.set([{ rule: 'silence', subject: SUBJECT, basis: [since(epochMs(0), 1, silent)] }]);
    now = minute(2 * DAY);
    const [day] = await explanations.watched([SUBJECT], minute(0));
    expect(day?.minutes).toEqual({ ...none, evaluated: 1_440 });
  });
});
