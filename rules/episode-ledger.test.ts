import { describe, expect, it } from 'vitest';

import type { EpisodeChange } from '../domain/model/episode.ts';
import { severityRank } from '../domain/model/warning-severity.ts';
import { DAY_MS, epochMs } from '../domain/time/instant.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { EpisodeLedger } from './episode-ledger.ts';
import { RuleTrack } from './rule-track.ts';

const LATE = 120;

function trackOf(acknowledged?: number): RuleTrack {
  const versions = { ruleSet: 1, registry: 1 };
  const plan = ladderPlan([10, 20, 30], { maxGapMin: 60 });
  return new RuleTrack({
    binding: { rule: 'ponding', subject: 'S/ponding_depth', basis: [{ from: epochMs(0), versions, plan }] },
    horizonMs: DAY_MS,
    acknowledgedAt: () => (acknowledged === undefined ? undefined : minute(acknowledged)),
  });
}

function offer(track: RuleTrack, values: Readonly<Record<number, number>>, receivedAfter = 0) {
  const readings = Object.entries(values).map(([at, v]) => readingAt(Number(at), v, { receivedAfter }));
  return track.offer(readings).changes;
}

function told(changes: readonly EpisodeChange[]) {
  return changes.map(({ kind, live, liveSteps }) =>
    [kind, live ? 'live' : 'retroactive', ...liveSteps].join(' '),
  );
}

/** Identities by begin, in minutes. */
function identities(track: RuleTrack) {
  return track.episodes.map(({ id, episode }) => [id, (episode.begin - minute(0)) / 60_000]);
}

describe('identities', () => {
  it('are spelled from rule, subject and begin as first known, and stay when the begin moves', () => {
    const track = trackOf();
    const [raised] = offer(track, { 10: 12 });
    expect(raised?.id).toBe(`ponding.S.ponding_depth.${minute(10).toString(36)}`);
    expect(offer(track, { 5: 12 }, LATE)).toMatchObject([
      { kind: 'amended', id: raised?.id, fields: ['begin', 'steps', 'peak'] },
    ]);
    expect(identities(track)).toEqual([[raised?.id, 5]]);
  });

  it('of two that turn out to be one, the older stays', () => {
    const track = trackOf();
    offer(track, { 0: 12, 5: 1, 10: 12 });
    const [older, younger] = identities(track);
    const merged = offer(track, {}, 0);
    expect(merged).toEqual([]);
    const correction = [readingAt(5, 15, { sent: 6, receivedAfter: LATE })];
    expect(track.offer(correction).changes).toMatchObject([
      { kind: 'amended', id: older?.[0] },
      { kind: 'merged', id: younger?.[0], into: older?.[0], live: false },
    ]);
    expect(identities(track)).toEqual([older]);
  });

  it.each([
    { what: 'stays with the older part', acknowledged: undefined, kept: 0 },
    { what: 'stays with the part that was acknowledged', acknowledged: 11, kept: 1 },
  ])('of a split one $what', ({ acknowledged, kept }) => {
    const track = trackOf(acknowledged);
    const [raised] = offer(track, { 0: 12, 10: 12, 20: 12 });
    const changes = offer(track, { 5: 1 }, LATE);
    expect(changes.filter(({ kind }) => kind === 'split')).toMatchObject([
      { from: raised?.id, live: false, liveSteps: [] },
    ]);
    expect(identities(track)[kept]?.[0]).toBe(raised?.id);
    // What was told once is told of neither part again.
    expect(told(offer(track, { 25: 12 }))).toEqual([]);
  });

  it('are not used again after a withdrawal', () => {
    const track = trackOf();
    const [raised] = offer(track, { 0: 12 });
    expect(track.offer([readingAt(0, 1, { sent: 1, receivedAfter: LATE })]).changes).toMatchObject([
      { kind: 'withdrawn', id: raised?.id },
    ]);
    const [again] = track.offer([readingAt(0, 12, { sent: 2, receivedAfter: LATE })]).changes;
    expect(again?.id).toBe(`${raised?.id}.2`);
  });
});

describe('live and retroactive', () => {
  it('a backlog raises nothing live, until a fresh reading shows that it still holds', () => {
    const track = trackOf();
    expect(told(offer(track, { 0: 12, 5: 25 }, LATE))).toEqual(['raised retroactive']);
    expect(told(offer(track, { 10: 15 }))).toEqual(['amended live blue']);
    expect(told(offer(track, { 15: 25 }))).toEqual(['amended live yellow']);
    expect(told(offer(track, { 20: 25 }))).toEqual([]);
  });

  it('late readings end an episode and not the alarm; a fresh one does', () => {
    const track = trackOf();
    offer(track, { 0: 12 });
    expect(told(offer(track, { 5: 1 }, LATE))).toEqual(['ended retroactive']);
    expect(told(offer(track, { 10: 2 }))).toEqual(['ended live']);
    expect(told(offer(track, { 15: 2 }))).toEqual([]);
  });

  it('an alarm whose episode was withdrawn may return when a fresh reading shows the point normal', () => {
    const track = trackOf();
    const [raised] = offer(track, { 0: 12 });
    track.offer([readingAt(0, 1, { sent: 1, receivedAfter: LATE })]);
    expect(offer(track, { 5: 1 })).toMatchObject([{ kind: 'ended', id: raised?.id, live: true }]);
  });

  it('a flood that came and went while the device was offline is history', () => {
    const track = trackOf();
    expect(told(offer(track, { 0: 1, 5: 35, 10: 1 }, LATE))).toEqual([
      'raised retroactive',
      'ended retroactive',
    ]);
    expect(told(offer(track, { 130: 1 }))).toEqual([]);
  });
});

it('lets return what is told for the first time after it was recalled', () => {
  const track = trackOf();
  offer(track, { 0: 12, 5: 1 }, LATE);
  const [tracked] = track.episodes;
  if (tracked === undefined) throw new Error('There is no episode.');
  const ledger = new EpisodeLedger({ entries: [], awaiting: [], issued: {} }, () => undefined);
  ledger.recall({ episodes: [tracked], issued: {} });
  const fresh = { supported: new Map([[0, severityRank('blue')]]), overBefore: undefined };
  expect(told(ledger.update([tracked.episode], 0, fresh))).toEqual(['amended live blue']);
  const normal = { supported: new Map<number, number>(), overBefore: 1 };
  expect(told(ledger.update([tracked.episode], 1, normal))).toEqual(['ended live']);
  expect(ledger.update([tracked.episode], 1, normal)).toEqual([]);
});
