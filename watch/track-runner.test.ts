import { expect, it } from 'vitest';

import type { EpisodeChange } from '../domain/model/episode.ts';
import { SILENT_LOG } from '../domain/ports/log.ts';
import { MINUTE_MS, durationMs } from '../domain/time/instant.ts';
import { RuleTrack } from '../rules/rule-track.ts';
import type { OwnOutage, Sample } from '../rules/sample.ts';
import { absenceBinding } from '../test/harness/absence-binding.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { minute, readingAt } from '../test/harness/rule-samples.ts';
import { TrackRunner } from './track-runner.ts';
import { TrackTable } from './track-table.ts';

const binding = absenceBinding();
const OUTAGE: OwnOutage = { kind: 'outage', from: minute(2), t: minute(4) };

/** A runner of one track, which is opened once `finish` is called. */
function runnerOfOne() {
  const table = new TrackTable();
  table.set([binding]);
  const slot = table.get(binding);
  if (slot === undefined) throw new Error('There is no track.');
  const began: Sample[] = [];
  const changes: EpisodeChange[] = [];
  let openings = 0;
  let finish = (): void => undefined;
  const isReady = new Promise<void>(resolve => {
    finish = resolve;
  });
  const runner = new TrackRunner({
    clock: new ManualClock(),
    log: SILENT_LOG,
    episodes: { add: part => void changes.push(...(part.changes ?? [])), flush: () => undefined },
    opener: {
      open: async () => {
        openings += 1;
        await isReady;
        const horizonMs = durationMs(60 * MINUTE_MS);
        const track = new RuleTrack({ binding, horizonMs, acknowledgedAt: () => undefined });
        const begin = (waiting: readonly Sample[]) => {
          began.push(...waiting);
          return track.catchUp(waiting);
        };
        return new Map([[slot, { track, begin }]]);
      },
    },
    recovered: Promise.resolve(),
    onBeyond: () => undefined,
    onFailure: error => {
      throw error;
    },
  });
  return { runner, slot, began, changes, openings: () => openings, finish: () => finish() };
}

it('opens no track for a decision that is only mentioned', async () => {
  const { runner, slot, openings } = runnerOfOne();
  runner.mention(slot, OUTAGE);
  await Promise.resolve();
  expect([openings(), runner.opening, runner.settled(), slot.waiting]).toEqual([0, 0, undefined, []]);
});

it('keeps what is mentioned while a track is opened: the opener may have read the store before', async () => {
  const { runner, slot, began, finish } = runnerOfOne();
  const first = readingAt(0, 0);
  runner.give(slot, first);
  runner.mention(slot, OUTAGE);
  finish();
  await runner.settled();
  expect(began).toEqual([first, OUTAGE]);
});

it('gives what is mentioned to a track that is open', async () => {
  const { runner, slot, changes, finish } = runnerOfOne();
  runner.give(slot, readingAt(0, 0));
  finish();
  await runner.settled();
  runner.mention(slot, OUTAGE);
  const silence = { kind: 'silence', input: binding.subject, since: minute(0), t: minute(18) } as const;
  runner.give(slot, silence);
  expect(changes).toMatchObject([{ kind: 'raised', episode: { peak: { value: 16 * MINUTE_MS } } }]);
});
