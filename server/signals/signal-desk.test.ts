import { beforeEach, describe, expect, it } from 'vitest';

import { decodeWatchDecisions } from '../../codecs/watch-decision/codec.ts';
import { AppError } from '../../domain/errors.ts';
import { SERVER_PRINCIPAL, WATCH_DECISION_TOPIC } from '../../domain/model/topic.ts';
import type { JournalEntry } from '../../domain/ports/journal.ts';
import { DAY_MS, HOUR_MS, epochMs } from '../../domain/time/instant.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { MemoryEpisodeStore } from '../../test/harness/memory-episode-store.ts';
import { SYSTEM_PRINCIPAL } from '../application.ts';
import { SignalDesk } from './signal-desk.ts';

let clock: ManualClock;
let store: MemoryEpisodeStore;
let journalled: JournalEntry[];
let refusal: AppError | undefined;
let noted: string[];
let desk: SignalDesk;

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryEpisodeStore();
  [journalled, noted, refusal] = [[], [], undefined];
  desk = new SignalDesk({
    clock,
    store,
    journal: {
      append: (_stream, entry, done) => {
        if (refusal === undefined) journalled.push(entry);
        done(refusal);
      },
      health: () => ({ state: 'ok', since: clock.now() }),
    } as ConstructorParameters<typeof SignalDesk>[0]['journal'],
    isBasin: id => id === 'east',
    note: (_principal, action, subject) => Promise.resolve(void noted.push(`${action} ${subject}`)),
  });
});

/** What the watch does with what was journalled. */
async function watched(): Promise<void> {
  const decisions = journalled.flatMap(({ payload }) => decodeWatchDecisions(payload) ?? []);
  const none = { changes: [], refills: [], through: { live: 0, backlog: 0 } };
  await store.append({ ...none, knownAt: clock.now(), decisions });
}

const report = (zone: string, severity: 'orange' | 'red' | null, t?: number) =>
  desk.report(SYSTEM_PRINCIPAL, { zone, severity, ...(t === undefined ? {} : { t: epochMs(t) }) });

describe('what is reported', () => {
  it('is journalled as an input of the rules, and noted', async () => {
    const t = clock.now();
    expect(await report('east', 'orange')).toEqual({ kind: 'signal', zone: 'east', severity: 'orange', t });
    expect(journalled).toMatchObject([
      { principal: SERVER_PRINCIPAL, topic: WATCH_DECISION_TOPIC, received: t },
    ]);
    expect(noted).toEqual([`signal.orange east of ${t}`]);
  });

  it('is refused for a zone that is no basin, and for a time that is not of the last day', async () => {
    const now = clock.now();
    await expect(report('nowhere', 'red')).rejects.toMatchObject({ code: 'not_found' });
    await expect(report('*', 'red', now + HOUR_MS)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(report('*', 'red', now - DAY_MS)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(journalled).toEqual([]);
  });

  it('cannot contradict what the zone has of that instant; to repeat it is no contradiction', async () => {
    const { t } = await report('*', 'red');
    await watched();
    await expect(report('*', 'orange', t)).rejects.toMatchObject({ code: 'conflict' });
    await expect(report('*', 'red', t)).resolves.toMatchObject({ severity: 'red' });
    await expect(report('east', 'orange', t)).resolves.toMatchObject({ severity: 'orange' });
  });

  it('is refused where another of that instant is on its way, and taken once that has failed', async () => {
    const t = clock.now();
    const [first, second] = await Promise.allSettled([report('*', 'red', t), report('*', 'orange', t)]);
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
    expect(journalled).toHaveLength(1);
    refusal = new AppError('journal_full', 'full');
    await expect(report('east', 'red', t)).rejects.toBe(refusal);
    refusal = undefined;
    await expect(report('east', 'orange', t)).resolves.toMatchObject({ severity: 'orange' });
  });

  it('is not taken while the journal takes nothing', async () => {
    refusal = new AppError('journal_full', 'full');
    await expect(report('*', 'red')).rejects.toBe(refusal);
    expect(noted).toEqual([]);
  });
});

describe('what stands', () => {
  it('is the last signal of each zone, by zone, until it is lifted or a day old', async () => {
    await report('east', 'orange');
    await report('*', 'red');
    clock.advance(HOUR_MS);
    await report('east', 'red');
    await watched();
    expect((await desk.standing()).map(({ zone, severity }) => [zone, severity])).toEqual([
      ['*', 'red'],
      ['east', 'red'],
    ]);
    clock.advance(HOUR_MS);
    await report('east', null);
    await watched();
    expect((await desk.standing()).map(({ zone }) => zone)).toEqual(['*']);
    clock.advance(DAY_MS);
    expect(await desk.standing()).toEqual([]);
  });
});
