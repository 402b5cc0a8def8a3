import { expect, it } from 'vitest';

import type { TrackCheckpoint } from '../domain/ports/episode-store.ts';
import { MINUTE_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import type { RuleBinding } from '../rules/fold-context.ts';
import { foldSample } from '../rules/fold-sample.ts';
import { FRESH_STATE } from '../rules/fold-state.ts';
import type { RulePlan } from '../rules/plan.ts';
import { RuleTrack } from '../rules/rule-track.ts';
import type { Reading, SilenceDecision } from '../rules/sample.ts';
import { absenceBinding } from '../test/harness/absence-binding.ts';
import { MemoryEpisodeStore } from '../test/harness/memory-episode-store.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { keepTrack } from './kept-track.ts';
import { TrackOpener } from './track-opener.ts';
import { TrackPast } from './track-past.ts';
import { TrackTable } from './track-table.ts';

const horizonMs = durationMs(60 * MINUTE_MS);
const NOTHING = { changes: [], decisions: [], refills: [] };
const through = { live: 1, backlog: 0 };

function bindingOf(plan: RulePlan): RuleBinding {
  const versions = { ruleSet: 1, registry: 1 };
  return { rule: 'r', subject: 'S/ponding_depth', basis: [{ from: epochMs(0), versions, plan }] };
}

/** Opens the track of a binding over an episode store and the readings that are stored. */
async function openedWith(
  binding: RuleBinding,
  store: MemoryEpisodeStore,
  {
    stored = [],
    checkpoints = [],
  }: { stored?: readonly Reading[]; checkpoints?: readonly TrackCheckpoint[] },
) {
  const table = new TrackTable();
  table.set([binding]);
  const slot = table.get(binding);
  if (slot === undefined) throw new Error('There is no track.');
  const history = {
    readings: () => Promise.resolve(new Map([[binding.subject, stored]])),
    wasStored: () => stored.length > 0,
  };
  const past = new TrackPast({ store, history });
  const rest = { horizonMs, acknowledgedAt: () => undefined, judgedFrom: minute(0) };
  const opened = (await new TrackOpener({ store, history, past, ...rest }, checkpoints).open([slot])).get(
    slot,
  );
  if (opened === undefined) throw new Error('The track was not opened.');
  return opened;
}

it('knows the outages of ours from before the first reading of a datastream', async () => {
  const binding = absenceBinding();
  const input = binding.subject;
  const store = new MemoryEpisodeStore();
  const outage = { kind: 'outage', from: minute(-10), t: minute(20) } as const;
  await store.append({ ...NOTHING, knownAt: minute(20), through, decisions: [outage] });
  const opened = await openedWith(binding, store, {});
  // Sent before our outage, received after it.
  const first = readingAt(-5, 0, { input, receivedAfter: 26 });
  const decision: SilenceDecision = { kind: 'silence', input, since: first.t, t: minute(36) };
  expect(opened.begin([first, decision]).changes).toMatchObject([
    { kind: 'raised', live: true, episode: { peak: { value: 16 * MINUTE_MS } } },
  ]);
});

it.each(['a checkpoint', 'none'])('is live by the silence that opens a track, with %s', async kept => {
  const binding = absenceBinding();
  const input = binding.subject;
  const store = new MemoryEpisodeStore();
  const stored = [readingAt(0, 0), readingAt(5, 0)];
  const decision: SilenceDecision = { kind: 'silence', input, since: minute(5), t: minute(20) };
  // What was decided is durable before a track is opened.
  await store.append({ ...NOTHING, knownAt: minute(20), through, decisions: [decision] });
  const before = new RuleTrack({ binding, horizonMs, acknowledgedAt: () => undefined });
  before.offer(stored);
  const base = { foldedTo: minute(-1), base: before.state().base };
  const checkpoints = kept === 'none' ? [] : [keepTrack(binding, binding.basis, base)];
  const opened = await openedWith(binding, store, { stored, checkpoints });
  expect(opened.begin([decision]).changes).toMatchObject([
    { kind: 'raised', live: true, liveSteps: ['blue'] },
  ]);
});

it('tells nothing again of readings that a crash has kept from the store, where there is no checkpoint', async () => {
  const binding = bindingOf(ladderPlan([10, 20]));
  const store = new MemoryEpisodeStore();
  const [stored, lost] = [readingAt(0, 0), readingAt(5, 12)];
  const before = new RuleTrack({ binding, horizonMs, acknowledgedAt: () => undefined });
  const { changes } = before.offer([stored, lost]);
  expect(changes).toMatchObject([{ kind: 'raised', live: true }]);
  await store.append({ ...NOTHING, knownAt: minute(5), through, changes: [...changes] });
  const opened = await openedWith(binding, store, { stored: [stored] });
  expect(opened.begin([lost]).changes).toEqual([]);
});

it('issues no identity again to an episode that began before the checkpoint', async () => {
  const binding = bindingOf(ladderPlan([10], { readings: 3 }));
  const options = { binding, horizonMs, acknowledgedAt: () => undefined };
  const store = new MemoryEpisodeStore();
  const pending = [readingAt(0, 12), readingAt(2, 12)];
  const before = new RuleTrack(options);
  const told = before.offer([...pending, readingAt(4, 12, { receivedAfter: 60 })]).changes;
  // A better value of the third reading takes it back.
  const corrected = before.offer([readingAt(4, 0, { sent: 8 })]).changes;
  expect([...told, ...corrected].map(({ kind }) => kind)).toEqual(['raised', 'withdrawn']);
  await store.append({ ...NOTHING, knownAt: minute(8), through, changes: [...told, ...corrected] });
  let base = FRESH_STATE;
  for (const sample of pending) base = foldSample(base, sample, binding).state;
  const checkpoints = [keepTrack(binding, binding.basis, { foldedTo: minute(2), base })];
  const opened = await openedWith(binding, store, { checkpoints });
  const [again] = opened.begin([readingAt(3, 12)]).changes;
  expect(again?.id).toBe(`${told[0]?.id ?? ''}.2`);
});
