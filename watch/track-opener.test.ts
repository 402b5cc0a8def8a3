import { expect, it } from 'vitest';

import { MINUTE_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import { absenceBinding } from '../test/harness/absence-binding.ts';
import { MemoryEpisodeStore } from '../test/harness/memory-episode-store.ts';
import { minute, readingAt } from '../test/harness/rule-samples.ts';
import { TrackOpener } from './track-opener.ts';
import { TrackPast } from './track-past.ts';
import { TrackTable } from './track-table.ts';

it('knows the outages of ours from before the first reading of a datastream', async () => {
  const binding = absenceBinding();
  const input = binding.subject;
  const store = new MemoryEpisodeStore();
  const outage = { kind: 'outage', from: minute(-10), t: minute(20) } as const;
  const through = { live: 1, backlog: 0 };
  await store.append({ knownAt: minute(20), through, changes: [], decisions: [outage], refills: [] });
  const table = new TrackTable();
  table.set([binding]);
  const slot = table.get(binding);
  if (slot === undefined) throw new Error('There is no track.');
  const history = { readings: () => Promise.resolve(new Map()), wasStored: () => false };
  const opener = new TrackOpener(
    {
      store,
      history,
      past: new TrackPast({ store, history }),
      horizonMs: durationMs(60 * MINUTE_MS),
      acknowledgedAt: () => undefined,
      judgedFrom: epochMs(minute(0)),
    },
    [],
  );
  const opened = (await opener.open([slot])).get(slot);
  // Sent before our outage, received after it.
  const first = readingAt(-5, 0, { input, receivedAfter: 26 });
  const decision = { kind: 'silence', input, since: first.t, t: minute(36) } as const;
  const { changes } = opened?.begin([first, decision]) ?? { changes: [] };
  expect(changes).toMatchObject([
    { kind: 'raised', live: true, episode: { peak: { value: 16 * MINUTE_MS } } },
  ]);
});
